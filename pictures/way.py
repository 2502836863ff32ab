"""The way of the data: from a problem to training rows, on one worked example."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pictures.svg import Palette, arrow, card, picture, text, verdict

WIDTH, HEIGHT = 1080, 272
_TITLE = (
    "A problem with its gold answer; the policy writes a solution and goes on from each "
    "step's prefix; the verifier judges the answers; verdicts are counted as evidence; a labeler "
    "reads the first error from it; Parquet tables, training rows, trainer or hub."
)
_TABLE, _RIGHT = 216, 848
_COLUMNS = {"step": 16, "rollouts of its prefix": 186, "evidence": 348, "label": 464}
"""The columns of the table in the middle, by their distance from its edge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    words: str
    verdicts: Sequence[str]
    """One per rollout; none behind the last step."""
    counted: str
    label: str


_STEPS = (
    _Step(
        words="In May 48 / 2 = 24.",
        verdicts=("right",) * 3 + ("wrong",) + ("right",) * 3 + ("truncated",),
        counted="6 of 7",
        label="right",
    ),
    _Step(
        words="In all 48 + 24 = 70.", verdicts=("wrong",) * 8, counted="0 of 8", label="first error"
    ),
    _Step(words="The answer is 70.", verdicts=(), counted="its own answer", label="wrong"),
)


def draw(colours: Palette) -> str:
    """Return the picture as SVG."""
    parts = [*_problem(colours), *_table(colours), *_after(colours)]
    return picture(WIDTH, HEIGHT, parts, title=_TITLE, colours=colours)


def _problem(colours: Palette) -> Iterator[str]:
    yield card(12, 70, 148, 130, colours)
    yield text(26, 94, "Problem", colours.ink, bold=True)
    for line, words in enumerate(
        ("Natalia sold 48 clips", "in April and half as", "many in May. In all?")
    ):
        yield text(26, 116 + 17 * line, words, colours.ink, size=12)
    yield text(26, 182, "gold answer 72", colours.accent, size=12, bold=True)
    yield text(12, 222, "a file, GSM8K, MATH,", colours.faint, size=11)
    yield text(12, 237, "any dataset of a hub", colours.faint, size=11)
    yield arrow(f"M160 135H{_TABLE - 2}", colours)
    yield text(183, 127, "policy", colours.faint, size=11, anchor="middle")


def _table(colours: Palette) -> Iterator[str]:
    width = _RIGHT - 76 - _TABLE
    yield card(_TABLE, 24, width, 216, colours)
    yield text(_TABLE + 16, 48, "Solution, cut into steps", colours.ink, bold=True)
    for name, x in _COLUMNS.items():
        yield text(_TABLE + x, 76, name, colours.faint, size=11)
    yield f'<path d="M{_TABLE + 16} 84H{_TABLE + width - 16}" stroke="{colours.edge}"/>'
    for line, step in enumerate(_STEPS):
        yield from _row(step, 110 + 38 * line, colours)
    notes = {
        "rollouts of its prefix": ("the policy goes on,", "the verifier judges"),
        "evidence": ("counts and the", "rule that stopped"),
        "label": ("the labeler", "reads evidence"),
    }
    for name, words in notes.items():
        for line, one in enumerate(words):
            yield text(_TABLE + _COLUMNS[name], 213 + 14 * line, one, colours.faint, size=11)


def _row(step: _Step, y: float, colours: Palette) -> Iterator[str]:
    first = step.label == "first error"
    ink = colours.wrong if first else colours.ink
    x = {name: _TABLE + offset for name, offset in _COLUMNS.items()}
    yield text(x["step"], y, step.words, ink, bold=first)
    start = x["rollouts of its prefix"]
    for number, kind in enumerate(step.verdicts):
        yield verdict(start + 5 + 15 * number, y - 4, kind, colours)
    yield text(x["evidence"] if step.verdicts else start, y, step.counted, colours.ink)
    colour = colours.right if step.label == "right" else colours.wrong
    yield text(x["label"], y, step.label, colour, bold=True)


def _after(colours: Palette) -> Iterator[str]:
    boxes: Sequence[tuple[float, str, str]] = (
        (24, "Parquet", "solutions, nodes, rollouts"),
        (104, "Training rows", "TRL, OpenRLHF, chats, pairs"),
        (184, "Trainer, hub", "a PRM, search with it, a card"),
    )
    for y, title, words in boxes:
        yield card(_RIGHT, y, 220, 56, colours)
        yield text(_RIGHT + 14, y + 23, title, colours.ink, bold=True)
        yield text(_RIGHT + 14, y + 42, words, colours.faint, size=11)
    yield arrow(f"M{_RIGHT - 76} 48H{_RIGHT - 3}", colours)
    yield text(_RIGHT - 40, 41, "tables", colours.faint, size=11, anchor="middle")
    yield arrow(f"M{_RIGHT} 68H{_RIGHT - 73}", colours)
    yield text(_RIGHT - 37, 83, "calibrate", colours.faint, size=11, anchor="middle")
    yield arrow(f"M{_RIGHT + 30} 80V101", colours)
    yield text(_RIGHT + 40, 96, "exporter", colours.faint, size=11)
    yield arrow(f"M{_RIGHT + 30} 160V181", colours)
