import pytest

from schemas import SourceError
from sources.cells import MISSING, lookup
from sources.layout import Columns, find_layout

VERL = {
    "prompt": [{"role": "user", "content": "2+2?"}],
    "reward_model": {"ground_truth": "4", "style": "rule"},
}


@pytest.mark.parametrize(
    ("row", "problem", "answer"),
    [
        ({"question": "q", "answer": "a"}, "question", "answer"),
        ({"Question": "q", "answer": "a"}, "Question", "answer"),
        ({"problem": "q", "question": "q", "answer": "a"}, "problem", "answer"),
        ({"problem": None, "question": "q", "answer": "a"}, "question", "answer"),
        ({"problem": "q", "final_answer": ["a"], "answer": "long"}, "problem", "final_answer"),
        ({"input": "q", "target": 3.0}, "input", "target"),
        ({"problem": "q", "solution": "s"}, "problem", "solution"),
        (VERL, "prompt", "reward_model.ground_truth"),
    ],
)
def test_well_known_columns_are_found(row: dict[str, object], problem: str, answer: str) -> None:
    layout = find_layout([row], Columns())
    assert layout is not None
    assert (layout.problem, layout.answer) == ((problem,), (answer,))


def test_a_body_leads_in_the_question() -> None:
    layout = find_layout([{"Body": "b", "Question": "q", "Answer": 1.0}], Columns())
    assert layout is not None
    assert layout.context == ("Body",)
    assert layout.read == {"context": ("Body",), "question": ("Question",), "gold": ("Answer",)}


def test_only_a_solution_column_must_be_searched_for_its_gold() -> None:
    layout = find_layout([{"problem": "q", "solution": "s"}], Columns())
    assert layout is not None
    assert layout.answer_is_solution


def test_unknown_columns_are_no_layout() -> None:
    assert find_layout([{"frage": "q", "antwort": "a"}], Columns()) is None


def test_a_named_column_that_no_row_has_is_an_error_that_lists_those_there_are() -> None:
    with pytest.raises(SourceError, match=r"columns\.level='hardness'.*question, answer"):
        find_layout([{"question": "q", "answer": "a"}], Columns(level="hardness"))


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("reward_model.ground_truth", "4"),
        ("prompt.0.content", "2+2?"),
        ("prompt.-1.content", "2+2?"),
        ("prompt.5.content", MISSING),
        ("prompt.x", MISSING),
        ("nothing", MISSING),
        ("reward_model.style.deeper", MISSING),
    ],
)
def test_a_dotted_path_reaches_into_nested_cells(path: str, found: object) -> None:
    assert lookup(VERL, path) == found


def test_a_column_whose_own_name_has_dots_comes_before_the_path() -> None:
    assert lookup({"a.b": 1, "a": {"b": 2}}, "a.b") == 1
