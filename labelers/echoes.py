"""Which of a question's right rollouts write the same as a step; no token is spent.

A step that many right rollouts write, in these words or with these equations, is seldom wrong; one
that none of them writes is suspect. How much that tells depends on how alike a policy's solutions
are: short steps in a fixed form repeat word for word, free prose repeats its equations at most.
"""

from collections.abc import Sequence

from labelers.solutions import Solution
from rollouts.seam import Rollouts
from schemas import Outcome, Rollout, StepReading
from verification.steps.equations import equations


class Echoes:
    """The steps and equations of the right ones among a question's rollouts."""

    def __init__(self, roots: Sequence[Rollout], rollouts: Rollouts) -> None:
        right = [one for one in roots if one.verdict.outcome is Outcome.CORRECT]
        steps = {one.sample_index: _steps(one, rollouts) for one in right}
        self._texts = {index: frozenset(map(_folded, some)) for index, some in steps.items()}
        self._equations = {
            index: frozenset().union(*map(_displayed, some)) for index, some in steps.items()
        }

    def of(self, step: str, solution: Solution) -> StepReading:
        """Return how many of the other right rollouts write the step, and its equations."""
        text, displayed = _folded(step), _displayed(step)
        others = [index for index in self._texts if index != solution.rollout.sample_index]
        echoed = sum(displayed <= self._equations[index] for index in others)
        return StepReading(
            echo_of=len(others),
            echo=sum(text in self._texts[index] for index in others),
            equation_echo=echoed if displayed else None,
        )


async def echoes_of(roots: Sequence[Rollout], rollouts: Rollouts) -> Echoes:
    """Return the echoes among a question's rollouts, of which the right ones are cut into steps."""
    await rollouts.segment([one for one in roots if one.verdict.outcome is Outcome.CORRECT])
    return Echoes(roots, rollouts)


def _steps(rollout: Rollout, rollouts: Rollouts) -> tuple[str, ...]:
    prefixes = rollouts.prefixes(rollout)
    return prefixes[-1].steps if prefixes else ()


def _folded(step: str) -> str:
    return " ".join(step.casefold().split()).rstrip(".")


def _displayed(step: str) -> frozenset[str]:
    told = (f"{one.left.text}{one.sign}{one.right.text}" for one in equations(step))
    return frozenset("".join(one.split()) for one in told)
