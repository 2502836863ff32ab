"""Read the steps of a solution before any rollout is spent on it."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Literal

from labelers.echoes import Echoes
from labelers.posterior.cues import Readings
from labelers.scoring import Answers, net_information, regret
from labelers.solutions import Solution
from rollouts.seam import Rollouts
from schemas import StepCheck, StepReading
from verification.steps.check import check_step

CueName = Literal["refuted", "echo", "regret", "net_information"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What was read off a solution's steps, as it goes on record."""

    checks: tuple[StepCheck, ...]
    steps: tuple[StepReading, ...]

    @property
    def readings(self) -> Readings:
        """The same, cue by cue."""
        return Readings.of(self.checks, self.steps)


async def read_steps(
    solution: Solution,
    rollouts: Rollouts,
    *,
    read: Collection[CueName],
    known: Answers | None,
    echoes: Echoes | None,
) -> Read:
    """Check and read the steps of one solution; echo and net information where they are given.

    The last step, which states an answer, has neither of these two.
    """
    steps = solution.prefixes[-1].steps
    unread: list[float | None] = [None] * len(steps)
    checks = tuple(map(check_step, steps)) if "refuted" in read else ()
    if set(read) <= {"refuted"}:
        return Read(checks=checks, steps=())
    regrets = await regret(rollouts, solution) if "regret" in read else unread
    gains = await net_information(rollouts, solution.prefixes[:-1], known) if known else unread[1:]
    echoed = [echoes.of(one, solution) if echoes else StepReading() for one in steps[:-1]]
    rows = zip(regrets, (*gains, None), (*echoed, StepReading()), strict=True)
    return Read(
        checks=checks,
        steps=tuple(replace(one, regret=lag, net_information=gain) for lag, gain, one in rows),
    )
