"""The figures of one world as a table for people and as JSON."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.label_truth.figures import Figure, figures, prefix_figures
from benchmarks.label_truth.measure import Measured

GROUPS = ("wrong_answer", "right_answer", "all")
"""Solutions by their final answer; the bars are on the wrong ones. What other groups there are
hold those with a wrong answer by the kind of their first error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One contender's figures."""

    family: str
    budget: str
    settings: dict[str, object]
    groups: Mapping[str, Mapping[str, Figure]]
    """Group of solutions to name to figure."""
    sizes: Mapping[str, int]
    distinct_per_thousand: float
    """Distinct prefixes sampled per 1,000 rollouts, root rollouts counted among both."""
    asked_again: int
    prefixes: Mapping[str, Figure] = field(default_factory=dict)
    """Of the distinct prefixes that its counts label; empty in figures of before."""

    @property
    def name(self) -> str:
        """Family and budget."""
        return f"{self.family} {self.budget}".strip()


def line(measured: Measured, *, seed: int) -> Line:
    """Return the figures of one contender."""
    judged = {
        "wrong_answer": [one for one in measured.judged if not one.final],
        "right_answer": [one for one in measured.judged if one.final],
        "all": list(measured.judged),
    }
    wrong = judged["wrong_answer"]
    for kind in sorted({one.kind for one in wrong} - {""}):
        judged[kind] = [one for one in wrong if one.kind == kind]
    contender = measured.contender
    return Line(
        family=contender.family,
        budget=contender.budget,
        settings=contender.settings.model_dump(mode="json"),
        groups={name: figures(some, seed=seed) for name, some in judged.items() if some},
        sizes={name: len(some) for name, some in judged.items()},
        distinct_per_thousand=1000 * measured.probed / measured.rollouts,
        asked_again=measured.asked_again,
        prefixes=prefix_figures(measured.prefixes, seed=seed),
    )


def as_json(lines: Sequence[Line]) -> list[dict[str, object]]:
    """Return the figures as JSON values."""
    return [asdict(one) for one in lines]


def from_json(saved: Mapping[str, Any]) -> Iterator[tuple[str, list[Line]]]:
    """Yield the worlds of a file of figures."""
    for name, lines in saved["worlds"].items():
        yield name, [_line(one) for one in lines]


def _line(saved: Mapping[str, Any]) -> Line:
    prefixes = {name: Figure(**figure) for name, figure in saved.get("prefixes", {}).items()}
    return Line(**{**saved, "groups": _groups(saved["groups"]), "prefixes": prefixes})


def _groups(saved: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Figure]]:
    return {
        group: {name: Figure(**figure) for name, figure in figures.items()}
        for group, figures in saved.items()
    }


def show(world: str, lines: Sequence[Line], console: Console) -> None:
    """Print the table of the wrong solutions, then that of the right ones and the whole."""
    size = lines[0].sizes
    console.print(_wrong(f"{world}: {size['wrong_answer']} solutions with a wrong answer", lines))
    if size["right_answer"]:
        title = f"{world}: {size['right_answer']} solutions with a right answer, and all together"
        console.print(_right(title, lines))
    if kinds := [name for name in lines[0].groups if name not in GROUPS]:
        console.print(_kinds(f"{world}: wrong answers by kind of first error", kinds, lines))
    console.print(_prefixes(f"{world}: distinct prefixes, labelled by their counts", lines))


def _wrong(title: str, lines: Sequence[Line]) -> Table:
    table = _table(title)
    for head in ("exact %", "kept %", "±1 %", "early %", "late %", "retest %", "ECE", "Brier"):
        table.add_column(head, justify="right")
    for head in ("rollouts", "FSE", "tokens", "per kept", "prompt", "scored", "distinct/1k"):
        table.add_column(head, justify="right")
    for one in lines:
        figure = one.groups["wrong_answer"]
        table.add_row(
            one.name,
            _percent(figure["exact"], spread=True),
            *(_percent(figure[n]) for n in ("kept", "within_one", "too_early", "too_late")),
            _percent(figure["retest"]),
            *(_number(figure[n], 3) for n in ("ece", "brier")),
            *(_number(figure[n], 1) for n in ("rollouts", "solution_equivalents")),
            *(_number(figure[n], 0) for n in _TOKENS),
            f"{one.distinct_per_thousand:.1f}",
        )
    return table


_TOKENS = ("completion_tokens", "completion_tokens_per_kept", "prompt_tokens", "scored_tokens")


def _right(title: str, lines: Sequence[Line]) -> Table:
    table = _table(title)
    for head in ("exact %", "kept %", "rollouts", "tokens"):
        table.add_column(head, justify="right")
    for head in ("all: erroneous %", "correct %", "F1 %", "F1, abstained = miss %"):
        table.add_column(head, justify="right")
    for one in lines:
        figure, whole = one.groups["right_answer"], one.groups["all"]
        table.add_row(
            one.name,
            _percent(figure["exact"], spread=True),
            _percent(figure["kept"]),
            _number(figure["rollouts"], 1),
            _number(figure["completion_tokens"], 0),
            _percent(whole["accuracy_erroneous"]),
            _percent(whole["accuracy_correct"]),
            _percent(whole["f1"], spread=True),
            _percent(whole["f1_abstention_is_a_miss"]),
        )
    return table


def _kinds(title: str, kinds: Sequence[str], lines: Sequence[Line]) -> Table:
    """Say per kind of first error how often it is exact and, behind the slash, found too late."""
    table = _table(title)
    for kind in kinds:
        table.add_column(f"{kind} ({lines[0].sizes[kind]})", justify="right")
    for one in lines:
        shares = (one.groups[kind] for kind in kinds)
        cells = (f"{_percent(each['exact'])} / {_percent(each['too_late'])}" for each in shares)
        table.add_row(one.name, *cells)
    return table


def _prefixes(title: str, lines: Sequence[Line]) -> Table:
    """Say how many prefixes a problem labels, how truly, and for how many tokens each."""
    table = _table(title)
    for head in (
        "a problem",
        "called wrong",
        "wrong is wrong %",
        "right is right %",
        "tokens each",
    ):
        table.add_column(head, justify="right")
    for one in lines:
        figure = one.prefixes
        table.add_row(
            one.name,
            *(_number(figure[n], 1) for n in ("labelled", "wrong")),
            *(_percent(figure[n], spread=True) for n in ("wrong_is_wrong", "right_is_right")),
            _number(figure["tokens_per_label"], 0),
        )
    return table


def _table(title: str) -> Table:
    table = Table(title=title, title_justify="left", box=None, header_style="bold", pad_edge=False)
    table.add_column("labeler", no_wrap=True)
    return table


def _percent(figure: Figure, *, spread: bool = False) -> str:
    if figure.value != figure.value:
        return "-"
    shown = f"{100 * figure.value:.1f}"
    return f"{shown} [{100 * figure.low:.1f}, {100 * figure.high:.1f}]" if spread else shown


def _number(figure: Figure, digits: int) -> str:
    return "-" if figure.value != figure.value else f"{figure.value:,.{digits}f}"
