"""The exact posterior, against sums over every path, and what must hold of it."""

import math
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelers.posterior import Cue, Cues, Model, Observation, Readings, believe, information
from labelers.posterior.inference import log_evidence
from labelers.posterior.model import (
    RECOVERIES,
    VALUES,
    places,
    recoveries_left,
    recovery_distribution,
    start_distribution,
    transitions,
)

MODELS = [
    Model(),
    Model(recoverable=0.8, fading=0.0, drift=3.0, jitter=0.2, place=-1.0, place_by_ease=0.5),
]
counts = st.integers(min_value=0, max_value=6)


@st.composite
def observations(draw: st.DrawFn, min_steps: int = 1, max_steps: int = 8) -> Observation:
    steps = draw(st.integers(min_steps, max_steps))
    correct = tuple(draw(st.lists(counts, min_size=steps, max_size=steps)))
    failed = tuple(draw(st.lists(counts, min_size=steps, max_size=steps)))
    root = draw(st.integers(0, 8))
    return Observation(
        correct=correct, failed=failed, root_correct=root, root_decided=8, right=draw(st.booleans())
    )


def by_enumeration(model: Model, seen: Observation) -> np.ndarray:
    """Sum P(e, x_0 ... x_e, r, data | wrong) over every path of the walk and every recovery."""
    steps = seen.num_steps
    start, move = start_distribution(model), transitions(model, steps)
    left = recoveries_left(model, steps)
    recoveries = model.recoverable * recovery_distribution(model)
    recoveries[0] = 1 - model.recoverable
    where = places(model, steps, correct=seen.root_correct, decided=seen.root_decided)

    def likelihood(value: float, t: int) -> float:
        return float(value ** seen.correct[t] * (1 - value) ** seen.failed[t])

    wrong = sum(
        where[error] * recoveries[r] * (1 - left[error + 1, r])
        for error in range(steps)
        for r in range(len(RECOVERIES))
    )
    found = []
    for error in range(steps):
        good = 0.0
        for path in product(range(len(VALUES)), repeat=error + 1):
            chance = start[path[0]]
            for t, x in enumerate(path):
                chance *= likelihood(VALUES[x], t) * (move[path[t - 1], x] if t else 1.0)
            good += chance
        bad = 0.0
        for r in range(len(RECOVERIES)):
            chance = recoveries[r] * (1 - left[error + 1, r])
            for t in range(error + 1, steps):
                chance *= likelihood(left[t, r], t)
            bad += chance
        found.append(where[error] * good * bad / wrong)
    return np.array([*found, 0.0])


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("correct", "failed"),
    [((3, 1), (1, 4)), ((0, 0), (2, 2)), ((3, 2, 0), (1, 0, 5)), ((1, 0, 1), (4, 6, 0))],
)
def test_the_posterior_is_the_sum_over_every_path(
    model: Model, correct: tuple[int, ...], failed: tuple[int, ...]
) -> None:
    seen = Observation(correct=correct, failed=failed, root_correct=3, root_decided=5)
    joint = by_enumeration(model, seen)
    belief = believe(model, seen)
    assert belief.posterior == pytest.approx(joint / joint.sum(), abs=1e-12)
    assert belief.log_evidence == pytest.approx(math.log(joint.sum()))


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("t", [0, 1, 2])
def test_predictions_are_what_one_more_rollout_would_confirm(model: Model, t: int) -> None:
    seen = Observation(correct=(3, 2, 0), failed=(1, 1, 2), root_correct=3, root_decided=4)
    more = list(seen.correct)
    more[t] += 1
    after = Observation(correct=tuple(more), failed=seen.failed, root_correct=3, root_decided=4)
    joint, joint_after = by_enumeration(model, seen), by_enumeration(model, after)
    success = believe(model, seen).success[:3, t]
    assert success == pytest.approx(joint_after[:3] / joint[:3], abs=1e-9)


@given(observations())
@settings(max_examples=60)
def test_a_posterior_sums_to_one_and_every_probe_informs_or_does_not_hurt(
    seen: Observation,
) -> None:
    belief = believe(Model(), seen)
    assert belief.posterior.sum() == pytest.approx(1)
    assert (belief.posterior >= 0).all()
    assert (belief.success >= 0).all()
    assert (belief.success <= 1 + 1e-9).all()
    assert (information(belief) >= 0).all()
    assert (information(belief) <= math.log(len(belief.posterior)) + 1e-9).all()
    if not seen.right:
        assert belief.posterior[-1] == 0


@given(observations(min_steps=2), st.data())
@settings(max_examples=60)
def test_a_failure_at_a_prefix_moves_the_first_error_before_it_a_success_behind_it(
    seen: Observation, data: st.DataObject
) -> None:
    t = data.draw(st.integers(1, seen.num_steps - 1))
    belief = believe(Model(), seen)
    before = belief.posterior[:t]
    if before.sum() in (0.0, 1.0):
        return
    rates = belief.success[:, t]
    bad = float(before @ rates[:t] / before.sum())
    good = float(belief.posterior[t:] @ rates[t:] / belief.posterior[t:].sum())
    failed = list(seen.failed)
    failed[t] += 1
    after = believe(
        Model(),
        Observation(
            correct=seen.correct,
            failed=tuple(failed),
            root_correct=seen.root_correct,
            root_decided=seen.root_decided,
            right=seen.right,
        ),
    )
    moved = after.posterior[:t].sum() - before.sum()
    if abs(good - bad) > 1e-6 and not seen.right:
        assert (moved > 0) == (good > bad)


