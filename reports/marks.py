"""Signs that say in black and white what colour says too."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

from schemas import Evidence, Outcome, StopRule
from schemas.views import Label

_SPARKS = "▁▂▃▄▅▆▇█"

STYLES = {
    Outcome.CORRECT: "green",
    Outcome.INCORRECT: "red",
    Outcome.NO_ANSWER: "magenta",
    Outcome.TRUNCATED: "yellow",
    Outcome.UNDECIDED: "yellow",
}


@dataclass(frozen=True, slots=True)
class Marks:
    """The signs of one terminal: Unicode, or plain ASCII where it can do no more."""

    ascii_only: bool = False

    @classmethod
    def of(cls, console: Console) -> "Marks":
        """Return the signs a console can print."""
        return cls(ascii_only=console.options.ascii_only)

    def outcome(self, outcome: Outcome) -> Text:
        """Return the sign of a verdict."""
        signs = dict(zip(Outcome, "+x0~?" if self.ascii_only else "✓✗∅…?", strict=True))
        return Text.assemble((signs[outcome], STYLES[outcome]))

    def label(self, label: Label) -> Text:
        """Return the sign of a step's label: right, wrong, a grade, or undecided."""
        if label is None:
            return Text.assemble(("." if self.ascii_only else "·", "dim"))
        if isinstance(label, bool):
            return self.outcome(Outcome.CORRECT if label else Outcome.INCORRECT)
        return Text.assemble((f"{label:.2f}", shade(label)))

    @property
    def pointer(self) -> str:
        """Return what stands before the first wrong step."""
        return ">" if self.ascii_only else "▶"

    def bar(self, share: float | None, *, width: int, style: str | None = None) -> Text:
        """Return a line of `width` cells, heavy up to `share`, in [0, 1], or as None all dotted."""
        if share is None:
            return Text.assemble(("." * width if self.ascii_only else "┄" * width, "dim"))
        halves = max(round(share * width * 2), 1) if share > 0 else 0
        filled = self._cells(halves)
        rest = ("-" if self.ascii_only else "─") * (width - len(filled))
        return Text.assemble((filled, style or shade(share)), (rest, "dim"))

    def sparkline(self, numbers: Sequence[int]) -> Text:
        """Return one cell per number, as high as its share of the greatest; a dot for 0."""
        levels = ".:-=+*#%" if self.ascii_only else _SPARKS
        none = " " if self.ascii_only else "·"
        most = max([1, *numbers])
        cells = ((levels[(n * 8 - 1) // most], "cyan") if n else (none, "dim") for n in numbers)
        return Text.assemble(*cells)

    def _cells(self, halves: int) -> str:
        if self.ascii_only:
            return "#" * ((halves + 1) // 2)
        return "━" * (halves // 2) + "╸" * (halves % 2)


def counts(evidence: Evidence) -> Text:
    """Return correct/decided, the two that make a value."""
    if not evidence.decided:
        return Text.assemble(("none decided", "dim"))
    return Text.assemble((f"{evidence.correct}/{evidence.decided}", "bold"))


def apart(evidence: Evidence) -> list[Text]:
    """Return what counts as nothing, and the rule where sampling stopped early."""
    early = {StopRule.FIRST_SUCCESS: "to first success", StopRule.ADAPTIVE: "adaptive"}
    notes = (
        (f"{evidence.truncated} truncated" if evidence.truncated else "", "yellow"),
        (f"{evidence.undecided} undecided" if evidence.undecided else "", "yellow"),
        (early.get(evidence.stop_rule, ""), "dim"),
    )
    return [Text.assemble(note) for note in notes if note[0]]


def shade(share: float) -> str:
    """Return the colour of a value in [0, 1]."""
    if share <= 0:
        return "red"
    return "yellow" if share < 0.34 else "green"
