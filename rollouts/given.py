"""Solutions that were given, in the form in which labelers see sampled ones."""

from dataclasses import dataclass

from rollouts.cutting import Splitter
from schemas import ROOT, Completion, Problem, Rollout, Verdict


def given_rollout(problem: Problem, place: int, verdict: Verdict) -> Rollout:
    """Return one of the problem's given solutions as if the policy had written it, for nothing.

    Its tokens are not known, so its prefixes are continued as text.
    """
    completion = Completion(
        text=problem.given[place].text,
        tokens=None,
        finish_reason="stop",
        seed=0,
        prompt_tokens=0,
        cached_tokens=0,
        completion_tokens=0,
        logprob=None,
    )
    return Rollout(
        problem_id=problem.id,
        prefix=ROOT,
        sample_index=-1 - place,
        completion=completion,
        verdict=verdict,
    )


def splitter_of(problem: Problem, solution: Rollout, usual: Splitter) -> Splitter:
    """Return what cuts a solution: its own steps where it was given with them."""
    if solution.sample_index >= 0:
        return usual
    given = problem.given[-1 - solution.sample_index]
    return _Kept(given.steps) if given.cut else usual


@dataclass(frozen=True, slots=True)
class _Kept:
    """Cuts the one text whose steps are known."""

    steps: tuple[str, ...]

    def split(self, text: str) -> tuple[str, ...]:
        """Return the known steps."""
        return self.steps
