"""Solutions that were given, in the form in which labelers see sampled ones."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass

from rollouts.cutting import Splitter
from schemas import ROOT, Completion, Problem, Rollout, Verdict


async def judged_given(
    problem: Problem, judge: Callable[[str], Coroutine[None, None, Verdict]]
) -> tuple[Rollout, ...]:
    """Return the problem's given solutions as if the policy had written them, for nothing.

    Their tokens are not known, so their prefixes are continued as text.
    """
    async with asyncio.TaskGroup() as group:
        verdicts = [group.create_task(judge(one.text)) for one in problem.given]
    return tuple(
        _rollout(problem, place, verdict.result()) for place, verdict in enumerate(verdicts)
    )


def _rollout(problem: Problem, place: int, verdict: Verdict) -> Rollout:
    return Rollout(
        problem_id=problem.id,
        prefix=ROOT,
        sample_index=-1 - place,
        completion=Completion.of_text(problem.given[place].text),
        verdict=verdict,
    )


def splitter_of(problem: Problem, solution: Rollout, usual: Splitter) -> Splitter:
    """Return what cuts a solution: its own steps where it was given with them."""
    if solution.sample_index >= 0:
        return usual
    given = problem.given[-1 - solution.sample_index]
    return Kept(given.steps) if given.cut else usual


@dataclass(frozen=True, slots=True)
class Kept:
    """Cuts the one text whose steps are known."""

    steps: tuple[str, ...]

    def split(self, text: str) -> tuple[str, ...]:
        """Return the known steps."""
        return self.steps
