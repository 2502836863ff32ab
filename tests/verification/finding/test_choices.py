"""Letters of a multiple choice, however they are written."""

import pytest

from verification.finding.choices import chosen
from verification.finding.extraction import Auto, extract


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Option B", "B"),
        ("**Option E**", "E"),
        ("option (d)", "d"),
        ("choice E.", "E"),
        (r"\text{Option B}", "B"),
        (r"\textbf{(B)}", r"\textbf{(B)}"),
        ("B)", "B"),
        ("**B).**", "B"),
        ("(B)", "(B)"),
        ("option B: 40 litres", "(B) 40 litres"),
        ("Option B is correct", "B"),
        ("options B and C", "options B and C"),
        ("optional", "optional"),
        ("B", "B"),
        ("B + C", "B + C"),
        ("Bob)", "Bob)"),
    ],
)
def test_the_letter_is_what_a_choice_is_written_with(text: str, answer: str) -> None:
    assert chosen(text) == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("The answer is option E: 7 cm.", "(E) 7 cm"),
        ("The answer is choice B, because the others fail.", "B"),
        ("The answer is option B: the sum of both is 12.", "(B) the sum of both is 12"),
        ("So we see that option (D) is the right choice.", "D"),
        ("We try all.\nA fails. E fails.\nHence option B is correct.", "B"),
        ("B. the second statement", "B. the second statement"),
        (r"Hence \boxed{D)}", "D"),
    ],
)
def test_sentences_state_the_letter_they_choose(text: str, answer: str) -> None:
    assert extract(text, Auto()).answer == answer


@pytest.mark.parametrize(
    "text", ["Option B is not correct.", "Is option B correct?", "If option B is correct we lose."]
)
def test_a_letter_that_no_sentence_calls_right_is_not_chosen(text: str) -> None:
    assert extract(text, Auto()).answer is None