def test_more_zeros_move_mass_earlier() -> None:
    def mean_place(zeros: int) -> float:
        seen = Observation(
            correct=(5, 0, 0, 0), failed=(3, 0, zeros, 0), root_correct=5, root_decided=8
        )
        return float(believe(Model(), seen).posterior @ np.arange(5))

    means = [mean_place(zeros) for zeros in range(8)]
    assert means == sorted(means, reverse=True)


def test_zeros_have_to_be_the_more_the_seldomer_the_question_is_solved() -> None:
    def zeros_until_sure(root_correct: int) -> int:
        for zeros in range(200):
            seen = Observation(
                correct=(root_correct, 0),
                failed=(16 - root_correct, zeros),
                root_correct=root_correct,
                root_decided=16,
            )
            if believe(Model(place_by_ease=0.0), seen).posterior[0] > 0.9:
                return zeros
        return 200

    needed = [zeros_until_sure(root) for root in (15, 8, 4, 1)]
    assert needed == sorted(needed)
    assert needed[-1] > 3 * needed[0]


REGRET = Cue(edges=(1.0,), right=(0.9, 0.1), error=(0.4, 0.6), behind=(0.5, 0.5))


def test_cues_multiply_in() -> None:
    def seen(readings: Readings) -> Observation:
        return Observation(
            correct=(4, 2, 0),
            failed=(4, 2, 2),
            root_correct=4,
            root_decided=8,
            readings=readings,
        )

    model = Model(cues=Cues(regret=REGRET))
    plain = believe(model, seen(Readings())).posterior
    told = believe(model, seen(Readings(regret=(0.2, 3.0, None)))).posterior
    by_error = [0.4 * 0.5, 0.9 * 0.6, 0.9 * 0.1, 0.9 * 0.1]
    expected = plain * np.array(by_error)
    assert told == pytest.approx(expected / expected.sum())


def test_a_harmless_error_is_found_by_its_cue_and_by_nothing_else() -> None:
    seen = Observation(
        correct=(5, 6, 6, 0),
        failed=(3, 0, 0, 8),
        root_correct=5,
        root_decided=8,
        readings=Readings(regret=(0.0, 5.0, 0.0, 0.0)),
    )
    blind = believe(Model(harmless=0.7), seen).posterior
    told = believe(Model(harmless=0.7, cues=Cues(regret=REGRET)), seen).posterior
    certain = believe(Model(cues=Cues(regret=REGRET)), seen).posterior
    assert blind.argmax() == certain.argmax() == 2
    assert told.argmax() == 1


@given(st.lists(observations(min_steps=3, max_steps=3), min_size=1, max_size=5))
@settings(max_examples=30)
def test_the_evidence_of_many_is_the_sum_of_each(many: list[Observation]) -> None:
    each = sum(believe(Model(), one).log_evidence for one in many)
    assert log_evidence(Model(), many) == pytest.approx(each)


@given(observations(min_steps=2, max_steps=5), st.floats(0.0, 0.8), st.data())
@settings(max_examples=40)
def test_predictions_follow_from_the_likelihood_whatever_the_outcome(
    seen: Observation, harmless: float, data: st.DataObject
) -> None:
    t = data.draw(st.integers(0, seen.num_steps - 1))
    model = Model(harmless=harmless, cues=Cues(regret=REGRET))
    more = tuple(k + (place == t) for place, k in enumerate(seen.correct))
    before, after = believe(model, seen), believe(model, replace(seen, correct=more))
    ratio = math.exp(after.log_evidence - before.log_evidence)
    assert float((before.posterior @ before.success)[t]) == pytest.approx(ratio, abs=1e-9)


def test_hundreds_of_contradicting_rollouts_and_steps_leave_a_posterior() -> None:
    steps = 120
    seen = Observation(
        correct=(2000, *(16 * (t % 2) for t in range(1, steps))),
        failed=(2000, *(16 * (1 - t % 2) for t in range(1, steps))),
        root_correct=2000,
        root_decided=4000,
        readings=Readings(regret=(*[0.0] * 100, 5.0, *[0.0] * 19)),
    )
    for right in (False, True):
        belief = believe(Model(cues=Cues(regret=REGRET)), replace(seen, right=right))
        assert belief.posterior.sum() == pytest.approx(1)
        assert np.isfinite(belief.success).all()
        assert np.isfinite(belief.log_evidence)


def test_a_strong_cue_is_as_strong_in_a_long_solution() -> None:
    def chance(steps: int) -> float:
        regret = tuple(5.0 if step == steps // 2 else 0.0 for step in range(steps))
        zeros = (0,) * steps
        strong = Cue(edges=(1.0,), right=(0.99, 0.01), error=(0.01, 0.99), behind=(0.01, 0.99))
        seen = Observation(
            correct=zeros,
            failed=zeros,
            root_correct=4,
            root_decided=8,
            readings=Readings(regret=(*regret[: steps // 2], *[5.0] * (steps - steps // 2))),
        )
        return float(believe(Model(cues=Cues(regret=strong)), seen).posterior[steps // 2])

    assert chance(300) == pytest.approx(chance(50), abs=0.05)


def test_a_harmless_error_in_a_wrong_solution_is_rare_where_the_question_is_easy() -> None:
    def harmless(root_correct: int) -> float:
        seen = Observation(
            correct=(0, 9, 9, 0), failed=(0, 0, 0, 9), root_correct=root_correct, root_decided=16
        )
        return float(believe(Model(harmless=0.4), seen).posterior[:2].sum())

    shares = [harmless(root_correct) for root_correct in (1, 6, 11, 15)]
    assert shares == sorted(shares, reverse=True)
