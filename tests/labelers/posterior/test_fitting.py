"""What the model's fit recovers, and from what."""

import random

import pytest

from labelers.posterior import Model, Observation, fit
from labelers.posterior.model import LOGITS


def drawn(rng: random.Random, *, recoverable: float, num_steps: int = 8) -> Observation:
    """Draw a solution with an error at a uniform place, and four rollouts of every prefix."""
    error = rng.randrange(num_steps)
    recovery = rng.betavariate(2, 4) if rng.random() < recoverable else 0.0
    logit, good = rng.gauss(0, 1), []
    for _ in range(num_steps):
        good.append(1 / (1 + 2.718281828**-logit))
        logit += rng.gauss(0.3, 0.3)
    values = [good[t] if t <= error else recovery for t in range(num_steps)]
    correct = [sum(rng.random() < value for _ in range(4)) for value in values]
    return Observation(
        correct=tuple(correct),
        failed=tuple(4 - k for k in correct),
        root_correct=correct[0],
        root_decided=4,
    )


def test_the_fit_finds_how_often_errors_are_recovered_from() -> None:
    rng = random.Random(1)
    seldom, often = (
        fit([drawn(rng, recoverable=share) for _ in range(100)]) for share in (0.1, 0.8)
    )
    assert seldom.recoverable < 0.3
    assert often.recoverable > 0.45
    assert seldom.drift > 1


def test_a_fit_to_nothing_is_the_default() -> None:
    assert fit([]) == Model()


def test_the_fit_does_not_depend_on_the_order_and_its_numbers_are_on_the_grid() -> None:
    rng = random.Random(3)
    seen = [drawn(rng, recoverable=0.3) for _ in range(40)]
    model = fit(seen)
    values = {"cues"}
    again = fit(seen[::-1]).model_dump(exclude=values)
    assert again == pytest.approx(model.model_dump(exclude=values), rel=1e-3)
    assert LOGITS[0] <= model.start <= LOGITS[-1]
    assert Model.model_validate(model.model_dump()) == model
