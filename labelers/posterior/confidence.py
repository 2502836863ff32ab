"""How well a model's stated confidence holds on solutions whose first errors are known."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from labelers.posterior.anchoring import anchor
from labelers.posterior.cues import Array
from labelers.posterior.inference import Observation, believe
from labelers.posterior.model import Model

BINS = 10
FOLDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Confidence:
    """What posteriors state of solutions, beside what is true."""

    solutions: int
    stated: float
    """Mean of each posterior's greatest entry."""
    exact: int
    """Solutions of which that entry is the known first error, or none."""
    ece: float
    """Expected calibration error: ten equal-width bins of the greatest entry. Of few solutions it
    is large by chance alone."""
    brier: float
    """Mean of (greatest entry - whether it is true) squared: a proper score, lower is better."""

    @classmethod
    def of(cls, posteriors: Iterable[Array], errors: Sequence[int]) -> "Confidence":
        """Compare posteriors over e = 0 ... M with known first errors (0-based; -1 none)."""
        told = list(posteriors)
        stated = np.array([one.max() for one in told])
        true = [
            error if error >= 0 else len(one) - 1 for one, error in zip(told, errors, strict=True)
        ]
        hits = np.array([one.argmax() == error for one, error in zip(told, true, strict=True)])
        bins = np.minimum((stated * BINS).astype(int), BINS - 1)
        gaps = (abs((stated - hits)[bins == one].sum()) for one in range(BINS))
        return cls(
            solutions=len(told),
            stated=float(stated.mean()),
            exact=int(hits.sum()),
            ece=float(sum(gaps) / len(told)),
            brier=float(((stated - hits) ** 2).mean()),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """What known first errors change."""

    before: Confidence
    """Of the model without them."""
    after: Confidence
    """Of models anchored in the others of them: each solution is judged by one that has not seen
    its own mark."""


def gain(model: Model, seen: Sequence[Observation], errors: Sequence[int | None]) -> Gain:
    """Measure what anchoring a model would change, on the known solutions themselves."""
    known = [n for n, error in enumerate(errors) if error is not None]
    truth = [error for error in errors if error is not None]
    after: dict[int, Array] = {}
    for fold in range(FOLDS):
        held = set(known[fold::FOLDS])
        others = [None if n in held else error for n, error in enumerate(errors)]
        anchored = anchor(model, seen, others) if held else model
        after |= {n: believe(anchored, seen[n]).posterior for n in held}
    return Gain(
        before=Confidence.of((believe(model, seen[n]).posterior for n in known), truth),
        after=Confidence.of((after[n] for n in known), truth),
    )
