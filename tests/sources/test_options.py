import pytest

from sources.options import option_gold, option_texts, with_options
from sources.rows import BadCellError


def test_options_are_written_below_the_question_one_per_line() -> None:
    assert with_options("How many?", ["A)5", "B)6"]) == (
        "How many?\n\nAnswer choices:\n(A) 5\n(B) 6"
    )


@pytest.mark.parametrize(
    "options",
    [
        ["5", "6"],
        ["A)5", "B)6"],
        ["(A) 5", "(B) 6"],
        ["A. 5", "b: 6"],
        {"A": 5, "B": "6"},
        {"text": ["5", "6"], "label": ["a", "b"]},
    ],
)
def test_every_published_form_of_options_is_understood(options: object) -> None:
    assert option_texts(options) == ("5", "6")


def test_only_prefixes_that_count_up_from_a_are_prefixes() -> None:
    assert option_texts(["A) 5", "C) 6"]) == ("A) 5", "C) 6")


@pytest.mark.parametrize(("answer", "letter"), [("B", "B"), ("(b)", "B"), (1, "B"), ("6", "B")])
def test_the_gold_becomes_a_letter(answer: object, letter: str) -> None:
    assert option_gold(answer, ["5", "6"]) == letter


@pytest.mark.parametrize("answer", ["7", 2, -1, "C"])
def test_a_gold_that_is_no_option_is_refused(answer: object) -> None:
    with pytest.raises(BadCellError, match="gold is no option"):
        option_gold(answer, ["5", "6"])


@pytest.mark.parametrize("options", [None, [], {}])
def test_a_row_without_options_keeps_its_question_and_gold(options: object) -> None:
    assert with_options("How many?", options) == "How many?"
    assert option_gold("6", options) == "6"
