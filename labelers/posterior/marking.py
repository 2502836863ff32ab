r"""Which solution a person should mark next: the one that teaches a model most.

`committee_order` takes those of which models that differ in what only marks can tell (the share of
harmless errors, the weights of cues) disagree most: the mutual information of the first error and
the model, H(mean of P(e)) - mean of H(P(e)) (Houlsby et al. 2011, 1112.5745). A solution that is
hard under every model is unsure as well, and teaches nothing. `least_sure` needs no model.
"""

from collections.abc import Hashable, Sequence

import numpy as np

from labelers.posterior.cues import Array
from labelers.posterior.inference import Observation, believe
from labelers.posterior.model import Model

_HARMLESS = (0.1, 0.3, 0.6)
_WEIGHTS = (0.3, 1.0, 1.7)
"""What the weights of a model's cues are multiplied by."""


def least_sure(confidences: Sequence[float]) -> list[int]:
    """Return places, those of the lowest confidence first."""
    return sorted(range(len(confidences)), key=confidences.__getitem__)


def spread(order: Sequence[int], groups: Sequence[Hashable]) -> list[int]:
    """Return an order in which every group comes once before any comes again."""
    rounds: dict[Hashable, int] = {}
    turns = {}
    for place in order:
        turns[place] = rounds[groups[place]] = rounds.get(groups[place], -1) + 1
    return sorted(order, key=turns.__getitem__)


def committee_order(model: Model, seen: Sequence[Observation]) -> list[int]:
    """Return places, those first of which models disagree most."""
    told = [[believe(one, solution).posterior for solution in seen] for one in _committee(model)]
    worth = [_information(np.stack(some)) for some in zip(*told, strict=True)]
    return sorted(range(len(seen)), key=lambda place: -worth[place])


def _committee(model: Model) -> list[Model]:
    return [
        model.model_copy(update={"harmless": share, "cues": model.cues.scaled(factor)})
        for share in _HARMLESS
        for factor in (_WEIGHTS if model.cues.weights else (1.0,))
    ]


def _information(posteriors: Array) -> float:
    """Return the mutual information of the first error and the model, in nats; a row per model."""
    return float(_entropy(posteriors.mean(axis=0)) - np.mean([_entropy(one) for one in posteriors]))


def _entropy(mass: Array) -> float:
    return float(-(mass * np.log(np.maximum(mass, 1e-300))).sum())
