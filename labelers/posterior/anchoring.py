r"""Anchor a fitted model in solutions whose first errors are known.

A run's own evidence tells what rollouts and cues say of each other, not how far both can be
trusted: how many errors do no harm, how much the readings of a solution repeat each other, and how
far all of it may be believed. Solutions with known first errors, marked by people or by a step
oracle, tell that: the share of harmless errors h, the weight w_c of each cue and the trust b, the
exponent on the posterior, maximise

    sum_s log P(e_s | data of s) - 1/2 (logit h - logit h_0)^2
        - 1/2 sum_c ((w_c - w_0) / 0.25)^2 - 1/2 (log b / 0.3)^2

over the marked solutions: a proper score of the very confidence that labels are stated with. The
priors keep few marks from doing harm; `python -m benchmarks.marks` measures what forty are worth.

The cues that are weighed were learnt without the marks, else they would look surer than they are.
Then they are learnt anew from all solutions, the marked ones taken as known. Which solutions were
marked may depend on all that is seen of them (`marking.py`): the score is conditional on that.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from labelers.posterior.cue_fitting import EXPECTED_WEIGHT, count_cues, learnt_cues
from labelers.posterior.cues import Array, Cues
from labelers.posterior.fitting import EXPECTED_HARMLESS
from labelers.posterior.inference import Observation, believe
from labelers.posterior.model import Model

HARMLESS = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
WEIGHTS = tuple(float(weight) for weight in np.arange(0.0, 1.55, 0.1).round(1))
TRUSTS = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.15, 1.3)
SWEEPS = 3
ROUNDS = 2
WEIGHT_SPREAD = 0.25
TRUST_SPREAD = 0.3
_LEAST = 1e-4
"""Probability that a label is charged at least: one mark may be wrong itself."""


def anchor(model: Model, seen: Sequence[Observation], errors: Sequence[int | None]) -> Model:
    """Return the model anchored in the known first errors of some of the solutions seen.

    `errors` has one per solution: 0-based; -1: none; None: not known.
    """
    known = {n: error for n, error in enumerate(errors) if error is not None}
    # A wrong answer without a wrong step is a gold that is wrong: nothing to learn of the policy.
    telling = [n for n, error in known.items() if error >= 0 or seen[n].right]
    if not telling:
        return model
    marked = _Marked([seen[n] for n in telling], [known[n] for n in telling])
    names = learnt_cues(seen)
    cues = {
        name: marked.padded([_read(name, model.cues, one) for one in marked.seen]) for name in names
    }
    found = max((_tried(marked, cues, model, share) for share in HARMLESS), key=lambda one: one[0])
    _, share, trust, weights = found
    anchored = _weighted(model.model_copy(update={"harmless": share}), weights)
    for _ in range(ROUNDS if names else 0):
        told = [
            _certain(one, known[n]) if n in known else believe(anchored, one).posterior
            for n, one in enumerate(seen)
        ]
        anchored = _weighted(count_cues(anchored, seen, told), weights)
    return anchored.model_copy(update={"trust": trust})


class _Marked:
    """Solutions with known first errors; arrays are padded to the longest, in logs, none last."""

    def __init__(self, seen: Sequence[Observation], errors: Sequence[int]) -> None:
        self.seen = seen
        self._width = max(one.num_steps for one in seen)
        self._place = np.arange(len(seen)), np.array(errors, dtype=int)

    def padded(self, rows: Sequence[Array], *, beyond: float = 0.0) -> Array:
        """Return rows of P(e) or C(e), e = 0 ... M, as one array."""
        found = np.full((len(rows), self._width + 1), beyond)
        for into, row in zip(found, rows, strict=True):
            into[: len(row) - 1] = row[:-1]
            into[-1] = row[-1]
        return found

    def score(self, log_weights: Array) -> float:
        """Return sum_s log P(e_s), from unnormalised logs."""
        most = log_weights.max(axis=1, keepdims=True)
        total = np.log(np.exp(log_weights - most).sum(axis=1)) + most[:, 0]
        return float(np.log(np.exp(log_weights[self._place] - total) + _LEAST).sum())


def _tried(
    marked: _Marked, cues: Mapping[str, Array], model: Model, share: float
) -> tuple[float, float, float, dict[str, float]]:
    """Return the worth of a share of harmless errors, it, and the best trust and weights for it."""
    blind = model.model_copy(update={"harmless": share, "cues": Cues(refuted=None), "trust": 1.0})
    believed = [np.log(np.maximum(believe(blind, one).posterior, 1e-30)) for one in marked.seen]
    base = marked.padded(believed, beyond=-np.inf)
    odds = np.log(share / (1 - share)) - np.log(EXPECTED_HARMLESS / (1 - EXPECTED_HARMLESS))

    def worth(trust: float, weights: Mapping[str, float]) -> float:
        unlike = sum(((one - EXPECTED_WEIGHT) / WEIGHT_SPREAD) ** 2 for one in weights.values())
        unlike += (np.log(trust) / TRUST_SPREAD) ** 2
        log_weights = base + sum(weight * cues[name] for name, weight in weights.items())
        return marked.score(trust * log_weights) - 0.5 * float(unlike + odds**2)

    trust, weights = 1.0, dict.fromkeys(cues, EXPECTED_WEIGHT)
    for _ in range(SWEEPS):
        trust = max(TRUSTS, key=lambda one: worth(one, weights))
        for name in cues:
            trials = [{**weights, name: weight} for weight in WEIGHTS]
            weights = max(trials, key=lambda one: worth(trust, one))
    return worth(trust, weights), share, trust, weights


def _read(name: str, cues: Cues, seen: Observation) -> Array:
    """Return log C(e) of one cue at weight 1; zeros where it is not known or was not read."""
    cue, numbers = getattr(cues, name), getattr(seen.readings, name)
    if cue is None or not numbers:
        return np.zeros(seen.num_steps + 1)
    return np.asarray(cue.model_copy(update={"weight": 1.0}).log_likelihoods(numbers))


def _weighted(model: Model, weights: Mapping[str, float]) -> Model:
    """Return the model with these weights of its cues."""
    every = {name: getattr(model.cues, name) for name in weights}
    changed = {
        name: cue.model_copy(update={"weight": weights[name]})
        for name, cue in every.items()
        if cue is not None
    }
    return model.model_copy(update={"cues": model.cues.model_copy(update=changed)})


def _certain(seen: Observation, error: int) -> Array:
    posterior = np.zeros(seen.num_steps + 1)
    posterior[error if error >= 0 else seen.num_steps] = 1.0
    return posterior
