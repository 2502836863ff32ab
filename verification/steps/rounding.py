"""The numbers that two sides of an equality say, and whether rounding explains that they differ."""

import math
import re
from contextvars import ContextVar
from fractions import Fraction

from verification.arithmetic.marks import Marks
from verification.arithmetic.numeric import NumericEvaluator
from verification.arithmetic.terms import Budget
from verification.parsing.parsed import Parsed
from verification.steps.written import Equation, WrittenSide
from verification.tree import syntax
from verification.tree.bounds import UndecidedError
from verification.tree.syntax import Expression
from verification.tree.traits import traits_of, walk

ROUNDED = 0.01
"""Relative difference up to which a decimal is taken for a rounded value, or made from one."""
ROUNDED_WITHIN = 0.001
"""The same where the decimal is exact but for a quotient that may have been rounded midway."""
APPROXIMATED = 0.05
"""Relative difference up to which anything approximates anything."""
LEFT: ContextVar[Budget] = ContextVar("what is left of the budget of the step being checked")
_MAX_DECIMALS = 6
_INEXACT = re.compile(r"\\?sqrt|√|\\?pi\b|π|\\(?:sin|cos|tan|cot|sec|csc|ln|log|exp)|\be\b")
_DECIMAL = re.compile(r"(?<![\d,.])\d[\d,]*\.\d+|(?<!\d)\.\d+")


def expression_of(text: str) -> Expression:
    """Return the expression that a side is; raises UnparsedError and UndecidedError."""
    tree = Parsed(text).tree
    if not isinstance(tree, syntax.Value):
        raise UndecidedError("no expression")
    return tree.expression


def is_plain(tree: Expression) -> bool:
    """Say whether a side is a bare number: it computes nothing."""
    return isinstance(tree.of if isinstance(tree, syntax.Negative) else tree, syntax.Number)


def value_of(tree: Expression, /, **at: Fraction) -> float:
    """Return the real value where the variables are `at`; raises UndecidedError where none is."""
    evaluator = NumericEvaluator(at, Marks(), budget=LEFT.get(), digits=60)
    value = evaluator.value(tree)
    if hasattr(value, "_mpc_"):
        raise UndecidedError("no real number")
    found = float(value)
    if not math.isfinite(found) or abs(found) > 1e15:
        raise UndecidedError("too large to compare")
    return found


def may_agree(equation: Equation, left: WrittenSide, right: WrittenSide) -> bool:
    """Say whether the sides differ by no more than rounding, here or before, explains."""
    trees = expression_of(left.text), expression_of(right.text)
    a, b = map(value_of, trees)
    difference, size = abs(a - b), max(abs(a), abs(b))
    if equation.sign in "<>":
        right_way = a < b if equation.sign == "<" else a > b
        return right_way or difference <= ROUNDED * size
    if equation.sign == "≈":
        return difference <= max(APPROXIMATED * size, _last_place(left.text + " " + right.text))
    turn = 360.0 if traits_of(*trees).degrees else 2 * math.pi if any(map(has_pi, trees)) else 0
    if turn and abs(math.remainder(difference, turn)) < 1e-9:
        return True  # the same angle
    if "." in left.text + right.text:
        return _may_be_rounded(a, b, left, right)
    whole = a == round(a), b == round(b)
    if all(whole) or difference <= 1e-12 * size:
        return difference <= 1e-12 * size
    cut = whole[1] or is_plain(trees[0])
    may_be_cut = cut and (difference < 1 or difference <= ROUNDED * size)
    return may_be_cut or (has_pi(trees[0]) != has_pi(trees[1]) and difference <= ROUNDED * size)


def has_pi(tree: Expression) -> bool:
    """Say whether pi occurs."""
    return any(node == syntax.Constant("pi") for node in walk(tree))


def _may_be_rounded(a: float, b: float, left: WrittenSide, right: WrittenSide) -> bool:
    """Say whether decimals differ by what was cut off in writing them or what they came from."""
    both = left.text + " " + right.text
    difference, size = abs(a - b), max(abs(a), abs(b))
    cut = 1.0001 * _last_place(right.text) if "." in right.text else _slack(left.text, a)
    if difference <= cut:
        return True
    if difference < 1 and a != round(a) and b == round(b):
        return True
    if difference > ROUNDED * size:
        return False
    if _INEXACT.search(both):
        return True
    divides = re.search(r"[/÷]|\\[dt]?frac|\\div", both)
    if divides and difference <= ROUNDED_WITHIN * size:
        return True
    return difference <= _slack(left.text, a) + _slack(right.text, b)


def _last_place(text: str) -> float:
    """Return the value of one unit in the last decimal place that is written."""
    places = re.findall(r"\.(\d+)", text)
    return float(10.0 ** -min(map(len, places))) if places else 1.0


def _slack(text: str, value: float) -> float:
    """Return how far a side moves if each of its decimals moves by a unit of its last place."""
    decimals = list(_DECIMAL.finditer(text))
    if len(decimals) > _MAX_DECIMALS:
        return math.inf
    total = 0.0
    for decimal in decimals:
        number = decimal[0].replace(",", "")
        places = len(number.partition(".")[2])
        moved = f"{float(number) + 10.0**-places:.{places}f}"
        total += abs(
            value_of(expression_of(text[: decimal.start()] + moved + text[decimal.end() :])) - value
        )
    return 1.0001 * total
