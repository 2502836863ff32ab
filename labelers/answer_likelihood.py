"""Answer likelihood: a step is right while the policy leans towards right answers behind it.

Monte Carlo net information gain (MCNIG, 2603.17815): no rollout but the question's own, whose
right and wrong answers are scored under each prefix of each solution; a step is right if MCNIG
exceeds a threshold. The cost is reading, not writing: (answers) x (steps) continuations of a few
tokens, whose prefixes a server's cache may hold.
"""

import asyncio
from typing import ClassVar, Literal

from pydantic import Field

from labelers.right_answers import RightAnswers, first_error_of_right
from labelers.scoring import Answers, answers, net_information
from labelers.solutions import Concluded, Conclusion, Solution, SolutionLabeler, Start
from rollouts.seam import Rollouts
from schemas import Evidence, Outcome, Problem, StepReading


class AnswerLikelihood(SolutionLabeler):
    """Labels steps by how likely they make the question's right answers; spends no completion."""

    continues: ClassVar[bool] = False

    kind: Literal["answer_likelihood"] = "answer_likelihood"
    threshold: float = 0.0
    """Nats of MCNIG above which a step is right."""
    max_answers: int = Field(default=8, ge=1)
    """Right answers to score at most, and wrong ones: the commonest."""
    right_answers: RightAnswers = "trust"
    """What is done with solutions whose final answer is right."""

    @property
    def scores(self) -> bool:
        """Always: there is nothing else to go by."""
        return True

    async def conclude(self, problem: Problem, start: Start, rollouts: Rollouts) -> Concluded:
        """Score all prefixes at the same time.

        Abstains where the question's rollouts hold no wrong answer to compare with.
        """
        known = answers(problem.answer, start.roots, most=self.max_answers)
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self._conclusion(one, rollouts, known)) for one in start.solutions
            ]
        return [task.result() for task in tasks], ()

    async def _conclusion(
        self, solution: Solution, rollouts: Rollouts, known: Answers | None
    ) -> Conclusion:
        gains: tuple[float | None, ...] = ()
        first_error: int | None = None
        outcome = solution.rollout.verdict.outcome
        if outcome is Outcome.CORRECT and self.right_answers == "trust":
            first_error = -1
        elif known is not None and outcome is not Outcome.UNDECIDED:
            gains = await net_information(rollouts, solution.prefixes[:-1], known)
            first_error = await self._first_error(gains, outcome)
        return Conclusion(
            solution=solution,
            evidence=[Evidence()] * (len(solution.prefixes) - 1),
            first_error=first_error,
            readings=_readings(gains) if gains else (),
        )

    async def _first_error(self, gains: tuple[float | None, ...], outcome: Outcome) -> int | None:
        """Return the first step at or below the threshold; None where one before is not known."""

        async def is_alive(length: int) -> bool | None:
            gain = gains[length - 1]
            return None if gain is None else gain > self.threshold

        steps = len(gains) + 1
        if outcome is Outcome.CORRECT:
            return await first_error_of_right(steps, self.right_answers, is_alive)
        for step, gain in enumerate(gains):
            if gain is None:
                return None
            if gain <= self.threshold:
                return step
        return steps - 1  # it states the wrong answer, and no step before it is wrong


def _readings(gains: tuple[float | None, ...]) -> tuple[StepReading, ...]:
    return (*(StepReading(net_information=gain) for gain in gains), StepReading())
