"""What holds for every answer: trees are generated, written out, rewritten harmlessly, changed."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verification.arithmetic.marks import Marks
from verification.arithmetic.numeric import NumericEvaluator
from verification.arithmetic.terms import Budget
from verification.comparing.equivalence import compare
from verification.comparing.perturb import perturbed
from verification.parsing.parsed import parse_answer
from verification.tree.bounds import UndefinedError
from verification.tree.spelling import spelled, spelled_answer
from verification.tree.syntax import (
    Answer,
    Call,
    Collection,
    Constant,
    Expression,
    FunctionName,
    Negative,
    Number,
    Power,
    Product,
    Quotient,
    Sum,
    Symbol,
    Tuple,
    Value,
)
from verification.tree.traits import traits_of

FUNCTIONS: tuple[FunctionName, ...] = ("sqrt", "sin", "cos", "abs", "ln")

integers = st.integers(-9, 9).map(lambda n: Number(Fraction(n)))
leaves: st.SearchStrategy[Expression] = st.one_of(
    integers,
    st.fractions(-20, 20, max_denominator=9).map(Number),
    st.sampled_from([Symbol("x"), Symbol("y"), Symbol("a_1"), Constant("pi"), Constant("e")]),
)


def _branches(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    pairs = st.tuples(inner, inner)
    exponents = st.integers(0, 4).map(lambda n: Number(Fraction(n)))
    functions: st.SearchStrategy[FunctionName] = st.sampled_from(
        ["sqrt", "sin", "cos", "abs", "ln"]
    )
    return st.one_of(
        pairs.map(Sum),
        pairs.map(Product),
        pairs.map(lambda pair: Quotient(*pair)),
        inner.map(Negative),
        st.tuples(inner, exponents).map(lambda pair: Power(*pair)),
        st.tuples(functions, inner).map(lambda pair: Call(pair[0], (pair[1],))),
    )


expressions: st.SearchStrategy[Expression] = st.recursive(leaves, _branches, max_leaves=6)
values: st.SearchStrategy[Value] = expressions.map(lambda expression: Value(expression))
answers: st.SearchStrategy[Answer] = st.one_of(
    values,
    st.lists(values, min_size=2, max_size=3).map(lambda items: Tuple("(", tuple(items), ")")),
    st.lists(values, min_size=2, max_size=3).map(lambda items: Collection(tuple(items), True)),
)
harmless = st.sampled_from(
    [
        lambda text: f"${text}$",
        lambda text: f"\\boxed{{{text}}}",
        lambda text: f"  {text} \n",
        lambda text: f"{text}.",
        lambda text: f"\\({text}\\)",
        lambda text: f"**{text}**",
        lambda text: text.replace("\\frac", "\\dfrac"),
        lambda text: text.replace("(", "\\left(").replace(")", "\\right)"),
        lambda text: text.replace("+", " + ").replace(",", ", "),
        lambda text: text.replace("\\cdot", "\\times"),
    ]
)


FEW = settings(max_examples=60)
"""Fresh examples at each run; the slow test runs each law a number of times."""
ROUNDS = 25


@given(answers)
@FEW
def test_a_tree_that_is_written_out_reads_back_as_the_same_answer(answer: Answer) -> None:
    text = spelled_answer(answer)
    again = spelled_answer(parse_answer(text))
    assert compare(text, again).equal is True, (text, again)


@given(answers, harmless)
@FEW
def test_no_verdict_is_moved_by_harmless_reformatting(
    answer: Answer, rewrite: Callable[[str], str]
) -> None:
    text = spelled_answer(answer)
    comparison = compare(text, rewrite(text))
    assert comparison.equal is True, (text, rewrite(text), comparison)


@given(answers)
@FEW
def test_a_perturbed_copy_is_never_accepted(answer: Answer) -> None:
    text = spelled_answer(answer)
    changed = perturbed(text)
    assert changed is not None
    assert compare(text, changed).equal is not True, (text, changed)


@given(answers, answers)
@FEW
def test_it_does_not_matter_which_side_is_the_gold(left: Answer, right: Answer) -> None:
    a, b = spelled_answer(left), spelled_answer(right)
    assert compare(a, b).equal == compare(b, a).equal, (a, b)


@given(expressions, expressions)
@FEW
def test_two_expressions_that_are_accepted_have_the_same_value_anywhere(
    left: Expression, right: Expression
) -> None:
    if compare(spelled(left), spelled(right)).equal:
        point = {name: Fraction(7, 3) for name in traits_of(left, right).variables}
        try:
            a, b = (
                NumericEvaluator(point, Marks(), budget=Budget(), digits=60).value(tree)
                for tree in (left, right)
            )
        except UndefinedError:
            return  # the same text, or the same pole
        assert abs(a - b) <= 1e-20 * max(1, abs(a)), (spelled(left), spelled(right))


@given(expressions, st.fractions(1, 3, max_denominator=5))
@FEW
def test_the_same_added_to_both_sides_changes_no_acceptance(
    tree: Expression, shift: Fraction
) -> None:
    other = Product((Number(Fraction(2)), Quotient(tree, Number(Fraction(2)))))
    before = compare(spelled(tree), spelled(other))
    after = compare(spelled(Sum((tree, Number(shift)))), spelled(Sum((Number(shift), other))))
    assert after.equal == before.equal, (spelled(tree), before, after)


@given(answers, st.data())
@FEW
def test_damaged_text_raises_nothing_and_is_judged_the_same_both_ways(
    answer: Answer, data: st.DataObject
) -> None:
    text = spelled_answer(answer)
    at = data.draw(st.integers(0, len(text)))
    junk = data.draw(st.sampled_from(["{", "}", "\\", "^", "_", "!", "(", "|", "\\frac", "-", "&"]))
    damaged = text[:at] + junk + text[at + data.draw(st.integers(0, 3)) :]
    assert compare(text, damaged).equal == compare(damaged, text).equal, (text, damaged)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "law",
    [
        test_a_tree_that_is_written_out_reads_back_as_the_same_answer,
        test_no_verdict_is_moved_by_harmless_reformatting,
        test_a_perturbed_copy_is_never_accepted,
        test_it_does_not_matter_which_side_is_the_gold,
        test_two_expressions_that_are_accepted_have_the_same_value_anywhere,
        test_the_same_added_to_both_sides_changes_no_acceptance,
        test_damaged_text_raises_nothing_and_is_judged_the_same_both_ways,
    ],
)
def test_a_law_holds_in_many_cases(law: Any) -> None:
    for _ in range(ROUNDS):
        law()
