from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from schemas import (
    Evidence,
    ExportError,
    LabelledSolution,
    Outcome,
    StepReading,
    StepStatement,
    StopRule,
)
from schemas.labels import first_stated_error
from schemas.views import (
    AnyView,
    Beta,
    ByOutcome,
    FirstError,
    Hard,
    NetInformation,
    Posterior,
    Ratio,
    Recovered,
    RootNormalised,
    Soft,
    Stated,
    StatedGrades,
    Threshold,
    first_hard_error,
)
from tests.registries import kinds


def ev(correct: int, decided: int, rule: StopRule = StopRule.FIXED) -> Evidence:
    return Evidence(correct=correct, incorrect=decided - correct, stop_rule=rule)


def solution(
    *evidence: Evidence,
    root: Evidence | None = None,
    first_error: int | None = None,
    posterior: tuple[float, ...] = (),
) -> LabelledSolution:
    return LabelledSolution(
        problem_id="p",
        solution_index=0,
        labeler="math_shepherd",
        steps=tuple(f"{n}\n" for n in range(len(evidence))),
        outcome=Outcome.INCORRECT,
        root=root or ev(4, 8),
        evidence=evidence,
        first_error=first_error,
        posterior=posterior,
    )


NOTHING = Evidence(truncated=3, stop_rule=StopRule.FIXED)
END = ev(0, 1, StopRule.TERMINAL)
# 6/8, 2/8, 0/8, 1/8, then the solution's own wrong answer; the root solves 4 of 8.
WRONG = solution(ev(6, 8), ev(2, 8), ev(0, 8), ev(1, 8), END)


@pytest.mark.parametrize(
    ("view", "labels"),
    [
        (Hard(), (True, True, False, None, None)),
        (Hard(after_error="keep"), (True, True, False, True, False)),
        (Hard(after_error="wrong"), (True, True, False, False, False)),
        (Recovered(), (True, True, True, True, False)),
        (Recovered(after_error="drop"), (True, True, True, True, False)),
        (Soft(), (0.75, 0.25, 0.0, None, None)),
        (Soft(after_error="keep"), (0.75, 0.25, 0.0, 0.125, 0.0)),
        (Soft(after_error="wrong"), (0.75, 0.25, 0.0, 0.0, 0.0)),
        (Threshold(above=0.25), (True, False, None, None, None)),
        (Threshold(above=0.25, after_error="keep"), (True, False, False, False, False)),
        (Beta(after_error="keep"), (0.7, 0.3, 0.1, 0.2, 0.0)),
        (Beta(a=0.5, b=1.5, after_error="keep"), (0.65, 0.25, 0.05, 0.15, 0.0)),
        (RootNormalised(after_error="keep"), (1.0, 0.5, 0.0, 0.25, 0.0)),
        (RootNormalised(min_root=0.5), (None,) * 5),
        # 0.75/0.5, 0.25/0.75, 0/0.25, .../0, 0/0.125
        (Ratio(after_error="keep"), (True, False, False, None, False)),
        (Ratio(at_least=0.3), (True, True, False, None, None)),
    ],
    ids=repr,
)  # fmt: skip
def test_labels_worked_out_by_hand(view: AnyView, labels: tuple[object, ...]) -> None:
    assert view.labels(WRONG) == pytest.approx(labels)
    kinds = {type(label) for label in view.labels(WRONG) if label is not None}
    assert kinds <= {float if view.grades else bool}


def test_a_step_that_decided_nothing_has_no_label() -> None:
    undecided = solution(ev(1, 8), NOTHING, Evidence(), END)
    for view in (Hard(), Soft(), Threshold(), Beta(), RootNormalised(), Ratio()):
        assert view.labels(undecided)[1:3] == (None, None)


EARLY = solution(
    ev(1, 3, StopRule.FIRST_SUCCESS), ev(0, 8, StopRule.FIRST_SUCCESS), END, root=ev(4, 8)
)


