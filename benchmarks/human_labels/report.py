"""The figures of a set as a table for people, as Markdown and as JSON."""

from collections.abc import Mapping, Sequence

from rich.table import Table

from benchmarks.human_labels.measure import Line
from benchmarks.label_truth.figures import Figure

HEAD = (
    "labeler",
    "agreement % [95%]",
    "abstained %",
    "erroneous %",
    "correct %",
    "F1 % [95%]",
    "right per million tokens [95%]",
    "rollouts",
    "tokens",
    "scored",
)


def table(title: str, lines: Sequence[Line]) -> Table:
    """Return the table for a terminal."""
    shown = Table(title=title, title_justify="left", box=None, header_style="bold", pad_edge=False)
    for name in HEAD:
        shown.add_column(name, justify="left" if name == "labeler" else "right", no_wrap=True)
    for line in lines:
        shown.add_row(*_cells(line))
    return shown


def markdown(title: str, lines: Sequence[Line]) -> str:
    """Return the table as Markdown."""
    align = "| --- |" + " ---: |" * (len(HEAD) - 1)
    rows = (f"| {' | '.join(_cells(line))} |" for line in lines)
    return "\n".join([f"**{title}**", "", f"| {' | '.join(HEAD)} |", align, *rows])


def as_json(found: Mapping[str, Sequence[Line]]) -> dict[str, object]:
    """Return all figures as JSON values; NaN as null."""
    return {
        title: [
            {
                "labeler": line.name,
                "set_aside": line.set_aside,
                "verdicts": line.verdicts,
                "verdicts_same": line.verdicts_same,
                "figures": {name: _values(figure) for name, figure in line.figures.items()},
            }
            for line in lines
        ]
        for title, lines in found.items()
    }


def _values(figure: Figure) -> list[float | None]:
    return [None if x != x else x for x in (figure.value, figure.low, figure.high)]


def _cells(line: Line) -> list[str]:
    of = line.figures
    kept = of["kept"]
    return [
        line.name,
        _spread(of["agreement"], 100, 1),
        _one(Figure(1 - kept.value, 0, 0), 100, 1),
        _one(of["found_erroneous"], 100, 1),
        _one(of["found_correct"], 100, 1),
        _spread(of["f1_abstention_is_a_miss"], 100, 1),
        _spread(of["exact_per_token"], 1e6, 0),
        _one(of["rollouts"], 1, 1),
        _one(of["completion_tokens"], 1, 0),
        _one(of["scored_tokens"], 1, 0),
    ]


def _one(figure: Figure, factor: float, digits: int) -> str:
    value = factor * figure.value
    return f"{value:,.{digits}f}" if abs(value) < float("inf") else "-"


def _spread(figure: Figure, factor: float, digits: int) -> str:
    shown = _one(figure, factor, digits)
    if shown == "-":
        return shown
    low, high = (factor * end for end in (figure.low, figure.high))
    return f"{shown} [{low:,.{digits}f}, {high:,.{digits}f}]"
