"""What a trainer is given of one solution."""

from typing import Any

import pytest

from exporters import (
    AnyExporter,
    Exporter,
    MathShepherdExporter,
    Refused,
    SolutionExporter,
    TrlExporter,
)
from exporters.steps import labelled_steps
from schemas import Evidence, StopRule
from schemas.views import AnyView, Beta, Hard, Soft
from tests.registries import members
from tests.runs import evidence, problem, solution

GOOD, DEAD = evidence(3, 5), evidence(0, 8)
UNDECIDED = evidence(0, 0, truncated=4, undecided=4)
OPEN = Evidence(stop_rule=StopRule.NOT_SAMPLED)


def row_of(
    exporter: SolutionExporter, steps: list[str], values: list[Evidence], separator: str = ""
) -> Any:
    one = problem()
    made = labelled_steps(one, solution(one, steps, values), Hard())
    if isinstance(made, Refused):
        return made
    return exporter.row(made, separator or exporter.separators[0])


def trl(steps: list[str], values: list[Evidence], separator: str = "") -> Any:
    return row_of(TrlExporter(), steps, values, separator)


def test_a_row_is_the_question_the_stripped_steps_and_bool_labels() -> None:
    row = trl(["2*3 = 6.\n", "2+6 = 9.\n"], [GOOD, DEAD])
    assert row == {
        "prompt": "What is 2 + 2 * 3?",
        "completions": ["2*3 = 6.", "2+6 = 9."],
        "labels": [True, False],
    }
    assert [type(label) for label in row["labels"]] == [bool, bool]


FORMATS = [one for one in members(AnyExporter) if one.reads_view]
VIEWS = [view() for view in members(AnyView)]


@pytest.mark.parametrize("exporter", FORMATS, ids=lambda one: one.__name__)
@pytest.mark.parametrize("view", VIEWS, ids=lambda one: one.kind)
def test_labels_that_a_reader_would_mistake_are_refused_when_they_are_asked_for(
    exporter: type[Exporter], view: AnyView
) -> None:
    if view.grades and not exporter.takes_grades:
        with pytest.raises(ValueError, match=rf"{view.kind}' are soft.*e\.g\. hard"):
            exporter.model_validate({"view": view})
    elif not view.grades and not exporter.takes_decisions:
        with pytest.raises(ValueError, match=rf"{view.kind}' are right and wrong.*e\.g\. soft"):
            exporter.model_validate({"view": view})
    else:
        assert exporter.model_validate({"view": view}).view == view


def test_trl_takes_no_soft_labels() -> None:
    with pytest.raises(ValueError, match="'soft' are soft, and this format casts them to 0 or 1"):
        TrlExporter(view=Soft())
    with pytest.raises(ValueError, match="'beta' are soft"):
        MathShepherdExporter(view=Beta())


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
    steps = ["2*3 = 6.\n", "Step 2: 2+6 = 9.\n"]
    row = row_of(MathShepherdExporter(), steps, [GOOD, DEAD])
    assert row == {
        "input": "What is 2 + 2 * 3? Step 1: 2*3 = 6. ки\nStep 2: 2+6 = 9. ки",
        "label": "What is 2 + 2 * 3? Step 1: 2*3 = 6. +\nStep 2: 2+6 = 9. -",
        "task": "tests",
    }


@pytest.mark.parametrize("text", ["руки", "as in Step 1: no"])
def test_math_shepherd_refuses_text_its_readers_would_split_wrongly(text: str) -> None:
    assert isinstance(row_of(MathShepherdExporter(), [text], [GOOD]), Refused)
