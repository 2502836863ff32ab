"""Figures of merit with bootstrap intervals, problems drawn with replacement.

Every figure is a function of sums over solutions, so one matrix of sums per problem gives the
figure and, with resampled weights, its interval.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.label_truth.measure import Judged, JudgedPrefixes

RESAMPLES = 1000
BINS = 10
"""Equal-width bins of stated confidence."""

Array = npt.NDArray[np.float64]
Sums = Mapping[str, Array]
"""Name of a count to its sums, one per resample."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its 95% bootstrap interval; NaN where it is not defined."""

    value: float
    low: float
    high: float


def _ratio(over: str, under: str) -> Callable[[Sums], Array]:
    def ratio(sums: Sums) -> Array:
        with np.errstate(invalid="ignore", divide="ignore"):
            return sums[over] / sums[under]

    return ratio


def _harmonic(hit: str, of: str) -> Callable[[Sums], Array]:
    """Return ProcessBench's F1: the harmonic mean of accuracy on erroneous and correct ones."""

    def harmonic(sums: Sums) -> Array:
        with np.errstate(invalid="ignore", divide="ignore"):
            wrong = sums[f"{hit}_erroneous"] / sums[f"{of}_erroneous"]
            right = sums[f"{hit}_correct"] / sums[f"{of}_correct"]
            return np.where(
                wrong + right > 0, 2 * wrong * right / (wrong + right), 0.0 * (wrong + right)
            )

    return harmonic


def _calibration_error(sums: Sums) -> Array:
    gaps = [abs(sums[f"stated_{b}"] - sums[f"met_{b}"]) for b in range(BINS)]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(sum(gaps) / sums["confident"])


FIGURES: Mapping[str, Callable[[Sums], Array]] = {
    "exact": _ratio("exact", "kept"),
    "agreement": _ratio("exact", "solutions"),
    "exact_per_token": _ratio("exact", "tokens"),
    "within_one": _ratio("near", "kept"),
    "too_early": _ratio("early", "kept"),
    "too_late": _ratio("late", "kept"),
    "kept": _ratio("kept", "solutions"),
    "accuracy_erroneous": _ratio("exact_erroneous", "kept_erroneous"),
    "accuracy_correct": _ratio("exact_correct", "kept_correct"),
    "f1": _harmonic("exact", "kept"),
    "f1_abstention_is_a_miss": _harmonic("exact", "solutions"),
    "found_erroneous": _ratio("exact_erroneous", "solutions_erroneous"),
    "found_correct": _ratio("exact_correct", "solutions_correct"),
    "ece": _calibration_error,
    "brier": _ratio("brier", "confident"),
    "exact_likeliest": _ratio("hits", "confident"),
    "retest": _ratio("equal", "kept_twice"),
    "kept_twice": _ratio("kept_twice", "solutions"),
    "rollouts": _ratio("rollouts", "solutions"),
    "rollouts_per_kept": _ratio("rollouts", "kept"),
    "completion_tokens": _ratio("completion_tokens", "solutions"),
    "completion_tokens_per_kept": _ratio("completion_tokens", "kept"),
    "prompt_tokens": _ratio("prompt_tokens", "solutions"),
    "scored_tokens": _ratio("scored_tokens", "solutions"),
    "solution_equivalents": _ratio("equivalents", "solutions"),
}
"""Shares of kept solutions unless the name says otherwise; `agreement` and `found` are shares of
all, an abstention being a miss. Costs are per solution."""


PREFIX_FIGURES: Mapping[str, Callable[[Sums], Array]] = {
    "labelled": _ratio("labelled", "problems"),
    "right_is_right": _ratio("right_hits", "right"),
    "wrong_is_wrong": _ratio("wrong_hits", "wrong"),
    "wrong": _ratio("wrong", "problems"),
    "tokens_per_label": _ratio("tokens", "labelled"),
}
"""Of distinct prefixes that counts label: numbers per problem, shares, tokens of all rollouts."""


def figures(judged: Sequence[Judged], *, seed: int) -> dict[str, Figure]:
    """Return all figures of some solutions, with intervals from resampled problems."""
    counts = [(one.case, _counts(one)) for one in judged]
    sums = _resampled(counts, always=_always(), seed=seed)
    return {name: _figure(of(sums)) for name, of in FIGURES.items()}


