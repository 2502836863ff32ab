"""What is noted of a source while it is read."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from schemas import Problem
from schemas.source_record import SourceRecord
from sources.layout import Layout


@dataclass(slots=True)
class Reading:
    """What a load has read so far: hand one to `load()` and ask for its record at any time."""

    source: str = ""
    origin: str = ""
    layout: Layout | None = None
    rows: int = 0
    problems: int = 0
    multiple_choice: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)

    def took(self, problem: Problem, left_out: Iterable[str] = ()) -> None:
        """Count a row that is a problem, and what of it was left out."""
        self.rows += 1
        self.problems += 1
        self.multiple_choice += bool(problem.options)
        for what in set(left_out):
            self.left_out[what] += 1

    def refused(self, reason: str) -> None:
        """Count a row that is none."""
        self.rows += 1
        self.rejected[reason] += 1

    @property
    def record(self) -> SourceRecord:
        """What is known by now."""
        layout = self.layout
        return SourceRecord(
            source=self.source,
            origin=self.origin,
            columns=layout.read if layout else {},
            gold_in_solution=layout.answer_is_solution if layout else False,
            unused=layout.unused if layout else (),
            rows=self.rows,
            problems=self.problems,
            multiple_choice=self.multiple_choice,
            rejected=dict(self.rejected.most_common()),
            left_out=dict(self.left_out.most_common()),
        )
