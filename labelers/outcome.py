"""The baseline that spends nothing: a solution's own verdict is the label of all its steps.

As FreePRM (2506.03570), less its buffer class. What cannot beat it is not worth its rollouts.
"""

from typing import ClassVar, Literal

from labelers.solutions import Concluded, Conclusion, SolutionLabeler, Start
from rollouts.seam import Rollouts
from schemas import Problem
from schemas.views import Concludes


class OutcomeLabeler(SolutionLabeler):
    """Labels every step with the verdict on the solution's answer; no rollout but the solutions."""

    concludes: ClassVar[Concludes] = "counts"
    continues: ClassVar[bool] = False
    needs_roots: ClassVar[bool] = False

    kind: Literal["outcome"] = "outcome"

    async def conclude(self, problem: Problem, start: Start, rollouts: Rollouts) -> Concluded:
        """Let the verdict stand for every step."""
        return [
            Conclusion.counted(one, [one.terminal] * (len(one.prefixes) - 1))
            for one in start.solutions
        ], ()
