"""Where a process reward model says that solutions go wrong, beside where they do.

ProcessBench's measure (2412.06559): the model says the first step whose grade is below a threshold,
or that there is none; F1 is the harmonic mean of the shares it gets exactly right among solutions
with a wrong step and among those without.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

THRESHOLD = 0.5
_BINS = 10
_DRAWS = 1_000

_Array = npt.NDArray[np.float64]
_Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """One solution with its first wrong step, and what a model says of its steps."""

    problem_id: str
    steps: int
    first_error: int
    """0-based; -1: none."""
    grades: Sequence[float]
    """P(right), of the first steps at least; what is missing was not read."""

    def said(self, threshold: float) -> int:
        """Return the first step below the threshold; -1 where none is."""
        below = (step for step, grade in enumerate(self.grades) if grade < threshold)
        return next(below, -1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """Shares in [0, 1]; None where there are no such solutions."""

    threshold: float
    erroneous: float | None
    """Of the solutions with a wrong step, those whose first one was named exactly."""
    correct: float | None
    """Of the solutions without one, those of which the model says so."""
    f1: float | None
    """Harmonic mean of the two; 0 where both are."""
    interval: tuple[float, float] | None
    """Of `f1`: 95%, problems drawn with replacement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """How far grades are probabilities, over steps up to and with the first wrong one."""

    steps: int
    ece: float
    """Expected calibration error, ten bins of equal width."""
    brier: float
    """Mean squared distance between grade and truth."""
    auroc: float | None
    """P(a right step is graded above a wrong one); None where all steps are alike."""


def accuracy(cases: Sequence[Located], threshold: float, *, seed: int = 0) -> Accuracy:
    """Return how often the model is exactly right at a threshold."""
    hits = np.array([one.said(threshold) == one.first_error for one in cases])
    wrong = np.array([one.first_error >= 0 for one in cases])
    groups = np.unique([one.problem_id for one in cases], return_inverse=True)[1]
    counts = _counts(hits, wrong, groups)
    total = counts.sum(axis=0)
    f1 = float(_f1(total))
    known = bool(total[1] and total[3])
    return Accuracy(
        threshold=threshold,
        erroneous=float(total[0] / total[1]) if total[1] else None,
        correct=float(total[2] / total[3]) if total[3] else None,
        f1=f1 if known else None,
        interval=_interval(counts, _f1, seed) if known else None,
    )


def best_threshold(cases: Sequence[Located]) -> float:
    """Return the threshold, of 199 evenly spaced ones, with the highest F1; the first of equals."""
    thresholds = np.linspace(0.005, 0.995, 199)
    wrong = np.array([one.first_error >= 0 for one in cases])
    scores = [
        _f1(_total(np.array([one.said(at) == one.first_error for one in cases]), wrong))
        for at in thresholds
    ]
    return float(thresholds[int(np.argmax(scores))])


def calibration(cases: Sequence[Located]) -> Calibration | None:
    """Return how far grades are probabilities; None where there is no step to tell by."""
    told = [
        (grade, step != one.first_error)
        for one in cases
        for step, grade in enumerate(one.grades)
        if one.first_error < 0 or step <= one.first_error
    ]
    if not told:
        return None
    grades, right = np.array(told, dtype=float).T
    bins = np.minimum((grades * _BINS).astype(int), _BINS - 1)
    gaps = (abs((grades - right)[bins == one].sum()) for one in range(_BINS))
    return Calibration(
        steps=len(told),
        ece=float(sum(gaps) / len(told)),
        brier=float(((grades - right) ** 2).mean()),
        auroc=_auroc(grades, right > 0),
    )


def _counts(hits: _Flags, wrong: _Flags, groups: npt.NDArray[np.intp]) -> _Array:
    """Return, per problem: hits among erroneous, erroneous, hits among correct, correct."""
    columns = (hits & wrong, wrong, hits & ~wrong, ~wrong)
    return np.stack([np.bincount(groups, weights=one) for one in columns], axis=1)


def _total(hits: _Flags, wrong: _Flags) -> _Array:
    return np.array([(hits & wrong).sum(), wrong.sum(), (hits & ~wrong).sum(), (~wrong).sum()])


def _f1(total: _Array) -> float:
    """Return the harmonic mean of both shares; 0 where one of them is."""
    shares = total[0] / max(total[1], 1), total[2] / max(total[3], 1)
    return float(2 * shares[0] * shares[1] / sum(shares)) if sum(shares) else 0.0


def _interval(counts: _Array, figure: Callable[[_Array], float], seed: int) -> tuple[float, float]:
    draws = np.random.default_rng(seed).integers(0, len(counts), (_DRAWS, len(counts)))
    found = [figure(counts[draw].sum(axis=0)) for draw in draws]
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)


def _auroc(grades: _Array, right: _Flags) -> float | None:
    """Return the Mann-Whitney statistic; equal grades count half."""
    good, bad = int(right.sum()), int((~right).sum())
    if not good or not bad:
        return None
    _, place, counts = np.unique(grades, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return float((ranks[right].sum() - good * (good + 1) / 2) / (good * bad))
