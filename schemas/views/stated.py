"""Labels that a set which we did not make states of its steps."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from schemas.labels import LabelledSolution, StepStatement
from schemas.views.seam import Decides, Label, View

Neutral = Literal["right", "wrong", "drop"]
"""What a step that people call neutral counts as: right (as for PRM800K's own model, 2305.20050),
wrong, or nothing (no label)."""

_NEUTRAL: dict[Neutral, float | None] = {"right": 1.0, "wrong": 0.0, "drop": None}


class Stated(Decides):
    """Right if the set states so; of stated numbers, if they exceed `above`. No rollouts are read.

    All undecided in runs of our own.
    """

    kind: Literal["stated"] = "stated"
    neutral: Neutral = "right"
    """What a step that people call neutral counts as; drop: it has no label."""
    above: float = Field(default=0.5, ge=0, lt=1)
    """The number that a right step's exceeds. For Monte Carlo values (MATH-APS) 0 is `hard`."""

    def _labels(self, solution: LabelledSolution) -> tuple[Label, ...]:
        grades = _grades(solution, self.neutral)
        return tuple(None if grade is None else grade > self.above for grade in grades)


class StatedGrades(View):
    """The number that the set states, 1 and 0 for right and wrong. No rollouts are read.

    Its first error is the first step of grade 0. All undecided in runs of our own.
    """

    kind: Literal["stated_grades"] = "stated_grades"
    neutral: Neutral = "right"
    """What a step that people call neutral counts as; drop: it has no label."""

    def _labels(self, solution: LabelledSolution) -> tuple[Label, ...]:
        return tuple(_grades(solution, self.neutral))

    def _error(self, solution: LabelledSolution, labels: Sequence[Label]) -> int | None:
        return next((step for step, grade in enumerate(labels) if grade == 0), None)


def _grades(solution: LabelledSolution, neutral: Neutral) -> Sequence[float | None]:
    """Return a number a step, None where nothing is stated."""
    stated = solution.stated or (StepStatement(),) * len(solution.steps)
    return [_NEUTRAL[neutral] if one.neutral else one.label for one in stated]
