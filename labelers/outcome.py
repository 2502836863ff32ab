"""The baseline that spends nothing: a solution's own verdict is the label of all its steps.

As FreePRM (2506.03570), less its buffer class. What cannot beat it is not worth its rollouts.
"""

from typing import Literal

from pydantic import Field

from labelers.solutions import Screen, Solution, labelling_without_solutions, solve
from rollouts.seam import Rollouts
from schemas import ROOT, Evidence, LabelledSolution, Labelling, Node, Problem, Settings
from schemas.views import first_hard_error


class OutcomeLabeler(Settings):
    """Labels every step with the verdict on the solution's answer; no rollout but the solutions."""

    kind: Literal["outcome"] = "outcome"
    num_solutions: int = Field(default=15, ge=1)
    """Root rollouts to label per problem; equal texts are labelled once."""
    screen: Screen | None = None

    async def label(self, problem: Problem, rollouts: Rollouts) -> Labelling:
        """Label the solutions of one problem."""
        start = await solve(rollouts, num_solutions=self.num_solutions, screen=self.screen)
        if not start.solutions:
            return labelling_without_solutions(problem, start)
        return Labelling(
            problem_id=problem.id,
            solutions=tuple(self._labelled(problem, one, start.root) for one in start.solutions),
            nodes=(Node(prefix=ROOT, evidence=start.root),),
            set_aside="",
        )

    def _labelled(self, problem: Problem, solution: Solution, root: Evidence) -> LabelledSolution:
        evidence = (solution.terminal,) * len(solution.prefixes)
        return LabelledSolution(
            problem_id=problem.id,
            solution_index=solution.rollout.sample_index,
            labeler=self.kind,
            steps=solution.prefixes[-1].steps,
            outcome=solution.rollout.verdict.outcome,
            root=root,
            evidence=evidence,
            first_error=first_hard_error(evidence),
        )
