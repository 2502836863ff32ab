r"""Learn what cues say of a policy from solutions whose errors nobody has marked.

Expectation maximisation. With P(e | data of s) under the current model, every step of solution s is
right, the first error, or behind it with a known probability; weighted by these, the steps' numbers
give new densities. Rollouts anchor it: they say where most errors are, the cue learns what such
steps look like, and then tells of the errors that rollouts cannot see. Solutions with a right
answer take part, for most of their steps are right.

A cue has a direction (regret speaks for an error, net information against one): the ratio
error(x) / right(x) is made monotone in x by pooling adjacent bins that violate it (Ayer et al.
1955), which keeps few solutions from teaching nonsense. Shares are smoothed towards those of all
steps.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from labelers.posterior.cues import Array, Cue, Numbers
from labelers.posterior.inference import Observation, believe
from labelers.posterior.model import Model

QUANTILES = (0.25, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
"""Where bins end, from the side that speaks against an error: finer where numbers speak for one."""
ROUNDS = 12
SMOOTHING = 8.0
"""Steps' worth of the shares of all steps that is added to each density."""
FEWEST = 40
"""Read steps below which a cue is not learnt."""
EXPECTED_WEIGHT = 0.5
"""Of a cue beside others that partly repeat it; `anchoring.py` finds its own."""
DIRECTION: Mapping[str, int] = {
    "refuted": 1,
    "regret": 1,
    "net_information": -1,
    "echo": -1,
    "equation_echo": -1,
}
"""1: the larger the number, the likelier an error."""


def fit_cues(model: Model, seen: Sequence[Observation]) -> Model:
    """Return the model with cues learnt from what was read; what was not read stays as it is."""
    learnt = _learnt(seen)
    for _ in range(ROUNDS if learnt else 0):
        model = _with_cues(model, learnt, [believe(model, one).posterior for one in seen])
    return model


def count_cues(model: Model, seen: Sequence[Observation], posteriors: Sequence[Array]) -> Model:
    """Return the model with the cues of solutions whose first errors are as known as given."""
    return _with_cues(model, _learnt(seen), posteriors)


def learnt_cues(seen: Sequence[Observation]) -> list[str]:
    """Return the names of the cues that there is enough to learn from."""
    return list(_learnt(seen))


def _learnt(seen: Sequence[Observation]) -> dict[str, "_Binned"]:
    read = {
        name: _Binned(name, [getattr(one.readings, name) for one in seen]) for name in DIRECTION
    }
    return {name: one for name, one in read.items() if one.tells}


def _with_cues(model: Model, learnt: Mapping[str, "_Binned"], posteriors: Sequence[Array]) -> Model:
    stands = list(map(_stands, posteriors))
    cues = {name: one.cue(stands) for name, one in learnt.items()}
    return model.model_copy(update={"cues": model.cues.model_copy(update=cues)})


def _stands(posterior: Array) -> Array:
    """Return P(right), P(first error) and P(behind it) of every step: 3 rows, a column a step."""
    error = posterior[:-1]
    right = 1 - np.cumsum(error)
    return np.maximum(np.stack([right, error, 1 - right - error]), 0.0)


class _Binned:
    """One number of all steps of all solutions, in bins."""

    def __init__(self, name: str, numbers: Sequence[Numbers]) -> None:
        self._sign = DIRECTION[name]
        every = np.array([x for some in numbers for x in some if x is not None])
        self._edges = _edges(every, self._sign)
        self.tells = len(every) >= FEWEST and len(self._edges) > 0
        """Whether there is enough to learn from, and not one number alone."""
        self._places = [[i for i, x in enumerate(some) if x is not None] for some in numbers]
        self._bins = [self._bin([x for x in some if x is not None]) for some in numbers]
        self._base = np.bincount(self._bin(every), minlength=len(self._edges) + 1) + 0.01
        self._base /= self._base.sum()

    def cue(self, stands: Sequence[Array]) -> Cue:
        """Return the densities, given where each step stands with which probability."""
        counts = np.tile(SMOOTHING * self._base, (3, 1))
        for stand, places, bins in zip(stands, self._places, self._bins, strict=True):
            for row in range(3):
                np.add.at(counts[row], bins, stand[row, places])
        right, error, behind = (row / row.sum() for row in counts)
        ratio = _monotone(error / right, right, self._sign)
        error = right * ratio / (right * ratio).sum()
        return Cue(
            edges=self._edges,
            right=_shares(right),
            error=_shares(error),
            behind=_shares(behind),
            weight=EXPECTED_WEIGHT,
        )

    def _bin(self, numbers: Sequence[float] | Array) -> npt.NDArray[np.int64]:
        return np.searchsorted(self._edges, np.asarray(numbers), side="right")


def _edges(numbers: Array, sign: int) -> tuple[float, ...]:
    """Return edges that leave no bin empty, as far as equal numbers allow; none for equal ones."""
    if not len(numbers) or numbers.min() == numbers.max():
        return ()
    cuts = sign * np.quantile(sign * numbers, QUANTILES)
    kept = {float(f"{cut:.4g}") for cut in cuts if cut > numbers.min()}
    return tuple(sorted(kept)) or (float((numbers.min() + numbers.max()) / 2),)


def _shares(density: Array) -> tuple[float, ...]:
    return tuple(max(float(f"{share:.4g}"), 1e-6) for share in density)


def _monotone(values: Array, weights: Array, sign: int) -> Array:
    """Return the closest sequence that rises (sign 1) or falls, pooling adjacent violators."""
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
