r"""Learn what cues say of a policy from solutions whose errors nobody has marked.

Expectation maximisation. With P(e | data of s) under the current model, every step of solution s is
right, the first error, or behind it with a known probability; weighted by these, the steps' numbers
give new densities. Rollouts anchor it: they say where most errors are, the cue learns what such
steps look like, and then tells of the errors that rollouts cannot see.

A cue has a direction (regret speaks for an error, net information against one): the ratio
error(x) / right(x) is made monotone in x by pooling adjacent bins that violate it (Ayer et al.
1955), which keeps few solutions from teaching nonsense. Shares are smoothed towards those of all
steps.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from labelers.posterior.cues import Array, Cue, Cues
from labelers.posterior.inference import Observation, believe
from labelers.posterior.model import Model

QUANTILES = (0.25, 0.5, 0.65, 0.8, 0.9, 0.95)
"""Where bins end, from the side that speaks against an error: finer where cues speak for one."""
ROUNDS = 12
SMOOTHING = 8.0
"""Steps' worth of the shares of all steps that is added to each density."""
FEWEST = 40
"""Scored steps below which a cue is not learnt."""
DIRECTION: Mapping[str, int] = {"regret": 1, "net_information": -1}
"""1: the larger the number, the likelier an error."""


def fit_cues(model: Model, seen: Sequence[Observation]) -> Model:
    """Return the model with cues learnt from the solutions' scores; without scores, as it is."""
    binned = {name: _Binned(name, seen) for name in DIRECTION}
    known = {name: one for name, one in binned.items() if one.steps >= FEWEST}
    if not known:
        return model
    cues = Cues(**{name: one.cue(one.alike()) for name, one in known.items()})
    for _ in range(ROUNDS):
        model = model.model_copy(update={"cues": cues})
        stands = [_stands(believe(model, one).posterior) for one in seen]
        cues = Cues(**{name: one.cue(one.counts(stands)) for name, one in known.items()})
    return model.model_copy(update={"cues": cues})


def _stands(posterior: Array) -> Array:
    """Return P(right), P(first error) and P(behind it) of every step: 3 rows, a column a step."""
    error = posterior[:-1]
    right = 1 - np.cumsum(error)
    return np.maximum(np.stack([right, error, 1 - right - error]), 0.0)


class _Binned:
    """One number of all steps of all solutions, in bins of about equal size."""

    def __init__(self, name: str, seen: Sequence[Observation]) -> None:
        self._sign = DIRECTION[name]
        numbers = [[getattr(score, name) for score in one.scores] for one in seen]
        every = [x for some in numbers for x in some if x is not None]
        self.steps = len(every)
        cuts = self._sign * np.quantile(self._sign * np.array(every or [0.0]), QUANTILES)
        self._edges = tuple(
            sorted({float(f"{cut:.4g}") for cut in cuts if cut > min(every, default=0.0)})
        )
        self._places = [[i for i, x in enumerate(some) if x is not None] for some in numbers]
        self._bins = [
            np.searchsorted(self._edges, [x for x in some if x is not None], side="right")
            for some in numbers
        ]

    def alike(self) -> Array:
        """Return counts that say nothing: the same for right steps, errors and those behind."""
        return np.tile(self._total(), (3, 1))

    def counts(self, stands: Sequence[Array]) -> Array:
        """Return expected counts per stand and bin from each step's probabilities to stand there."""
        counts = np.zeros((3, len(self._edges) + 1))
        for stand, places, bins in zip(stands, self._places, self._bins, strict=True):
            for row in range(3):
                np.add.at(counts[row], bins, stand[row, places])
        return counts

    def cue(self, counts: Array) -> Cue:
        """Return the densities that expected counts give, smoothed and in direction."""
        base = self._total() / self._total().sum()
        right, error, behind = (row / row.sum() for row in counts + SMOOTHING * base)
        ratio = _rising(error / right, right, self._sign)
        error = right * ratio / (right * ratio).sum()
        return Cue(
            edges=self._edges, right=_shares(right), error=_shares(error), behind=_shares(behind)
        )

    def _total(self) -> Array:
        bins = np.concatenate(self._bins) if self._bins else np.zeros(0, dtype=int)
        return np.bincount(bins, minlength=len(self._edges) + 1) + 1e-3


def _shares(density: Array) -> tuple[float, ...]:
    return tuple(max(float(f"{share:.4g}"), 1e-6) for share in density)


def _rising(values: Array, weights: Array, sign: int) -> Array:
    """Return the closest monotone sequence, rising for sign 1, by pooling adjacent violators."""
    pools: list[tuple[float, float, int]] = []
    for value, weight in zip(values[::sign], weights[::sign], strict=True):
        pool = (float(value), float(weight), 1)
        while pools and pools[-1][0] > pool[0]:
            before = pools.pop()
            total = before[1] + pool[1]
            mean = (before[0] * before[1] + pool[0] * pool[1]) / total
            pool = (mean, total, before[2] + pool[2])
        pools.append(pool)
    return np.concatenate([np.full(size, value) for value, _, size in pools])[::sign]
