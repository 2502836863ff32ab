"""Figures worked out by hand."""

import pytest

from prm.located import Located, accuracy, best_threshold, calibration


def case(first_error: int, *grades: float, problem: str = "a", steps: int | None = None) -> Located:
    return Located(
        problem_id=problem,
        steps=len(grades) if steps is None else steps,
        first_error=first_error,
        grades=grades,
    )


CASES = [
    case(1, 0.9, 0.2, 0.1),
    case(0, 0.6, 0.2, problem="b"),
    case(-1, 0.9, 0.7, problem="c"),
    case(-1, 0.9, 0.4, problem="d"),
    case(-1, 0.9, 0.8, problem="e"),
]


def test_the_first_step_below_the_threshold_is_where_the_model_says_it_goes_wrong() -> None:
    assert [one.said(0.5) for one in CASES] == [1, 1, -1, 1, -1]
    assert [one.said(0.65) for one in CASES] == [1, 0, -1, 1, -1]


def test_f1_is_the_harmonic_mean_of_both_shares() -> None:
    found = accuracy(CASES, 0.5)
    assert found.erroneous == pytest.approx(1 / 2)
    assert found.correct == pytest.approx(2 / 3)
    assert found.f1 == pytest.approx(2 * (1 / 2) * (2 / 3) / (1 / 2 + 2 / 3))
    assert found.interval is not None
    assert found.f1 is not None
    assert found.interval[0] <= found.f1 <= found.interval[1]


def test_without_solutions_of_one_kind_there_is_no_f1() -> None:
    found = accuracy(CASES[:2], 0.5)
    assert found.correct is None
    assert found.f1 is None
    assert found.interval is None


def test_a_model_that_says_nothing_is_worth_nothing() -> None:
    assert accuracy(CASES, 0.0).f1 == 0


def test_the_best_threshold_is_the_first_with_the_highest_f1() -> None:
    best = best_threshold(CASES)
    assert best == pytest.approx(0.605)
    assert accuracy(CASES, best).f1 == pytest.approx(0.8)


def test_a_step_that_was_not_read_is_no_error_to_the_model() -> None:
    assert case(3, 0.9, 0.9, steps=5).said(0.5) == -1


def test_calibration_counts_steps_up_to_and_with_the_first_wrong_one() -> None:
    found = calibration([case(1, 0.9, 0.2, 0.6)])
    assert found is not None
    assert found.steps == 2
    assert found.brier == pytest.approx((0.1**2 + 0.2**2) / 2)
    assert found.ece == pytest.approx((0.1 + 0.2) / 2)
    assert found.auroc == 1.0


def test_equal_grades_count_half_in_the_auroc() -> None:
    found = calibration([case(1, 0.5, 0.5)])
    assert found is not None
    assert found.auroc == 0.5


def test_without_a_step_nothing_is_said() -> None:
    assert calibration([]) is None
    alike = calibration([case(-1, 0.9)])
    assert alike is not None
    assert alike.auroc is None
