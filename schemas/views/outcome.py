"""Labels that are the verdict on a solution's answer, which says nothing of a single step."""

from collections.abc import Sequence
from typing import Literal

from schemas.labels import LabelledSolution
from schemas.rollouts import DECIDED, Outcome
from schemas.views.seam import Decides, Label


class ByOutcome(Decides):
    """Every step is as right as the final answer: what an outcome reward model learns.

    (2110.14168; FreePRM's labels, 2506.03570.) Undecided where the answer was not judged. Nothing
    lies behind an error, whatever `after_error` says: the verdict is on all of the solution.
    """

    kind: Literal["outcome"] = "outcome"

    def _labels(self, solution: LabelledSolution) -> tuple[Label, ...]:
        label = solution.outcome is Outcome.CORRECT if solution.outcome in DECIDED else None
        return (label,) * len(solution.steps)

    def _error(self, solution: LabelledSolution, labels: Sequence[Label]) -> int | None:
        return None