@pytest.mark.parametrize("view", [Soft(), Threshold(), RootNormalised(), Ratio()])
def test_a_ratio_of_an_early_stop_is_refused_with_a_way_out(view: AnyView) -> None:
    with pytest.raises(ExportError, match=r"first_success.*'hard' or 'beta'.*stop: fixed"):
        view.labels(EARLY)


def test_hard_and_beta_labels_are_right_under_an_early_stop() -> None:
    assert Hard().labels(EARLY) == (True, False, None)
    assert Beta().labels(EARLY) == pytest.approx((2 / 5, 1 / 10, None))


def test_the_ratio_of_an_early_stop_is_biased_and_the_posterior_mean_is_calibrated() -> None:
    # The figure of the module's docstring: p = 0.10, at most 8 rollouts.
    p, limit = 0.10, 8
    stops = [(n, p * (1 - p) ** (n - 1)) for n in range(1, limit + 1)]
    assert sum(chance / n for n, chance in stops) == pytest.approx(0.227, abs=5e-4)
    # With p drawn from the prior, E[p | evidence] is the Beta view's label: (1+K)/(2+n).
    grid = [(i + 0.5) / 2000 for i in range(2000)]
    for n in range(1, limit + 1):
        weights = [q * (1 - q) ** (n - 1) for q in grid]
        mean = sum(w * q for w, q in zip(weights, grid, strict=True)) / sum(weights)
        label = Beta().labels(solution(ev(1, n, StopRule.FIRST_SUCCESS)))[0]
        assert label == pytest.approx(mean, abs=1e-4)


def test_the_labelers_own_conclusion_is_a_view() -> None:
    steps = (ev(1, 1),) * 3
    assert FirstError().labels(solution(*steps, first_error=1)) == (True, False, None)
    assert FirstError(after_error="wrong").labels(solution(*steps, first_error=1)) == (
        True,
        False,
        False,
    )
    assert FirstError().labels(solution(*steps, first_error=-1)) == (True, True, True)
    assert FirstError().labels(solution(*steps, first_error=None)) == (None, None, None)
    stated = solution(*steps, posterior=(0.1, 0.2, 0.3, 0.4))
    assert Posterior().labels(stated) == pytest.approx((0.9, 0.7, 0.4))
    assert Posterior().labels(solution(*steps)) == (None, None, None)


def test_net_information_labels_by_its_sign_and_the_last_step_by_the_answer() -> None:
    steps = (Evidence(), Evidence(), ev(1, 1, StopRule.TERMINAL))
    gains = tuple(StepReading(net_information=gain) for gain in (2.0, -1.0))
    scored = replace(solution(*steps), readings=(*gains, StepReading()))
    assert NetInformation(after_error="keep").labels(scored) == (True, False, True)
    assert NetInformation().labels(scored) == (True, False, None)
    assert NetInformation(above=-2, after_error="keep").labels(scored) == (True, True, True)
    assert NetInformation().labels(solution(*steps)) == (None, None, None)


@pytest.mark.parametrize(
    ("outcome", "label"),
    [
        (Outcome.CORRECT, True),
        (Outcome.INCORRECT, False),
        (Outcome.NO_ANSWER, False),
        (Outcome.TRUNCATED, None),
        (Outcome.UNDECIDED, None),
    ],
)
def test_a_verdict_on_the_answer_is_every_steps_label_and_none_where_there_is_none(
    outcome: Outcome, label: bool | None
) -> None:
    one = replace(solution(ev(0, 8), ev(1, 8), END), outcome=outcome)
    assert ByOutcome().labels(one) == (label,) * 3


@pytest.mark.parametrize(
    ("evidence", "error"),
    [
        ((ev(1, 8), ev(2, 8)), -1),
        ((ev(1, 8), ev(0, 8), ev(2, 8)), 1),
        ((ev(1, 8), NOTHING, ev(0, 8)), None),
        ((ev(0, 8), NOTHING), 0),
        ((ev(1, 8), NOTHING), None),
        ((), -1),
    ],
)
def test_the_first_error_is_the_first_failed_step_if_nothing_before_is_undecided(
    evidence: tuple[Evidence, ...], error: int | None
) -> None:
    assert first_hard_error(evidence) == error


