r"""What is read off a step without a rollout, as a likelihood of where the first error is.

A *cue* is a number per step, such as how far the step falls behind what the policy finds likeliest
(`StepScore`). With x_i the number at step i,

    C(e) = prod_(i < e) right(x_i) * error(x_e) * prod_(i > e) behind(x_i)

for a first error e, where the three densities are shares of equal bins of x. They are the policy's
own: `fit_cues` learns them from a run's evidence, by expectation maximisation against what rollouts
say of the same solutions. A number that says nothing gets three equal densities.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from schemas import Settings, StepScore

Array = npt.NDArray[np.float64]

_MOST = 300.0
"""Greatest log-likelihood ratio: further ones would overflow in very long solutions."""
Shares = tuple[float, ...]


class Cue(Settings):
    """The densities of one number: shares of steps per bin; each sums to about 1."""

    edges: tuple[float, ...]
    """Rising; bin 0 lies below the first, the last bin at or above the last."""
    right: Shares
    """Of steps before the first error."""
    error: Shares
    """Of first errors."""
    behind: Shares
    """Of steps behind the first error."""

    @model_validator(mode="after")
    def _fits_together(self) -> "Cue":
        bins = len(self.edges) + 1
        for name in ("right", "error", "behind"):
            shares = getattr(self, name)
            if len(shares) != bins or min(shares) <= 0:
                raise ValueError(
                    f"{name}={shares}: give {bins} positive shares, one more than there are edges"
                )
        if list(self.edges) != sorted(set(self.edges)):
            raise ValueError(f"edges={self.edges}: give rising numbers")
        return self

    def log_likelihoods(self, numbers: Sequence[float | None]) -> Array:
        """Return log C(e) for e = 0 ... M less that of e = M; steps without a number say nothing."""
        known = np.array([one is not None for one in numbers])
        values = np.array([0.0 if one is None else one for one in numbers])
        bins = np.searchsorted(np.array(self.edges), values, side="right")
        right = np.log(self.right)
        error = np.where(known, (np.log(self.error) - right)[bins], 0.0)
        behind = np.where(known, (np.log(self.behind) - right)[bins], 0.0)
        tail = np.append(np.cumsum(behind[::-1])[::-1], 0.0)
        return np.append(error + tail[1:], 0.0)


class Cues(Settings):
    """The cues that are known of a policy; those of `StepScore`, by name."""

    regret: Cue | None = Field(default=None)
    net_information: Cue | None = Field(default=None)

    def likelihoods(self, scores: Sequence[StepScore], num_steps: int) -> Array:
        """Return C(e) for e = 0 ... M = `num_steps`, up to a factor; ones where nothing is known."""
        total = np.zeros(num_steps + 1)
        for name in type(self).model_fields:
            cue: Cue | None = getattr(self, name)
            if cue is not None and scores:
                total += cue.log_likelihoods([getattr(one, name) for one in scores])
        return np.exp(np.clip(total, -_MOST, _MOST))
