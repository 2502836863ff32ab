"""Constants that may go by any name: `x^2 + C` is `x^2 + K`; C_1 and C_2 may be exchanged."""

import re
from fractions import Fraction
from itertools import permutations

from verification.arithmetic.equality import same_expression
from verification.arithmetic.terms import Terms
from verification.tree.bounds import UndecidedError
from verification.tree.renaming import renamed
from verification.tree.syntax import (
    Answer,
    Expression,
    Negative,
    Number,
    Relation,
    Sum,
    Symbol,
    Value,
)
from verification.tree.traits import traits_of

_ADDED = re.compile(r"[CcK](?:_\w)?")
_NUMBERED = re.compile(r"([CcAk])_(\d)")
_ARBITRARY = re.compile(r"[A-D]|[CcAk]_\d")
_FREE = re.compile(r"[xyzturs]|\\theta|\\phi")
_PROBE = Number(Fraction(7, 3))
_MOST = 4


def same_but_for_constants(left: Answer, right: Answer, terms: Terms) -> bool:
    """Say whether renaming integration constants makes two answers equal."""
    ours, theirs = _stated(left), _stated(right)
    if ours is None or theirs is None:
        return False
    try:
        return _same_antiderivative(ours, theirs, terms) or _same_exchanged(ours, theirs, terms)
    except UndecidedError:
        return False


def _stated(answer: Answer) -> Expression | None:
    if isinstance(answer, Relation) and answer.signs == ("=",) and answer.sides[0].is_name:
        answer = answer.sides[1].answer or answer
    return answer.expression if isinstance(answer, Value) else None


def _without_constant(tree: Expression) -> Expression | None:
    """Return the sum without its added constant, None where there is none."""
    if not isinstance(tree, Sum):
        return None
    added = [t for t in tree.terms if isinstance(t, Symbol) and _ADDED.fullmatch(t.name)]
    if len(added) != 1:
        return None
    rest = Sum(tuple(term for term in tree.terms if term is not added[0]))
    names = traits_of(rest).variables
    return rest if added[0].name not in names and any(map(_FREE.fullmatch, names)) else None


def _same_antiderivative(left: Expression, right: Expression, terms: Terms) -> bool:
    """Say whether two sums with an added constant differ by a constant."""
    ours, theirs = _without_constant(left), _without_constant(right)
    if ours is None or theirs is None:
        return False
    if same_expression(ours, theirs, terms):
        return True
    names = [n for n in traits_of(ours, theirs).variables if _FREE.fullmatch(n)]
    if len(names) != 1:
        return False
    difference = Sum((ours, Negative(theirs)))
    return same_expression(difference, renamed(difference, {names[0]: _PROBE}), terms)


def _arbitrary(tree: Expression) -> list[str]:
    return sorted(name for name in traits_of(tree).variables if _ARBITRARY.fullmatch(name))


def _same_exchanged(left: Expression, right: Expression, terms: Terms) -> bool:
    ours = sorted(n for n in traits_of(left).variables if _NUMBERED.fullmatch(n))
    theirs = sorted(n for n in traits_of(right).variables if _NUMBERED.fullmatch(n))
    if bool(ours) != bool(theirs):  # `A e^x + B` and `C_1 e^x + C_2`
        ours, theirs = (_arbitrary(side) for side in (left, right))
    if not 2 <= len(ours) == len(theirs) <= _MOST:
        return False
    if len({name[0] for name in ours if "_" in name}) > 1:
        return False
    return any(
        same_expression(
            left, renamed(right, dict(zip(theirs, map(Symbol, order), strict=True))), terms
        )
        for order in permutations(ours)
    )
