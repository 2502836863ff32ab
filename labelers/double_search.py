"""Double search: two independent binary searches for the first error, kept where they agree.

Each search halves a wrong solution between its question, from which the policy succeeds at
times, and its end, where it has failed (as OmegaPRM does, 2406.06592); a probe takes `num_rollouts`
rollouts at most and stops at the first success, which changes no answer (`math_shepherd.py`). One
search is misled by a live prefix whose rollouts all fail, or a dead one that is repaired by luck.
Two searches on disjoint samples are seldom misled alike, so their agreement is worth its price:
the simple labeler that every clever one has to beat. With `num_searches=1` it is plain binary
search, which never abstains.
"""

import asyncio
from typing import Literal

from pydantic import Field

from labelers.bisection import bisect
from labelers.probing import Probes, Stop
from labelers.right_answers import RightAnswers, first_error_of_right
from labelers.solutions import Concluded, Conclusion, Solution, SolutionLabeler, Start
from rollouts.seam import Rollouts
from schemas import Evidence, Outcome, Problem


class DoubleSearch(SolutionLabeler):
    """Searches each solution `num_searches` times, independently; abstains where they differ."""

    kind: Literal["double_search"] = "double_search"
    num_searches: int = Field(default=2, ge=1)
    """Searches that have to agree."""
    num_rollouts: int = Field(default=8, ge=1)
    """Completions per probe at most."""
    stop: Stop = "first_success"
    """`fixed`: always `num_rollouts`, as published; `first_success`: same answers for fewer."""
    round_size: int = Field(default=1, ge=1)
    """Completions asked for at a time under `first_success`; 1 is cheapest, more is sooner."""
    right_answers: RightAnswers = "trust"
    """What is done with solutions whose final answer is right."""

    async def conclude(self, problem: Problem, start: Start, rollouts: Rollouts) -> Concluded:
        """Search all solutions at the same time."""
        probes = Probes(
            rollouts, num_rollouts=self.num_rollouts, stop=self.stop, round_size=self.round_size
        )
        async with asyncio.TaskGroup() as group:
            errors = [
                group.create_task(self._first_error(one, start.root, probes))
                for one in start.solutions
            ]
        return [
            Conclusion(solution=one, evidence=probes.along(one), first_error=error.result())
            for one, error in zip(start.solutions, errors, strict=True)
        ], probes.nodes()

    async def _first_error(self, solution: Solution, root: Evidence, probes: Probes) -> int | None:
        """Return what all searches found; None where they differ or there is nothing to search.

        Nothing can be searched in a solution that was not decided, or where no rollout of the
        question was ever right: every prefix then looks dead. A right solution that was given
        is trusted all the same.
        """
        outcome = solution.rollout.verdict.outcome
        if outcome is Outcome.CORRECT and self.right_answers == "trust":
            return -1
        if outcome is Outcome.UNDECIDED or not root.correct:
            return None
        async with asyncio.TaskGroup() as group:
            searches = [
                group.create_task(self._search(solution, probes, number))
                for number in range(self.num_searches)
            ]
        found = {search.result() for search in searches}
        return found.pop() if len(found) == 1 else None

    async def _search(self, solution: Solution, probes: Probes, number: int) -> int | None:
        """Return what one search finds."""

        async def is_alive(length: int) -> bool | None:
            return await probes.is_alive(solution.prefixes[length - 1], search=number)

        steps = len(solution.prefixes)
        if solution.rollout.verdict.outcome is Outcome.CORRECT:
            return await first_error_of_right(steps, self.right_answers, is_alive)
        return await bisect(0, steps, is_alive)
