"""The sympy stage: proves or refutes equality of what the cheaper stages left undecided.

Runs in the guarded worker only. It accepts what sympy proves equal and rejects what differs by a
number that sympy computed to 15 certain digits; anything else stays undecided.
"""

from collections.abc import Sequence
from fractions import Fraction
from random import Random

import sympy
from sympy.core.evalf import PrecisionExhausted

from verification.arithmetic.terms import Terms
from verification.comparing.doubts import doubt
from verification.comparing.equivalence import Decision
from verification.conventions import Conventions
from verification.guarded.sympy_trees import (
    Names,
    Sympy,
    UnsupportedError,
    build,
    calls,
    counting_variables,
    variants,
)
from verification.parsing.parsed import Parsed
from verification.tree import syntax

POINTS = 4
"""Random points at which expressions with variables are held against each other."""
DIGITS = 15
MAX_WORKING_DIGITS = 400
MAX_ITEMS = 40
"""Longest list or tuple whose items are compared."""


def compare_trees(gold: Parsed, answer: Parsed) -> Decision:
    """Compare two answers of the same kind; undecided where they are of different kinds."""
    conventions, sides = gold.conventions, (gold.tree, answer.tree)
    try:
        equal = _answers(*sides, conventions)
    except UnsupportedError as unsupported:
        return Decision(None, "sympy", f"sympy is not asked about {unsupported}")
    if equal is False and (_lenient(conventions) or doubt(gold, answer, sides, Terms(conventions))):
        equal = None
    reasons = {
        True: "sympy proves them equal",
        False: "sympy computes a difference",
        None: "sympy cannot tell",
    }
    return Decision(equal, "sympy", reasons[equal])


def _lenient(conventions: Conventions) -> bool:
    """Say whether answers may agree under these conventions that sympy tells apart."""
    return bool(
        conventions.relative_tolerance
        or conventions.letter_case == "ignored"
        or conventions.tuple_order == "free"
    )


def _answers(gold: syntax.Answer, answer: syntax.Answer, conventions: Conventions) -> bool | None:
    match gold, answer:
        case syntax.Value(), syntax.Value():
            return _values(gold, answer, conventions)
        case syntax.Tuple(), syntax.Tuple():
            return _tuples(gold, answer, conventions)
        case syntax.Collection(), syntax.Collection():
            if gold.braces != answer.braces and gold.joined_by != answer.joined_by:
                return None
            return _same_items(gold.items, answer.items, conventions)
        case syntax.Relation(), syntax.Relation():
            return _equations(gold, answer)
        case _:
            return None


def _values(gold: syntax.Value, answer: syntax.Value, conventions: Conventions) -> bool | None:
    if gold.unit != answer.unit:
        return None
    bases = _log_bases(gold.expression, answer.expression, conventions)
    found = [_expressions(gold.expression, answer.expression, base) for base in bases]
    if True in found:
        return True
    if None in found or _signs(gold.expression) != _signs(answer.expression):
        return None
    return False


def _log_bases(
    gold: syntax.Expression, answer: syntax.Expression, conventions: Conventions
) -> tuple[int | None, ...]:
    r"""Return the bases under which to compare; beside an `\ln`, `\log` has base ten."""
    if conventions.log_base != "either":
        return (10,) if conventions.log_base == "ten" else (None,)
    mixed = any(calls(side, "ln") for side in (gold, answer))
    return (10,) if mixed else (None, 10)


def _signs(tree: syntax.Expression) -> set[str]:
    """Return the percent and degree signs that stand around a whole value."""
    return {type(tree).__name__} & {"Percent", "Degrees"}


def _tuples(gold: syntax.Tuple, answer: syntax.Tuple, conventions: Conventions) -> bool | None:
    if (gold.opening, gold.closing) != (answer.opening, answer.closing):
        return None
    if len(gold.items) != len(answer.items) or len(gold.items) > MAX_ITEMS:
        return None
    return _all(
        [_answers(a, b, conventions) for a, b in zip(gold.items, answer.items, strict=True)]
    )


def _all(found: Sequence[bool | None]) -> bool | None:
    if False in found:
        return False
    return None if None in found else True


def _same_items(
    gold: Sequence[syntax.Answer], answer: Sequence[syntax.Answer], conventions: Conventions
) -> bool | None:
    """Compare without order: each item must have its equal on the other side."""
    if max(len(gold), len(answer)) > MAX_ITEMS // 4:
        return None
    equal = _matched([[_answers(a, b, conventions) for b in answer] for a in gold])
    return None if equal and len(gold) != len(answer) else equal


