"""Fuzz: nothing escapes, and nothing of another value is accepted."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.verification.answer_forms import Known, closed, garbage, mutated, numbers
from verification.comparing.equivalence import compare
from verification.comparing.perturb import perturbed
from verification.conventions import DEFAULTS
from verification.finding.extraction import Auto, extract

GOLDS = [
    "18",
    "-3.5",
    r"\frac{3}{4}",
    r"2\sqrt{3}",
    r"\frac{\pi}{4}",
    "x^2+2x+1",
    "(1,2)",
    "[0,1)",
    r"(-\infty,2]\cup[3,\infty)",
    r"\{1,2,3\}",
    "1, 2, 3",
    "x=5",
    r"x \le 3",
    "y=2x+1",
    r"45^\circ",
    r"20\%",
    r"\$5.50",
    r"5\text{ cm}",
    "101_2",
    "4:30\\text{ p.m.}",
    "3:4",
    r"\text{Evelyn}",
    "(B)",
    r"\begin{pmatrix}1&2\\3&4\end{pmatrix}",
    r"1\pm\sqrt5",
    r"\sum_{k=1}^{n}k",
    r"e^{i\pi}",
    "1{,}234",
]
FEW = settings(max_examples=400, derandomize=True)
MANY = settings(max_examples=25_000, derandomize=True, suppress_health_check=list(HealthCheck))


def sound(left: Known, right: Known) -> None:
    """Judge two closed expressions; accept only equals, reject only others."""
    verdict = compare(left.latex, right.latex, DEFAULTS).equal
    if verdict is not None:
        assert verdict == (left.value == right.value), (left, right)


def total(gold: str, answer: str) -> None:
    """Judge anything; say something, much the same in both directions, the same each time."""
    verdict = compare(gold, answer, DEFAULTS)
    assert verdict.equal in (True, False, None)
    assert verdict.reason
    back = compare(answer, gold, DEFAULTS)
    # Letters behind the number are a unit or word in an answer, in a gold they may be variables,
    # so that one direction may be undecided; a difference is one both ways.
    turned = {verdict.equal, back.equal}
    assert len(turned) == 1 or False not in turned
    assert compare(gold, answer, DEFAULTS) == verdict
    perturbed(answer)


def extracted(parts: Any, cut: int) -> None:
    """Extract from anything; find nothing in what is not there."""
    text = " ".join(parts)
    for finished in (True, False):
        found = extract(text[:cut], Auto(), finished=finished)
        assert (found.answer is None) == (found.rule == "")


PAIRS = st.tuples(closed(), closed())
NEAR = st.tuples(numbers(), numbers())
TEXTS = st.lists(st.one_of(garbage(), st.sampled_from(GOLDS)), max_size=8)


@given(PAIRS)
@FEW
def test_expressions_are_accepted_only_where_their_values_are_equal(pair: Any) -> None:
    sound(*pair)


@given(NEAR)
@FEW
def test_numbers_are_accepted_exactly_where_they_are_equal(pair: Any) -> None:
    sound(*pair)


@given(closed())
@FEW
def test_an_expression_equals_its_value_and_not_its_neighbour(known: Any) -> None:
    value = known.value
    assert compare(str(value), known.latex, DEFAULTS).equal is not False
    assert compare(str(value + 1), known.latex, DEFAULTS).equal is not True


@given(st.sampled_from(GOLDS), st.one_of(garbage(), mutated(GOLDS)))
@FEW
def test_no_answer_raises_and_judging_is_symmetric(gold: str, answer: str) -> None:
    total(gold, answer)


@given(TEXTS, st.integers(0, 400))
@FEW
def test_no_text_makes_extraction_raise(parts: Any, cut: int) -> None:
    extracted(parts, cut)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("strategy", "check"),
    [
        (PAIRS, sound),
        (NEAR, sound),
        (st.tuples(st.sampled_from(GOLDS), st.one_of(garbage(), mutated(GOLDS))), total),
        (st.tuples(TEXTS, st.integers(0, 400)), extracted),
    ],
    ids=["expressions", "numbers", "garbage", "texts"],
)
def test_a_hundred_thousand_cases_find_nothing(strategy: Any, check: Callable[..., Any]) -> None:
    @given(strategy)
    @MANY
    def run(case: Any) -> None:
        check(*case)

    run()