RIGHT = StepStatement(label=1.0, said="+")
WRONG_SAID = StepStatement(label=0.0, said="-")
NEITHER = StepStatement(said="neutral")
UNSAID = StepStatement()


def imported(*stated: StepStatement) -> LabelledSolution:
    return replace(solution(*[Evidence()] * len(stated), root=Evidence()), stated=stated)


def test_what_a_set_states_are_labels_of_two_views_and_of_no_view_over_counts() -> None:
    one = imported(RIGHT, NEITHER, WRONG_SAID, RIGHT)
    assert Stated().labels(one) == (True, True, False, None)
    assert Stated(neutral="wrong").labels(one) == (True, False, None, None)
    assert Stated(neutral="drop", after_error="keep").labels(one) == (True, None, False, True)
    assert StatedGrades(after_error="wrong").labels(one) == (1.0, 1.0, 0.0, 0.0)
    for view in (Hard(), Soft(), Threshold(), Beta(), RootNormalised(), Ratio(), Posterior()):
        assert view.labels(one) == (None,) * 4
    assert Stated().labels(WRONG) == StatedGrades().labels(WRONG) == (None,) * 5


def test_stated_numbers_are_grades_and_are_cut_at_a_threshold() -> None:
    one = imported(*(StepStatement(label=x, said=str(x)) for x in (0.9, 0.5, 0.1, 0.0)))
    assert Stated(after_error="keep").labels(one) == (True, False, False, False)
    assert Stated(above=0).labels(one) == (True, True, True, False)
    assert StatedGrades().labels(one) == (0.9, 0.5, 0.1, 0.0)


@pytest.mark.parametrize(
    ("stated", "error"),
    [
        ((RIGHT, WRONG_SAID, UNSAID), 1),
        ((RIGHT, NEITHER), -1),
        ((RIGHT, UNSAID), None),
        ((StepStatement(label=0.5, said="0.5"), WRONG_SAID), None),
        ((), None),
    ],
)
def test_the_first_error_is_taken_from_a_statement_that_decides_it(
    stated: tuple[StepStatement, ...], error: int | None
) -> None:
    assert first_stated_error(stated) == error


EVIDENCE = st.builds(
    Evidence,
    correct=st.integers(0, 9),
    incorrect=st.integers(0, 9),
    no_answer=st.integers(0, 3),
    truncated=st.integers(0, 3),
    undecided=st.integers(0, 3),
    stop_rule=st.just(StopRule.FIXED),
)


@given(
    evidence=st.lists(EVIDENCE, max_size=8),
    root=EVIDENCE,
    after=st.sampled_from(["drop", "keep", "wrong"]),
    kind=st.sampled_from(kinds(AnyView)),
)
def test_every_view_gives_one_label_per_step_between_0_and_1(
    evidence: list[Evidence], root: Evidence, after: str, kind: str
) -> None:
    adapter: TypeAdapter[AnyView] = TypeAdapter(AnyView)
    view = adapter.validate_python({"kind": kind, "after_error": after})
    labels = view.labels(solution(*evidence, root=root))
    assert len(labels) == len(evidence)
    assert all(label is None or 0 <= label <= 1 for label in labels)


def test_a_dead_step_of_a_text_that_ends_right_is_recovered_whatever_was_sampled() -> None:
    right = ev(1, 1, StopRule.TERMINAL)
    unsampled = Evidence(stop_rule=StopRule.NOT_SAMPLED)
    one = solution(ev(3, 8), ev(0, 8), unsampled, right)
    assert one.recovered == (False, True, False, False)
    assert Recovered().labels(one) == (True, True, None, True)
    assert Hard().labels(one) == (True, False, None, None)
    assert solution(ev(0, 8), END).recovered == (False, False)
