"""The list of labelled solutions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from pages.listing.masks import Mask, any_reaches, bools, reaches
from pages.listing.rows import CountedRows
from reports.facts import ShardFacts
from reports.text import one_line
from schemas import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class SolutionLine:
    """A labelled solution in a list."""

    problem_id: str
    index: int
    outcome: Outcome
    question: str
    steps: int
    first_error: int | None
    wrong_step: str
    """The text of the first wrong step; empty where there is none."""
    confidence: float | None


class SolutionRows(CountedRows[SolutionLine]):
    """Solutions, by answer, by what was found in them, by their steps' labels and evidence."""

    table = "solutions"
    searched = ("problem_id", "question", "steps")
    shown = ("question", "steps")
    sorts: ClassVar = {
        "id": lambda facts: facts.solutions["problem_id"],
        "first_error": lambda facts: facts.solutions["first_error"],
        "confidence": lambda facts: facts.solutions["confidence"],
    }

    def counted(self, facts: ShardFacts) -> pa.Table:
        """Return the facts of solutions."""
        return facts.solutions

    def lacking(self, some: Sequence[ShardFacts]) -> Sequence[str]:
        """Return `confidence` where no solution has one."""
        known = any(one.solutions["confidence"].null_count < len(one.solutions) for one in some)
        return () if known or not some else ("confidence",)

    def filters(self, counted: pa.Table) -> Iterator[Mask]:
        """Yield what each filter that is asked for keeps."""
        asked = self.asked
        errors = counted["first_error"].fill_null(-2).to_numpy()
        if asked.outcome:
            yield bools(pc.equal(counted["outcome"], asked.outcome.value))
        if asked.found:
            found = {"none": errors == -1, "error": errors >= 0, "abstained": errors == -2}
            yield found[asked.found]
        if asked.first_error:
            yield reaches(errors, asked.first_error, less=1) & (errors >= 0)
        if asked.label:
            yield _labelled(counted, asked.label)
        if asked.decided:
            yield any_reaches(counted["decided"], asked.decided)
        if asked.below is not None:
            yield bools(pc.less(counted["confidence"], asked.below))

    def line(self, row: Mapping[str, Any]) -> SolutionLine:
        """Return a solution as a line."""
        error, steps = row["first_error"], row["steps"]
        wrong = steps[error] if error is not None and 0 <= error < len(steps) else ""
        return SolutionLine(
            problem_id=row["problem_id"],
            index=row["solution_index"],
            outcome=Outcome(row["outcome"]),
            question=one_line(row["question"], 120),
            steps=len(steps),
            first_error=error,
            wrong_step=one_line(wrong, 160),
            confidence=row["confidence"],
        )


def _labelled(counted: pa.Table, label: str) -> Mask:
    """Return which solutions have a step with a label."""
    right, wrong, steps = (counted[name].to_numpy() for name in ("right", "wrong", "steps"))
    kept: Mask = {"right": right, "wrong": wrong, "unlabelled": steps - right - wrong}[label] > 0
    return kept
