"""An error of the verifier's own costs one row; the options of a multiple choice reach it."""

from collections.abc import Iterator

import pytest

from schemas import Outcome
from verification.cascade import Cascade
from verification.comparing import equivalence
from verification.comparing.equivalence import FAULT, compare
from verification.settings import VerificationSettings


@pytest.fixture
def cascade() -> Iterator[Cascade]:
    cascade = VerificationSettings(workers=1).cascade()
    yield cascade
    cascade.close()


def _breaks(*_: object) -> bool:
    raise TypeError("'Fraction' object is not iterable")


def test_an_error_of_ours_is_undecided_and_counted_as_ours(
    cascade: Cascade, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(equivalence, "same_answer", _breaks)
    verdict = cascade.judge("x+1", r"\boxed{x+2}")
    assert verdict.outcome is Outcome.UNDECIDED
    assert verdict.stage == FAULT
    assert "TypeError" in verdict.reason
    assert cascade.stages[FAULT] == 1


def test_an_error_of_ours_sets_a_gold_aside_and_ends_no_preflight(
    cascade: Cascade, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(equivalence, "same_answer", _breaks)
    assert "TypeError" in (cascade.preflight("x+1") or "")


@pytest.mark.parametrize("text", [r"\max(3)", r"\min(3)", "36 min (D)", r"\gcd(4)", "C(5,2,3)"])
def test_functions_of_an_unusual_number_of_arguments_raise_nothing(text: str) -> None:
    assert compare("36", text).stage != FAULT


@pytest.mark.parametrize(
    ("gold", "answer", "outcome"),
    [
        ("C", "12", Outcome.CORRECT),
        ("(c)", "12", Outcome.CORRECT),
        ("C", r"\frac{24}{2}", Outcome.CORRECT),
        ("C", "15", Outcome.INCORRECT),
        ("C", "(C)", Outcome.CORRECT),
        ("C", "(D)", Outcome.INCORRECT),
        ("12", "(C)", Outcome.CORRECT),
        ("12", "(D)", Outcome.INCORRECT),
    ],
)
def test_the_value_of_the_right_option_counts_where_the_options_are_known(
    cascade: Cascade, gold: str, answer: str, outcome: Outcome
) -> None:
    options = ("3", "7", "12", "15")
    verdict = cascade.judge(gold, rf"\boxed{{{answer}}}", options=options)
    assert verdict.outcome is outcome


def test_a_value_opposite_a_letter_is_undecided_where_they_are_not(cascade: Cascade) -> None:
    assert cascade.judge("C", r"\boxed{12}").outcome is Outcome.UNDECIDED
