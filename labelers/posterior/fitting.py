r"""Fit the model to a policy: maximum of P(evidence | model) x weak prior, by coordinate search.

Empirical Bayes: with solutions s and hyper-parameters h, argmax over h of

    sum_s log P(counts of s | h)  -  1/2 sum_j ((g_j(h_j) - g_j(default_j)) / spread_j)^2

g_j is the identity, the logarithm or the logit, so that every number is allowed. The stop rule
does not enter: the likelihood of counts is the same whatever decided to go on (`schemas/views/`).
Solutions are taken as independent; which of them were asked about is decided by the question's
draws, never by their probes, so no solution is selected by what is fitted to.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from labelers.posterior.cue_fitting import fit_cues
from labelers.posterior.cues import NOTHING_READ
from labelers.posterior.inference import Observation, log_evidence
from labelers.posterior.model import Model


@dataclass(frozen=True, slots=True)
class _Scale:
    """How a hyper-parameter is searched, and how far from its default it is thought to lie."""

    forth: Callable[[float], float]
    back: Callable[[float], float]
    spread: float
    low: float = -7.0
    high: float = 7.0


def _same(number: float) -> float:
    return number


def _exp(number: float) -> float:
    return float(np.exp(number))


def _log(number: float) -> float:
    return float(np.log(number))


def _logit(share: float) -> float:
    return float(np.log(share / (1 - share)))


def _sigmoid(number: float) -> float:
    return float(1 / (1 + np.exp(-number)))


SCALES: Mapping[str, _Scale] = {
    "place": _Scale(_same, _same, 0.7, -3, 3),
    "place_by_ease": _Scale(_same, _same, 0.5, -2, 2),
    "place_weight": _Scale(_log, _exp, 0.7, _log(0.5), _log(30)),
    "start": _Scale(_same, _same, 1.5, -5, 5),
    "start_spread": _Scale(_log, _exp, 0.7, _log(0.1), _log(5)),
    "drift": _Scale(_same, _same, 1.5, 0, 8),
    "jitter": _Scale(_log, _exp, 0.7, _log(0.1), _log(3)),
    "recoverable": _Scale(_logit, _sigmoid, 1.2),
    "recovery": _Scale(_logit, _sigmoid, 0.8),
    "recovery_weight": _Scale(_log, _exp, 0.7, _log(0.5), _log(60)),
    "fading": _Scale(_same, _same, 0.5, 0, 3),
}
"""`recoverable_weight` is not searched: it takes many solutions of each problem to see it."""
EXPECTED_HARMLESS = 0.3
"""Share of harmless errors assumed where cues can tell of them. It is not fitted: the likelihood of
unmarked solutions was seen to fall with it where the truth was 0.3 to 0.5, as harmless errors that
no cue shows look like none. Solutions whose errors are known do tell it (`anchoring.py`)."""

STARTS: tuple[Mapping[str, float], ...] = (
    {},
    {"recoverable": 0.05, "drift": 2.5},
    {"recoverable": 0.85, "fading": 1.0, "drift": 2.5, "jitter": 0.3},
)
"""Where the search begins, by what differs from the default: a falling value can be read as late
errors or as fading recovery, and the way from one reading to the other leads downhill first."""
ROUNDS = 6
_GAIN = 1e-6


def fit(seen: Iterable[Observation]) -> Model:
    """Return the fitted model; the default one for no observations. Deterministic.

    Values of prefixes are fitted to the solutions with a wrong answer, cues to all. A hundred
    probed solutions tell most of it. A few seconds for a thousand; ten times that with scores.
    """
    every = list(seen)
    groups = _by_length(one for one in every if not one.right)
    if not groups:
        return Model()
    climbed = [_climbed(groups, Model(**start)) for start in STARTS]
    model = max(climbed, key=lambda found: found[1])[0]
    if all(one.readings == NOTHING_READ for one in every):
        return model
    return fit_cues(model.model_copy(update={"harmless": EXPECTED_HARMLESS}), every)


def _by_length(seen: Iterable[Observation]) -> list[list[Observation]]:
    by_length: defaultdict[int, list[Observation]] = defaultdict(list)
    for one in seen:
        by_length[one.num_steps].append(one)
    return [by_length[length] for length in sorted(by_length)]


def _climbed(groups: Sequence[Sequence[Observation]], start: Model) -> tuple[Model, float]:
    """Return the best model on the way up from `start`, and its worth."""

    def model(place: Mapping[str, float]) -> Model:
        found = {name: round(SCALES[name].back(value), 6) for name, value in place.items()}
        return start.model_copy(update=found)

    def worth(place: Mapping[str, float]) -> float:
        data = sum(log_evidence(model(place), group) for group in groups)
        return data - 0.5 * sum(_distance(name, value) ** 2 for name, value in place.items())

    began = {name: scale.forth(getattr(start, name)) for name, scale in SCALES.items()}
    place, best = _climb(worth, began)
    return model(place), best


def _distance(name: str, value: float) -> float:
    scale = SCALES[name]
    return (value - scale.forth(getattr(Model(), name))) / scale.spread


def _climb(
    worth: Callable[[Mapping[str, float]], float],
    place: dict[str, float],
) -> tuple[dict[str, float], float]:
    """Walk along one coordinate after another while it helps; halve the steps that do not."""
    steps = {name: SCALES[name].spread for name in place}
    best = worth(place)
    for _ in range(ROUNDS):
        for name in place:
            moved, reached = _along(worth, place, name, steps[name], best)
            if reached > best + _GAIN:
                place, best = moved, reached
            else:
                steps[name] /= 2
    return place, best


def _along(
    worth: Callable[[Mapping[str, float]], float],
    place: dict[str, float],
    name: str,
    step: float,
    best: float,
) -> tuple[dict[str, float], float]:
    """Return the furthest place and its worth that steps in one direction lead up to."""
    scale = SCALES[name]
    for signed in (step, -step):
        here, reached = place, best
        while scale.low <= here[name] + signed <= scale.high:
            there = {**here, name: here[name] + signed}
            value = worth(there)
            if value <= reached + _GAIN:
                break
            here, reached = there, value
        if reached > best:
            return here, reached
    return place, best
