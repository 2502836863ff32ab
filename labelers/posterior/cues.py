r"""What is read off steps without a rollout, as a likelihood of where the first error is.

A *cue* is a number per step, such as how far the step falls behind what the policy finds likeliest.
With x_i the number at step i,

    C(e) = prod_(i < e) right(x_i) * error(x_e) * prod_(i > e) behind(x_i)

for a first error e, where the three densities are shares of steps per bin of x. They are the
policy's own: `cue_fitting` learns them from a run's evidence. A number that says nothing gets three
equal densities.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from schemas import Finding, Settings, StepCheck, StepReading

Array = npt.NDArray[np.float64]
Numbers = tuple[float | None, ...]
"""One per step; None where the step was not read."""

_LEAST = -300.0
"""Least log-likelihood beside the greatest: further ones would underflow."""
_SUM_ERROR = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """What was read off the steps of one solution; a cue that was not read is empty."""

    refuted: Numbers = ()
    """1 where the step displays a false equality, else 0."""
    regret: Numbers = ()
    """`StepReading.regret`, in nats."""
    net_information: Numbers = ()
    """`StepReading.net_information`, in nats."""
    echo: Numbers = ()
    """(echo + 1/2) / (echo_of + 1): none of twelve says more than none of one."""
    equation_echo: Numbers = ()
    """The same of equation echoes."""

    @classmethod
    def of(cls, checks: Sequence[StepCheck], steps: Sequence[StepReading]) -> "Readings":
        """Return the readings of a solution as it is recorded."""
        return cls(
            refuted=tuple(float(one.finding is Finding.REFUTED) for one in checks),
            regret=tuple(one.regret for one in steps),
            net_information=tuple(one.net_information for one in steps),
            echo=tuple(_share(one.echo, one.echo_of) for one in steps),
            equation_echo=tuple(_share(one.equation_echo, one.echo_of) for one in steps),
        )


NOTHING_READ = Readings()


def _share(count: int | None, of: int | None) -> float | None:
    return None if count is None or not of else (count + 0.5) / (of + 1)


class Cue(Settings):
    """The densities of one number: shares of steps per bin; each sums to about 1."""

    edges: tuple[float, ...]
    """Rising; bin 0 lies below the first, the last bin at or above the last."""
    right: tuple[float, ...]
    """Of steps before the first error."""
    error: tuple[float, ...]
    """Of first errors."""
    behind: tuple[float, ...]
    """Of steps behind the first error."""
    weight: float = Field(default=1.0, ge=0, le=2)
    """Exponent on its part of C(e): less than 1 where the steps of one solution, or the cues of one
    step, repeat each other."""

    @model_validator(mode="after")
    def _fits_together(self) -> "Cue":
        bins = len(self.edges) + 1
        for name in ("right", "error", "behind"):
            shares = getattr(self, name)
            if len(shares) != bins or not all(share > 0 for share in shares):
                raise ValueError(
                    f"{name}={shares}: give {bins} positive shares, one more than there are edges"
                )
            if abs(sum(shares) - 1) > _SUM_ERROR:
                raise ValueError(f"{name}={shares}: give shares that sum to 1, not {sum(shares):g}")
        if not all(a < b for a, b in pairwise(self.edges)) or not all(map(isfinite, self.edges)):
            raise ValueError(f"edges={self.edges}: give rising numbers")
        return self

    def log_likelihoods(self, numbers: Numbers) -> Array:
        """Return the weighted log C(e) - log C(M), e = 0 ... M; no number says nothing."""
        known = np.array([one is not None for one in numbers])
        bins = np.searchsorted(self.edges, [one or 0.0 for one in numbers], side="right")
        right = np.log(self.right)
        error = np.where(known, (np.log(self.error) - right)[bins], 0.0)
        behind = np.where(known, (np.log(self.behind) - right)[bins], 0.0)
        tail = np.append(np.cumsum(behind[::-1])[::-1], 0.0)
        return np.asarray(self.weight * np.append(error + tail[1:], 0.0))


class Cues(Settings):
    """The cues that are known of a policy; what else is read is recorded and says nothing yet.

    They are taken as independent given where a step stands; their weights make up for it.
    """

    refuted: Cue | None = Cue(
        edges=(0.5,), right=(0.998, 0.002), error=(0.96, 0.04), behind=(0.98, 0.02)
    )
    """A false equality; by default as often as on the human labels of ProcessBench and PRM800K
    (`python -m benchmarks.step_check`; behind an error: a guess, as those steps are not marked).
    Far more first errors are refuted where they are slips of reckoning."""
    regret: Cue | None = None
    """Like those below, None until it is fitted to the policy."""
    net_information: Cue | None = None
    """Of the net information that a step adds."""
    echo: Cue | None = None
    """Of the share of right rollouts that hold the step's text."""
    equation_echo: Cue | None = None
    """Of the share of right rollouts that hold one of the step's equations."""

    @property
    def weights(self) -> dict[str, float]:
        """The weight of each cue that is known."""
        every: dict[str, Cue | None] = {
            name: getattr(self, name) for name in type(self).model_fields
        }
        return {name: cue.weight for name, cue in every.items() if cue is not None}

    def likelihoods(self, readings: Readings, num_steps: int) -> Array:
        """Return C(e) up to a factor, e = 0 ... M = `num_steps`; ones where nothing is known."""
        total = np.zeros(num_steps + 1)
        for name in type(self).model_fields:
            cue: Cue | None = getattr(self, name)
            numbers: Numbers = getattr(readings, name)
            if cue is not None and numbers:
                total += cue.log_likelihoods(numbers)
        return np.asarray(np.exp(np.maximum(total - total.max(), _LEAST)))
