"""Read the steps of a solution before any rollout is spent on it."""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import zip_longest
from typing import Literal

from labelers.posterior.cues import Readings
from labelers.scoring import Answers, net_information, regret
from labelers.solutions import Solution
from rollouts.seam import Rollouts
from schemas import StepCheck, StepScore
from verification.step_check import check_step

CueName = Literal["refuted", "regret", "net_information"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What was read off a solution's steps, as it goes on record."""

    checks: tuple[StepCheck, ...] = ()
    scores: tuple[StepScore, ...] = ()

    @property
    def readings(self) -> Readings:
        """The same as numbers."""
        return Readings.of(self.checks, self.scores)


async def read_steps(
    solution: Solution, rollouts: Rollouts, *, read: Collection[CueName], known: Answers | None
) -> Read:
    """Check and score the steps of one solution; net information only against `known` answers."""
    steps = solution.prefixes[-1].steps
    checks = tuple(map(check_step, steps)) if "refuted" in read else ()
    regrets = await regret(rollouts, solution) if "regret" in read else ()
    gains = await net_information(rollouts, solution.prefixes[:-1], known) if known else ()
    if not regrets and not gains:
        return Read(checks=checks)
    both = zip_longest(regrets, gains)  # the last step has no gain
    scores = tuple(StepScore(regret=lag, net_information=gain) for lag, gain in both)
    return Read(checks=checks, scores=(*scores, *[StepScore()] * (len(steps) - len(scores))))