def _equations(gold: syntax.Relation, answer: syntax.Relation) -> bool | None:
    """Accept two equations whose sides differ by a constant factor."""
    if gold.signs != ("=",) or answer.signs != ("=",):
        return None
    sides = [side.answer for side in (*gold.sides, *answer.sides)]
    if not all(isinstance(side, syntax.Value) for side in sides):
        return None
    trees = [side.expression for side in sides if isinstance(side, syntax.Value)]
    names = Names(counting=counting_variables(*trees))
    a, b, c, d = (build(tree, names) for tree in trees)
    if any(x.is_Matrix for x in (a, b, c, d)):
        return None
    left, right = sympy.expand(a - b), sympy.expand(c - d)
    if left == 0 or right == 0 or not left.free_symbols:
        return None
    ratio = sympy.simplify(left / right)
    return True if ratio.is_number and ratio.is_finite and ratio != 0 else None


def _expressions(
    gold: syntax.Expression, answer: syntax.Expression, log_base: int | None
) -> bool | None:
    names = Names(log_base, counting_variables(gold, answer))
    ours, theirs = ([build(tree, names) for tree in variants(side)] for side in (gold, answer))
    if len(ours) == len(theirs) == 1:
        return _equal(ours[0], theirs[0])
    return _matched([[_equal(a, b) for b in theirs] for a in ours])


def _matched(table: list[list[bool | None]]) -> bool | None:
    """Say whether each row and each column of comparisons holds an equal one."""
    lines = [*table, *map(list, zip(*table, strict=True))]
    if all(True in line for line in lines):
        return True
    return False if any(set(line) == {False} for line in lines) else None


def _equal(a: Sympy, b: Sympy) -> bool | None:
    if a.is_Matrix or b.is_Matrix:
        return _matrices(a, b)
    if any(x.has(sympy.nan, sympy.zoo) for x in (a, b)):
        return None
    if a == b:
        return True
    if any(x.has(*_UNEVALUATED) for x in (a, b)):
        return None
    if any(x.has(sympy.oo, -sympy.oo) for x in (a, b)):
        return False if {a.is_infinite, b.is_infinite} == {True, False} else None
    difference = a - b
    if _differs(difference):
        return False
    return _is_zero(difference)


def _matrices(a: Sympy, b: Sympy) -> bool | None:
    if not (a.is_Matrix and b.is_Matrix):
        return None
    if a.shape != b.shape:
        return False
    return _all([_equal(x, y) for x, y in zip(a, b, strict=True)])


def _differs(difference: Sympy) -> bool:
    """Say whether the difference is certainly not zero at some random point."""
    symbols = sorted(difference.free_symbols, key=str)
    random = Random(20_210)
    choose = _integer if difference.has(*_DISCRETE) else _rational
    for _ in range(POINTS if symbols else 1):
        point = {x: choose(random) for x in symbols}
        try:
            value = difference.subs(point).evalf(DIGITS, maxn=MAX_WORKING_DIGITS, strict=True)
        except (PrecisionExhausted, ZeroDivisionError, ValueError):
            continue
        if value.is_number and value.is_finite and value.is_comparable and value != 0:
            return True
        if value.is_number and value.is_real is False and abs(value).evalf() > 0:
            return True
    return False


_UNEVALUATED = (sympy.Integral, sympy.Limit, sympy.Sum, sympy.Product, sympy.Derivative)
"""What sympy could not work out; its numeric values are estimates without a bound on the error."""

_DISCRETE = (sympy.binomial, sympy.factorial, sympy.factorial2,
             sympy.FallingFactorial, sympy.Mod, sympy.Piecewise)  # fmt: skip
"""What is meant at integers only."""


def _integer(random: Random) -> Sympy:
    return sympy.Integer(random.randint(2, 12))


def _rational(random: Random) -> Sympy:
    value = Fraction(random.randint(-300, 300) or 7, random.choice((7, 11, 13)))
    return sympy.Rational(value.numerator, value.denominator)


def _is_zero(difference: Sympy) -> bool | None:
    for attempt in (sympy.expand, sympy.simplify, sympy.radsimp, sympy.trigsimp):
        if attempt(difference) == 0:
            return True
    return True if difference.equals(0) else None
