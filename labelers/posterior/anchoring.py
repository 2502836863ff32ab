r"""Anchor a fitted model in solutions whose first errors are known.

A run's own evidence tells what rollouts and cues say of each other, not how far both can be
trusted: how many errors do no harm, and how much the readings of a solution repeat each other. Some
hundred solutions with known first errors, marked by people or by a step oracle, tell that: cues are
counted instead of inferred, and `harmless` and `cue_weight` maximise

    sum_s log P(e_s | data of s)

over the marked solutions with a wrong answer, a proper score of the very confidence that labels
are stated with.
"""

from collections.abc import Sequence
from itertools import product

import numpy as np

from labelers.posterior.cue_fitting import count_cues
from labelers.posterior.cues import Array
from labelers.posterior.inference import Observation, believe
from labelers.posterior.model import Model

HARMLESS = (0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)
WEIGHTS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.85, 1.0)
_LEAST = 1e-4
"""Probability that a label is charged at least: one mark may be wrong itself."""


def anchor(model: Model, seen: Sequence[Observation], errors: Sequence[int]) -> Model:
    """Return the model anchored in the solutions' known first errors (0-based; -1: none)."""
    known = [_certain(one, error) for one, error in zip(seen, errors, strict=True)]
    model = count_cues(model, seen, known)
    marked = zip(seen, errors, strict=True)
    wrong = [(one, error) for one, error in marked if not one.right and error >= 0]
    tried = [
        model.model_copy(update={"harmless": harmless, "cue_weight": weight})
        for harmless, weight in product(HARMLESS, WEIGHTS)
    ]
    return max(tried, key=lambda one: _score(one, wrong))


def _certain(seen: Observation, error: int) -> Array:
    posterior = np.zeros(seen.num_steps + 1)
    posterior[error if error >= 0 else seen.num_steps] = 1.0
    return posterior


def _score(model: Model, marked: Sequence[tuple[Observation, int]]) -> float:
    told = (believe(model, one).posterior[error] for one, error in marked)
    return float(sum(np.log(max(float(chance), _LEAST)) for chance in told))
