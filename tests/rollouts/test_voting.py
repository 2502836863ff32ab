"""Votes: equal answers are one, however they are written, and no gold is looked at."""

import math
from collections.abc import Iterator

import pytest

from rollouts.voting import answer_classes, entropy
from verification import VerificationSettings
from verification.cascade import Cascade


@pytest.fixture(scope="module")
def cascade() -> Iterator[Cascade]:
    made = VerificationSettings().cascade()
    yield made
    made.close()


def counted(answers: list[str], cascade: Cascade, **more: object) -> list[tuple[str, int]]:
    return [(one.answer, one.count) for one in answer_classes(answers, cascade, **more)]  # type: ignore[arg-type]


def test_equal_answers_are_one_class_though_written_otherwise(cascade: Cascade) -> None:
    answers = ["1/2", "0.5", "3", r"\frac{1}{2}", "3", "3.0", "1/2"]
    (half, three) = answer_classes(answers, cascade)
    assert (half.answer, half.count) == ("1/2", 4)
    assert half.spellings == ("1/2", "0.5", r"\frac{1}{2}")
    assert (three.answer, three.count) == ("3", 3)


def test_of_equally_many_the_answer_that_came_first_wins(cascade: Cascade) -> None:
    assert counted(["7", "5", "5", "7"], cascade) == [("7", 2), ("5", 2)]
    assert counted(["5", "7", "7.0", "5"], cascade) == [("5", 2), ("7", 2)]


def test_a_letter_and_the_text_of_its_option_are_one_vote(cascade: Cascade) -> None:
    options = ("10", "20", "30")
    assert counted(["B", "20", "30"], cascade, options=options) == [("B", 2), ("30", 1)]


def test_nobody_votes_where_nobody_answers(cascade: Cascade) -> None:
    assert answer_classes([], cascade) == []


def test_entropy_is_zero_where_all_agree_and_log_of_the_classes_where_none_do() -> None:
    assert entropy([5]) == entropy([]) == 0
    assert entropy([2, 2]) == pytest.approx(math.log(2))
