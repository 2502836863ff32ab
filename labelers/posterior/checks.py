"""What the symbolic step check says of the first error, as a likelihood beside that of rollouts.

    P(checks | e) = prod over steps i of  right^c (1 - right)^(1-c) for i < e, likewise with
    `error` for i = e and `behind` for i > e;  c = 1 where step i was refuted, else 0.

A proved step counts like a silent one: half of the steps that people mark as wrong display some
true equality, as other steps do (`python -m benchmarks.step_check`).
"""

from collections.abc import Sequence
from math import prod

from pydantic import Field

from schemas import Finding, Settings, StepCheck
from verification.step_check import check_step


class StepChecks(Settings):
    """How often a step is refuted, by where it stands; by default as on ProcessBench and PRM800K.

    The first two are measured there; the third is a guess between them, as the steps behind an
    error are not marked.
    """

    right: float = Field(default=0.002, gt=0, lt=1)
    """Share of right steps that are refuted."""
    error: float = Field(default=0.04, gt=0, lt=1)
    """Share of first wrong steps that are refuted; far more where errors are slips of reckoning."""
    behind: float = Field(default=0.02, gt=0, lt=1)
    """Share of the steps behind the first wrong one that are refuted."""

    def check(self, steps: Sequence[str]) -> tuple[StepCheck, ...]:
        """Check every step of a solution; under a millisecond a step as a rule."""
        return tuple(map(check_step, steps))

    def likelihoods(self, checks: Sequence[StepCheck]) -> tuple[float, ...]:
        """Return P(checks | first error e) for e = 0 ... M, M for none."""
        refuted = [check.finding is Finding.REFUTED for check in checks]
        return tuple(self._likelihood(refuted, error) for error in range(len(refuted) + 1))

    def _likelihood(self, refuted: Sequence[bool], error: int) -> float:
        rates = [
            self.right if step < error else self.error if step == error else self.behind
            for step in range(len(refuted))
        ]
        return prod(rate if c else 1 - rate for rate, c in zip(rates, refuted, strict=True))
