"""A copy of a gold answer that certainly differs from it, to test that differences are seen."""

from dataclasses import replace
from fractions import Fraction

from verification.conventions import DEFAULTS, Conventions
from verification.parsing.parsed import Parsed
from verification.tree.bounds import UnparsedError
from verification.tree.spelling import spelled_answer
from verification.tree.syntax import (
    Answer,
    Based,
    ClockTime,
    Collection,
    Congruence,
    Constant,
    Expression,
    Matrix,
    Negative,
    Number,
    Piecewise,
    Product,
    Ratio,
    Relation,
    Restricted,
    SetBuilder,
    SetOperation,
    Sum,
    Symbol,
    Tuple,
    Value,
    Words,
)
from verification.tree.traits import traits_of

_ONE = Number(Fraction(1))
_TWO = Number(Fraction(2))
_ZERO = Value(Number(Fraction(0)))
_INFINITE = Constant("infinity")


def perturbed(gold: str, conventions: Conventions = DEFAULTS) -> str | None:
    """Return the text of a different answer of the same type, None if the gold is unreadable.

    A number becomes one larger, a phrase its negation, an end of an interval moves by one.
    """
    try:
        return spelled_answer(perturbed_answer(Parsed(gold, conventions).tree))
    except UnparsedError:
        return None


def perturbed_answer(answer: Answer) -> Answer:  # noqa: C901  one table
    """Return a different answer of the same type."""
    match answer:
        case Value(expression):
            return replace(answer, expression=_larger(expression))
        case Tuple(_, items):
            at = next((k for k, item in enumerate(items) if not _is_infinite(item)), 0)
            changed = (*items[:at], perturbed_answer(items[at]), *items[at + 1 :])
            return replace(answer, items=changed)
        case Collection(items) if items and all(isinstance(item, Value) for item in items):
            # One alone might become another that is there, as in `0, 1, -0`.
            return replace(answer, items=tuple(map(perturbed_answer, items)))
        case Collection(items):  # `1, 1, 2` with another 1 is the same set
            others = (perturbed_answer(i) if i == items[0] else i for i in items)
            return replace(answer, items=tuple(others) or (_ZERO,))
        case SetOperation(_, parts):
            return replace(answer, parts=(perturbed_answer(parts[0]), *parts[1:]))
        case Relation():
            return _relation(answer)
        case SetBuilder(_, condition):
            return replace(answer, condition=perturbed_answer(condition))
        case Based(digits, base):
            last = "1" if digits[-1] == "0" else "0"
            return Based(digits[:-1] + last, base)
        case ClockTime(minute=minute):
            return replace(answer, minute=(minute + 1) % 60)
        case Ratio(parts):
            return Ratio((_larger(parts[0]), *parts[1:]))
        case Congruence():
            return replace(answer, residue=_larger(answer.residue))
        case Piecewise(((value, condition), *rest)):
            return Piecewise(((perturbed_answer(value), condition), *rest))
        case Restricted():
            return replace(answer, answer=perturbed_answer(answer.answer))
        case Words(text):
            return Words(text[4:] if text.startswith("not ") else f"not {text}")
    return Words("something else")


def _is_infinite(item: Answer) -> bool:
    return isinstance(item, Value) and traits_of(item.expression).infinite


def _larger(tree: Expression) -> Expression:
    if tree == _INFINITE:
        return Negative(_INFINITE)
    if traits_of(tree).infinite:
        return Number(Fraction(0))
    if isinstance(tree, Matrix):
        (first, *row), *rows = tree.rows
        return Matrix(((_larger(first), *row), *rows))
    if tree == Symbol("R"):
        return Number(Fraction(0))
    traits = traits_of(tree)
    tiny = "factorial" in traits.functions and not traits.variables  # 1/2004! + 1 is hard to see
    if traits.matrix or tiny:
        return Product((_TWO, tree))
    return Sum((tree, _ONE))


def _relation(answer: Relation) -> Answer:
    """Change the last side that states something."""
    signs = answer.signs
    if signs == ("perp",):
        return replace(answer, sides=(answer.sides[0], answer.sides[0]))
    if signs == ("in",) and answer.sides[1].is_name:  # `x \in \mathbb{R}`
        other = replace(answer.sides[1], answer=Collection((_ZERO,), braces=True), is_name=False)
        return replace(answer, sides=(answer.sides[0], other))
    named = answer.sides[0].is_name
    rough = (k for k, sign in enumerate(signs) if sign == "~" and (k or not named))
    stated = 1 + next(rough, len(signs))
    for at in range(stated - 1, -1, -1):
        side = answer.sides[at]
        if side.answer is not None and not (side.is_name and isinstance(side.answer, Value)):
            changed = replace(side, answer=perturbed_answer(side.answer), is_name=False)
            return replace(answer, sides=(*answer.sides[:at], changed, *answer.sides[at + 1 :]))
    if "=" not in signs:  # names in order, `f(2) < f(1) < f(4)`
        return replace(answer, sides=(*answer.sides[:-2], answer.sides[-1], answer.sides[-2]))
    last = answer.sides[-1]
    if not isinstance(last.answer, Value):
        return Words("something else")
    changed = replace(last, answer=perturbed_answer(last.answer), is_name=False)
    return replace(answer, sides=(*answer.sides[:-1], changed))
