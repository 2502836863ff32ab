r"""Anchor a fitted model in solutions whose first errors are known.

A run's own evidence tells what rollouts and cues say of each other, not how far both can be
trusted: how many errors do no harm, and how much the readings of a solution repeat each other. Some
hundred solutions with known first errors, marked by people or by a step oracle, tell that: cues are
counted instead of inferred, and the share of harmless errors h and the weight w_c of each cue
maximise

    sum_s log P(e_s | data of s) - 1/2 (logit h - logit h_0)^2 - 1/2 sum_c ((w_c - w_0) / 0.5)^2

over the marked solutions with a wrong answer: a proper score of the very confidence that labels are
stated with. Cues are scored on solutions that they were not counted on (five folds), else they
would look surer than they are.
"""

from collections.abc import Sequence

import numpy as np

from labelers.posterior.cue_fitting import EXPECTED_WEIGHT, count_cues, learnt_cues
from labelers.posterior.cues import Array, Cues
from labelers.posterior.fitting import EXPECTED_HARMLESS
from labelers.posterior.inference import Observation, believe
from labelers.posterior.model import Model

HARMLESS = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
WEIGHTS = tuple(float(weight) for weight in np.arange(0.0, 1.55, 0.1).round(1))
FOLDS = 5
SWEEPS = 3
WEIGHT_SPREAD = 0.5
_LEAST = 1e-4
"""Probability that a label is charged at least: one mark may be wrong itself."""


def anchor(model: Model, seen: Sequence[Observation], errors: Sequence[int]) -> Model:
    """Return the model anchored in the solutions' known first errors (0-based; -1: none)."""
    known = [_certain(one, error) for one, error in zip(seen, errors, strict=True)]
    counted = count_cues(model, seen, known)
    wrong = [n for n, one in enumerate(seen) if not one.right and errors[n] >= 0]
    names = learnt_cues(seen)
    marked = _Marked([seen[n] for n in wrong], [errors[n] for n in wrong])
    folds = [_counted_without(fold, model, seen, known) for fold in range(FOLDS)]
    cues = {
        name: marked.padded([_read(name, folds[n % FOLDS], seen[n]) for n in wrong])
        for name in names
    }
    tried = (_tried(marked, cues, model, share) for share in HARMLESS)
    _, share, weights = max(tried, key=lambda one: one[0])
    return counted.model_copy(update={"harmless": share, "cues": _weighted(counted.cues, weights)})


class _Marked:
    """Wrong solutions with known first errors; arrays are padded to the longest, in logs."""

    def __init__(self, seen: Sequence[Observation], errors: Sequence[int]) -> None:
        self.seen = seen
        self._width = max((one.num_steps for one in seen), default=0)
        self._place = np.arange(len(seen)), np.array(errors, dtype=int)

    def padded(self, rows: Sequence[Array], *, beyond: float = 0.0) -> Array:
        """Return rows of P(e) or C(e), e = 0 ... M - 1, as one array."""
        found = np.full((len(rows), self._width), beyond)
        for into, row in zip(found, rows, strict=True):
            into[: len(row) - 1] = row[:-1]
        return found

    def score(self, log_weights: Array) -> float:
        """Return sum_s log P(e_s), from unnormalised logs."""
        most = log_weights.max(axis=1, keepdims=True)
        total = np.log(np.exp(log_weights - most).sum(axis=1)) + most[:, 0]
        return float(np.log(np.exp(log_weights[self._place] - total) + _LEAST).sum())


def _tried(
    marked: _Marked, cues: dict[str, Array], model: Model, share: float
) -> tuple[float, float, dict[str, float]]:
    """Return the worth of a share of harmless errors, the share, and the best weights for it."""
    blind = model.model_copy(update={"harmless": share, "cues": Cues(refuted=None)})
    believed = [np.log(np.maximum(believe(blind, one).posterior, 1e-30)) for one in marked.seen]
    base = marked.padded(believed, beyond=-np.inf)
    names = list(cues)
    weights = dict.fromkeys(names, EXPECTED_WEIGHT)
    odds = np.log(share / (1 - share)) - np.log(EXPECTED_HARMLESS / (1 - EXPECTED_HARMLESS))

    def worth(trial: dict[str, float]) -> float:
        unlike = sum(((weight - EXPECTED_WEIGHT) / WEIGHT_SPREAD) ** 2 for weight in trial.values())
        log_weights = base + sum(weight * cues[name] for name, weight in trial.items())
        return marked.score(log_weights) - 0.5 * float(unlike + odds**2)

    for _ in range(SWEEPS):
        for name in names:
            trials = [{**weights, name: weight} for weight in WEIGHTS]
            weights = max(trials, key=worth)
    return worth(weights), share, weights


def _counted_without(
    fold: int, model: Model, seen: Sequence[Observation], known: Sequence[Array]
) -> Cues:
    """Return the cues counted on all solutions but those of a fold."""
    others = [n for n in range(len(seen)) if n % FOLDS != fold]
    return count_cues(model, [seen[n] for n in others], [known[n] for n in others]).cues


def _read(name: str, cues: Cues, seen: Observation) -> Array:
    """Return log C(e) of one cue at weight 1; zeros where it is not known or was not read."""
    cue, numbers = getattr(cues, name), getattr(seen.readings, name)
    if cue is None or not numbers:
        return np.zeros(seen.num_steps + 1)
    return np.asarray(cue.model_copy(update={"weight": 1.0}).log_likelihoods(numbers))


def _weighted(cues: Cues, weights: dict[str, float]) -> Cues:
    """Return the cues with these weights."""
    every = {name: getattr(cues, name) for name in weights}
    return cues.model_copy(
        update={
            name: cue.model_copy(update={"weight": weights[name]})
            for name, cue in every.items()
            if cue is not None
        }
    )


def _certain(seen: Observation, error: int) -> Array:
    posterior = np.zeros(seen.num_steps + 1)
    posterior[error if error >= 0 else seen.num_steps] = 1.0
    return posterior