def prefix_figures(judged: Sequence[JudgedPrefixes], *, seed: int) -> dict[str, Figure]:
    """Return all figures of the labelled prefixes, with intervals from resampled problems."""
    counts = [(one.case, _prefix_counts(one)) for one in judged]
    sums = _resampled(counts, always=set(), seed=seed)
    return {name: _figure(of(sums)) for name, of in PREFIX_FIGURES.items()}


def _resampled(
    counts: Sequence[tuple[str, Mapping[str, float]]], *, always: set[str], seed: int
) -> Sums:
    """Return the sums of counts, each with its problem, over all and over each resample."""
    cases = sorted({case for case, _ in counts})
    place = {case: n for n, case in enumerate(cases)}
    names = sorted({name for _, one in counts for name in one} | always)
    column = {name: n for n, name in enumerate(names)}
    per_case = np.zeros((len(cases), len(names)))
    for case, count in counts:
        for name, value in count.items():
            per_case[place[case], column[name]] += value
    weights = np.ones((RESAMPLES + 1, len(cases)))
    draws = np.random.default_rng(seed).integers(len(cases), size=(RESAMPLES, len(cases)))
    for row, drawn in enumerate(draws, start=1):
        weights[row] = np.bincount(drawn, minlength=len(cases))
    totals = weights @ per_case
    return {name: totals[:, n] for name, n in column.items()}


def _prefix_counts(one: JudgedPrefixes) -> dict[str, float]:
    return {
        "problems": 1,
        "labelled": one.right + one.wrong,
        "right": one.right,
        "right_hits": one.right_hits,
        "wrong": one.wrong,
        "wrong_hits": one.wrong_hits,
        "tokens": one.tokens,
    }


def _figure(values: Array) -> Figure:
    value, resampled = float(values[0]), values[1:][np.isfinite(values[1:])]
    if not np.isfinite(value) or not len(resampled):
        return Figure(float("nan"), float("nan"), float("nan"))
    low, high = np.quantile(resampled, [0.025, 0.975])
    return Figure(value, float(low), float(high))


def _always() -> set[str]:
    """Return the sums that figures divide by or take apart, even where no solution adds to them."""
    groups = {f"{what}_{kind}" for what in _SPLIT for kind in ("erroneous", "correct")}
    bins = {f"{what}_{b}" for what in ("stated", "met") for b in range(BINS)}
    plain = {"kept", "exact", "near", "early", "late", "confident", "brier", "hits", "equal"}
    return groups | bins | plain | {"kept_twice", "solutions"}


_SPLIT = ("solutions", "kept", "exact")


def _counts(one: Judged) -> dict[str, float]:
    """Return what one solution adds to the sums."""
    kind = "correct" if one.truth < 0 else "erroneous"
    counts: dict[str, float] = {
        "solutions": 1,
        f"solutions_{kind}": 1,
        "rollouts": one.spent.rollouts,
        "completion_tokens": one.spent.completion_tokens,
        "prompt_tokens": one.spent.prompt_tokens,
        "scored_tokens": one.spent.scored_tokens,
        "tokens": one.spent.completion_tokens + one.spent.scored_tokens,
        "equivalents": one.spent.completion_tokens / one.solution_tokens,
    }
    if one.said is not None:
        hit = one.said == one.truth
        counts |= {"kept": 1, f"kept_{kind}": 1, "exact": hit, f"exact_{kind}": hit}
        counts |= _distance(one.said, one.truth)
        if one.said_again is not None:
            counts |= {"kept_twice": 1, "equal": one.said == one.said_again}
    if one.confidence is not None:
        met = one.likeliest == one.truth
        place = min(int(one.confidence * BINS), BINS - 1)
        counts |= {
            "confident": 1,
            "hits": met,
            "brier": (one.confidence - met) ** 2,
            f"stated_{place}": one.confidence,
            f"met_{place}": met,
        }
    return counts


def _distance(said: int, truth: int) -> dict[str, float]:
    """Say how far off a first error is; 'none' lies behind every step, and near to no step."""
    early = said >= 0 and (truth < 0 or said < truth)
    late = truth >= 0 and (said < 0 or said > truth)
    near = said == truth or (said >= 0 and truth >= 0 and abs(said - truth) == 1)
    return {"near": near, "early": early, "late": late}
