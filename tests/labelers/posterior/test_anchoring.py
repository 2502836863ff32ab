"""How far to trust a fitted model, from solutions whose first errors are known."""

import numpy as np
import pytest

from labelers.posterior import Model, anchor, believe, fit
from tests.labelers.posterior.test_cue_fitting import many


@pytest.mark.slow
def test_known_errors_tell_how_many_do_no_harm() -> None:
    seen, errors = many(5, harmless=0.3)
    harmful, where = many(5, harmless=0.0)
    assert anchor(fit(seen), seen, errors).harmless >= 0.2
    assert anchor(fit(harmful), harmful, where).harmless <= 0.05


def test_an_anchored_model_is_as_sure_as_it_is_right() -> None:
    seen, errors = many(6, harmless=0.4)
    fresh, truth = many(7, count=500, harmless=0.4)
    gaps = {}
    for name, model in (("plain", Model()), ("anchored", anchor(fit(seen), seen, errors))):
        told = [believe(model, one).posterior for one in fresh]
        sure = np.mean([one.max() for one in told])
        right = np.mean([one.argmax() == error for one, error in zip(told, truth, strict=True)])
        gaps[name] = abs(float(sure - right))
    assert gaps["anchored"] < 0.05 < gaps["plain"]


@pytest.mark.slow
def test_cues_are_counted_where_errors_are_known() -> None:
    seen, errors = many(8, harmless=0.6)
    inferred = fit(seen).cues.regret
    counted = anchor(fit(seen), seen, errors).cues.regret
    assert inferred is not None
    assert counted is not None
    assert counted.error[-1] > inferred.error[-1]
