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
        {"text": ["5", "6"], "label": ["1", "2"]},
        [{"label": "A", "text": "5"}, {"label": "B", "text": "6"}],
        "a ) 5 , b ) 6",
        "A) 5\nB) 6",
        "(A) 5 (B) 6",
    ],
)
def test_every_published_form_of_options_is_understood(options: object) -> None:
    assert option_texts(options) == ("5", "6")


def test_only_prefixes_that_count_up_from_a_are_prefixes() -> None:
    assert option_texts(["A) 5", "C) 6"]) == ("A) 5", "C) 6")


@pytest.mark.parametrize(("answer", "letter"), [("B", "B"), ("(b)", "B"), (1, "B"), ("6", "B")])
def test_the_gold_becomes_a_letter(answer: object, letter: str) -> None:
    assert option_gold(answer, ["5", "6"]) == letter


@pytest.mark.parametrize(
    ("answer", "letters"),
    [
        ("ACD", "A, C, D"),
        ("A,C", "A, C"),
        ("A, C and D", "A, C, D"),
        ("(D) (A)", "A, D"),
        ("A;B", "A, B"),
        (["A", "C"], "A, C"),
        (["6", "5"], "A, B"),
        ([0, 3], "A, D"),
        (["C"], "C"),
        ("AB", "D"),
        ("C) 7", "C"),
    ],
)
def test_several_right_options_become_their_letters_in_order(answer: object, letters: str) -> None:
    assert option_gold(answer, ["5", "6", "7", "AB"]) == letters


def test_labels_that_are_no_letters_become_letters_with_the_gold() -> None:
    options = {"text": ["5", "6"], "label": ["1", "2"]}
    assert with_options("How many?", options).endswith("(A) 5\n(B) 6")
    assert option_gold("2", options) == option_gold(2, options) == "B"


@pytest.mark.parametrize(
    "answer", ["7", 2, -1, "C", "BA", "ABC", "A and C", ["A", "7"], ["A", "A"], "AA", "a cab"]
)
def test_a_gold_that_is_no_option_is_refused(answer: object) -> None:
    with pytest.raises(BadCellError, match="gold is no option"):
        option_gold(answer, ["5", "6"])


def test_options_in_one_text_that_cannot_be_cut_are_shown_as_they_are() -> None:
    text = "either five or six"
    assert with_options("How many?", text) == "How many?\n\nAnswer choices:\neither five or six"
    assert option_texts(text) == ()
    assert option_gold("6", text) == "6"


@pytest.mark.parametrize("options", [None, [], {}])
def test_a_row_without_options_keeps_its_question_and_gold(options: object) -> None:
    assert with_options("How many?", options) == "How many?"
    assert option_gold("6", options) == "6"
