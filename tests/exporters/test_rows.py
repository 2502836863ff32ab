"""What a trainer is given of one solution."""

from typing import Any

import pytest

from exporters import Refused, to_math_shepherd_row, to_trl_row
from schemas import Evidence, ExportError, StopRule
from schemas.views import Hard, Soft
from tests.runs import evidence, problem, solution

GOOD, DEAD = evidence(3, 5), evidence(0, 8)
UNDECIDED = evidence(0, 0, truncated=4, undecided=4)
OPEN = Evidence(stop_rule=StopRule.NOT_SAMPLED)


def trl(steps: list[str], values: list[Evidence], separator: str = "\n") -> Any:
    one = problem()
    return to_trl_row(one, solution(one, steps, values), Hard(), separator=separator)


def test_a_row_is_the_question_the_stripped_steps_and_bool_labels() -> None:
    row = trl(["2*3 = 6.\n", "2+6 = 9.\n"], [GOOD, DEAD])
    assert row == {
        "prompt": "What is 2 + 2 * 3?",
        "completions": ["2*3 = 6.", "2+6 = 9."],
        "labels": [True, False],
    }
    assert [type(label) for label in row["labels"]] == [bool, bool]


def test_soft_labels_are_refused_because_the_trainer_would_cast_them_to_zero() -> None:
    one = problem()
    with pytest.raises(ExportError, match=r"0\.375 is soft"):
        to_trl_row(one, solution(one, ["a", "b"], [GOOD, DEAD]), Soft())


@pytest.mark.parametrize("nothing", [UNDECIDED, OPEN])
def test_undecided_steps_at_the_end_are_dropped_not_invented(nothing: Any) -> None:
    row = trl(["a\n", "b\n", "c\n"], [GOOD, nothing, nothing])
    assert row["completions"] == ["a"]
    assert row["labels"] == [True]


def test_an_undecided_step_before_a_decided_one_refuses_the_row() -> None:
    assert trl(["a", "b"], [UNDECIDED, DEAD]) == Refused(
        reason="an undecided step lies before a decided one"
    )


def test_a_solution_without_any_decided_step_is_refused() -> None:
    assert trl(["a"], [UNDECIDED]) == Refused(reason="no step is decided")


def test_a_blank_step_is_refused() -> None:
    assert trl(["a\n", " \n"], [GOOD, DEAD]) == Refused(reason="a step is blank")


def test_a_separator_inside_a_step_refuses_the_row_and_another_separator_does_not() -> None:
    steps, values = ["x = 1\ny = 2\n\n", "3\n\n"], [GOOD, DEAD]
    assert isinstance(trl(steps, values), Refused)
    assert trl(steps, values, "\n\n")["completions"] == ["x = 1\ny = 2", "3"]


def test_math_shepherd_marks_every_step_and_its_label_text_differs_in_the_marks_alone() -> None:
    one = problem()
    row = to_math_shepherd_row(
        one, solution(one, ["2*3 = 6.\n", "Step 2: 2+6 = 9.\n"], [GOOD, DEAD]), Hard()
    )
    assert row == {
        "input": "What is 2 + 2 * 3? Step 1: 2*3 = 6. ки\nStep 2: 2+6 = 9. ки",
        "label": "What is 2 + 2 * 3? Step 1: 2*3 = 6. +\nStep 2: 2+6 = 9. -",
        "task": "tests",
    }


@pytest.mark.parametrize("text", ["руки", "as in Step 1: no"])
def test_math_shepherd_refuses_text_its_readers_would_split_wrongly(text: str) -> None:
    one = problem()
    row = to_math_shepherd_row(one, solution(one, [text], [GOOD]), Hard())
    assert isinstance(row, Refused)
