"""What must not change a verdict: direction, spelling, the same operation on both sides."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.verification.answer_forms import Known, closed
from verification.comparing.equivalence import compare

PAIRS = [
    ("18", "18.0"),
    ("18", "19"),
    (r"\frac12", "0.5"),
    (r"\frac12", "0.6"),
    (r"2\sqrt3", r"\sqrt{12}"),
    (r"2\sqrt3", r"\sqrt{13}"),
    ("x^2-1", "(x-1)(x+1)"),
    ("x^2-1", "(x-1)(x+2)"),
    ("(1,2)", "(1, 2)"),
    ("(1,2)", "(2,1)"),
    ("[0,1)", "[0,1]"),
    (r"\{1,2\}", r"\{2,1\}"),
    (r"x \le 3", r"(-\infty,3]"),
    ("1,2", "2 and 1"),
    (r"45^\circ", "45"),
    (r"\text{Even}", "even"),
    (r"\text{even}", "odd"),
    (r"3\text{ m}", r"3\text{ km}"),
    ("101_2", "101_3"),
    (r"1\pm\sqrt5", r"1+\sqrt5,1-\sqrt5"),
]

REWRITES = {
    "dollars around": lambda s: f"${s}$",
    "parentheses of LaTeX": lambda s: rf"\({s}\)",
    "space around": lambda s: f"  {s}\n",
    "bold": lambda s: f"**{s}**",
    "full stop": lambda s: f"{s}.",
    "display style": lambda s: rf"\displaystyle {s}",
    "dfrac": lambda s: s.replace(r"\frac", r"\dfrac"),
    "left and right": lambda s: re.sub(
        r"(?<!\\)[(\[]", r"\\left\g<0>", re.sub(r"[)\]]", r"\\right\g<0>", s)
    ),
    "boxed": lambda s: rf"\boxed{{{s}}}",
}


@pytest.mark.parametrize(("gold", "answer"), PAIRS)
def test_verdicts_are_symmetric(gold: str, answer: str) -> None:
    assert compare(gold, answer).equal is compare(answer, gold).equal


@pytest.mark.parametrize("rewrite", REWRITES.values(), ids=REWRITES)
@pytest.mark.parametrize(("gold", "answer"), PAIRS)
def test_harmless_spelling_changes_no_verdict(
    gold: str, answer: str, rewrite: Callable[[str], str]
) -> None:
    verdict = compare(gold, answer).equal
    assert compare(gold, rewrite(answer)).equal is verdict
    assert compare(rewrite(gold), answer).equal is verdict


POLYNOMIALS = [
    ("x^2-1", "(x-1)(x+1)"),
    ("x^2+2x+1", "(x+1)^2"),
    ("3x(x-2)", "3x^2-6x"),
    ("x^3-x", "x(x^2-1)"),
    ("x^2-1", "x^2+1"),
    ("2x+1", "x+1"),
    ("(x+1)^3", "x^3+3x^2+3x+2"),
    ("x^3", "x^2"),
]


@given(
    st.sampled_from(POLYNOMIALS),
    st.sampled_from(["(2y)", "(y+1)", "(a-b)", "(-y)", "(t^2)", r"\left(\frac{y}{3}\right)", "k"]),
)
@settings(max_examples=60, derandomize=True)
def test_the_same_substitution_on_both_sides_changes_no_verdict(
    pair: tuple[str, str], term: str
) -> None:
    gold, answer = pair
    before = compare(gold, answer).equal
    assert compare(gold.replace("x", term), answer.replace("x", term)).equal is before


@given(closed(), closed(), st.sampled_from(["({})+7", r"3\cdot({})", "-({})", r"\frac{{{}}}{{5}}"]))
@settings(max_examples=150, derandomize=True)
def test_the_same_operation_on_both_sides_changes_no_verdict(
    left: Known, right: Known, operation: str
) -> None:
    before = compare(left.latex, right.latex).equal
    after = compare(operation.format(left.latex), operation.format(right.latex)).equal
    assert before is None or after is None or before is after
