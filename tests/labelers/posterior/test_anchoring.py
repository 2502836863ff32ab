"""How far to trust a fitted model, from solutions whose first errors are known."""

import numpy as np
import pytest

from labelers.posterior import Confidence, Model, Observation, anchor, believe, fit
from tests.labelers.posterior.test_cue_fitting import many

Marked = tuple[list[Observation], list[int], Model]


@pytest.fixture(scope="module")
def marked() -> Marked:
    """Solutions, their first errors, and what is fitted to them."""
    seen, errors = many(6, harmless=0.4)
    return seen, errors, fit(seen)


@pytest.mark.slow
def test_known_errors_tell_how_many_do_no_harm() -> None:
    seen, errors = many(5, harmless=0.3)
    harmful, where = many(5, harmless=0.0)
    assert anchor(fit(seen), seen, errors).harmless >= 0.2
    # A sharper `trust` makes up for too large a share: without a single harmless error the marks
    # tell 0.05 from 0.1 by 0.3 to 0.7 nats, and the prior at 0.3 says 1.3 the other way. Before
    # there was a `trust` it was 0.05. On fresh solutions both are exact, Brier 0.0001 and 0.0005.
    assert anchor(fit(harmful), harmful, where).harmless <= 0.1


def test_an_anchored_model_is_as_sure_as_it_is_right(marked: Marked) -> None:
    seen, errors, fitted = marked
    fresh, truth = many(7, count=500, harmless=0.4)
    gaps = {}
    for name, model in (("plain", Model()), ("anchored", anchor(fitted, seen, errors))):
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


def test_forty_marks_are_believed_no_further_than_they_go(marked: Marked) -> None:
    seen, errors, fitted = marked
    fresh, truth = many(7, count=400, harmless=0.4)
    few = [error if n % 6 == 0 else None for n, error in enumerate(errors)]
    told = {}
    for name, model in (("before", fitted), ("after", anchor(fitted, seen, few))):
        told[name] = Confidence.of((believe(model, one).posterior for one in fresh), truth)
    assert told["after"].brier <= told["before"].brier + 0.005
    assert anchor(fitted, seen, [None] * len(seen)) == fitted


def test_the_trust_in_a_posterior_keeps_its_order_and_changes_how_sure_it_is() -> None:
    (one, *_), _ = many(6, count=1)
    plain = believe(Model(), one).posterior
    doubted = believe(Model(trust=0.5), one).posterior
    assert doubted.sum() == pytest.approx(1)
    assert doubted.max() < plain.max()
    assert (doubted.argsort() == plain.argsort()).all()


def test_calibration_is_what_is_stated_beside_what_is_true() -> None:
    posteriors = [np.array([0.8, 0.2, 0.0])] * 4 + [np.array([0.1, 0.3, 0.6])]
    found = Confidence.of(posteriors, [0, 0, 1, 1, -1])
    assert (found.solutions, found.exact) == (5, 3)
    assert found.stated == pytest.approx(0.76)
    assert found.ece == pytest.approx((4 * 0.3 + 0.4) / 5)
    assert found.brier == pytest.approx((2 * 0.04 + 2 * 0.64 + 0.16) / 5)
