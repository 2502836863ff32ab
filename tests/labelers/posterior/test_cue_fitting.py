"""What cues learn from solutions that nobody has marked."""

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from labelers.posterior import Model, Observation, Readings, anchor, believe, fit
from labelers.posterior.cue_fitting import _monotone, fit_cues
from schemas import StepReading


def drawn(
    rng: random.Random, *, harmless: float = 0.0, informative: bool = True, num_steps: int = 6
) -> tuple[Observation, int]:
    """Draw a solution, six rollouts of every prefix, a number that is larger at the first error."""
    error = rng.randrange(num_steps - 1)
    fall = rng.randrange(error + 1, num_steps) if rng.random() < harmless else error
    values = [0.7 if t <= fall else 0.0 for t in range(num_steps)]
    correct = [sum(rng.random() < value for _ in range(6)) for value in values]
    numbers = [
        rng.expovariate(0.25 if informative and step == error else 2.0) for step in range(num_steps)
    ]
    seen = Observation(
        correct=tuple(correct),
        failed=tuple(6 - k for k in correct),
        root_correct=correct[0],
        root_decided=6,
        readings=Readings(regret=tuple(numbers)),
    )
    return seen, error


def many(seed: int, count: int = 250, **world: Any) -> tuple[list[Observation], list[int]]:
    rng = random.Random(seed)
    drawn_ones = [drawn(rng, **world) for _ in range(count)]
    return [seen for seen, _ in drawn_ones], [error for _, error in drawn_ones]


def test_what_tells_errors_apart_is_learnt_from_rollouts_alone() -> None:
    seen, _ = many(1)
    cue = fit_cues(Model(), seen).cues.regret
    assert cue is not None
    ratio = np.array(cue.error) / np.array(cue.right)
    assert ratio[-1] > 5
    assert ratio[0] < 1
    assert (np.diff(ratio) > -0.02).all()


def test_what_tells_nothing_is_learnt_to_tell_little() -> None:
    seen, _ = many(2, informative=False)
    cue = fit_cues(Model(), seen).cues.regret
    assert cue is not None
    assert max(np.array(cue.error) / np.array(cue.right)) < 2


def test_harmless_errors_are_found_where_rollouts_see_nothing() -> None:
    seen, errors = many(3, count=150, harmless=0.3)
    model = anchor(fit(seen), seen, errors)
    fresh, truth = many(4, harmless=0.3)
    blind = [replace(one, readings=Readings()) for one in fresh]
    assert _exact(model, fresh, truth) > _exact(model, blind, truth) + 0.02


def _exact(model: Model, seen: Sequence[Observation], truth: Sequence[int]) -> float:
    likeliest = [believe(model, one).posterior.argmax() for one in seen]
    return float(np.mean(np.array(likeliest) == np.array(truth)))


def test_without_readings_no_cue_changes() -> None:
    seen = [Observation(correct=(3, 0), failed=(1, 4), root_correct=3, root_decided=4)] * 50
    assert fit_cues(Model(), seen) == Model()


@pytest.mark.parametrize("sign", [1, -1])
def test_adjacent_bins_that_break_the_direction_are_pooled(sign: int) -> None:
    values = np.array([0.2, 0.6, 0.4, 0.5, 2.0])[::sign]
    weights = np.array([1.0, 2.0, 2.0, 1.0, 1.0])[::sign]
    found = _monotone(values, weights, sign)[::sign]
    assert found == pytest.approx([0.2, 0.5, 0.5, 0.5, 2.0])


def test_no_echo_says_the_more_the_more_rollouts_could_have_echoed() -> None:
    steps = [StepReading(echo_of=of, echo=0, equation_echo=None) for of in (1, 12)]
    read = Readings.of((), [*steps, StepReading(echo_of=0, echo=0), StepReading()])
    assert read.echo == (0.25, 0.5 / 13, None, None)
    assert read.equation_echo == (None,) * 4
