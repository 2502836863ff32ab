"""`python -m benchmarks.label_truth.markdown FIGURES.json ...`: figures as Markdown tables."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.label_truth.figures import Figure
from benchmarks.label_truth.report import Line, from_json

HEAD = (
    "labeler",
    "exact % [95%]",
    "kept %",
    "±1 %",
    "early / late %",
    "retest %",
    "ECE",
    "rollouts",
    "tokens",
    "scored",
    "right answers: exact %",
    "their tokens",
    "F1 %",
)


def markdown(world: str, lines: Sequence[Line]) -> str:
    """Return the table of one world: wrong answers first, then right ones, then F1 over all."""
    sizes = lines[0].sizes
    title = (
        f"**{world}**: {sizes['wrong_answer']} solutions with a wrong answer, "
        f"{sizes['right_answer']} with a right one\n"
    )
    align = "| --- |" + " ---: |" * (len(HEAD) - 1)
    return "\n".join([title, f"| {' | '.join(HEAD)} |", align, *map(_row, lines), ""])


def _row(line: Line) -> str:
    wrong, whole = line.groups["wrong_answer"], line.groups["all"]
    right = line.groups.get("right_answer")
    exact = wrong["exact"]
    cells = [
        f"`{line.name}`",
        f"{_share(exact)} [{100 * exact.low:.1f}, {100 * exact.high:.1f}]",
        _share(wrong["kept"]),
        _share(wrong["within_one"]),
        f"{_share(wrong['too_early'])} / {_share(wrong['too_late'])}",
        _share(wrong["retest"]),
        _number(wrong["ece"], 3),
        _number(wrong["rollouts"], 1),
        _number(wrong["completion_tokens"], 0),
        _number(wrong["scored_tokens"], 0),
        _share(right["exact"]) if right else "-",
        _number(right["completion_tokens"], 0) if right else "-",
        _share(whole["f1"]),
    ]
    return f"| {' | '.join(cells)} |"


def _share(figure: Figure) -> str:
    return "-" if figure.value != figure.value else f"{100 * figure.value:.1f}"


def _number(figure: Figure, digits: int) -> str:
    return "-" if figure.value != figure.value else f"{figure.value:,.{digits}f}"


if __name__ == "__main__":
    for saved in sys.argv[1:]:
        for name, found in from_json(json.loads(Path(saved).read_text())):
            print(markdown(name, found))
