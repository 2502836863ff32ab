"""Equality of functions by cases, and of residues with their modulus."""

from collections.abc import Callable
from fractions import Fraction

from verification.arithmetic.equality import same_expression
from verification.arithmetic.exact import ExactEvaluator, InexactError
from verification.arithmetic.marks import Marks
from verification.arithmetic.terms import Terms
from verification.comparing.assignments import is_unknown, same_name
from verification.tree.bounds import UndecidedError, UndefinedError
from verification.tree.syntax import (
    Answer,
    Congruence,
    Expression,
    Piecewise,
    Value,
)
from verification.tree.traits import traits_of

Same = Callable[[Answer, Answer], bool]


def same_piecewise(left: Piecewise, right: Piecewise, same: Same) -> bool:
    """Compare two functions by cases, the order of the cases free.

    Different only where the conditions agree one by one and a value does not: the same function
    may be cut at other places.
    """
    if len(left.pieces) != len(right.pieces):
        raise UndecidedError("functions by cases that are cut differently")
    rest = list(right.pieces)
    different = False
    for value, condition in left.pieces:
        match = next((piece for piece in rest if _agrees(condition, piece[1], same)), None)
        if match is None:
            raise UndecidedError("functions by cases that are cut differently")
        rest.remove(match)
        different |= not same(value, match[0])
        if different and not (_is_plain(value) and _is_plain(match[0])):
            raise UndecidedError("values that may agree where their case holds")
    return not different


def _agrees(left: Answer, right: Answer, same: Same) -> bool:
    try:
        return same(left, right)
    except UndecidedError:
        return False


def _is_plain(value: Answer) -> bool:
    """Say whether a value has no root or modulus that a case could resolve: `|x|` for x > 0."""
    if not isinstance(value, Value):
        return False
    traits = traits_of(value.expression)
    return not (traits.branching or traits.of_integers or traits.functions & {"abs", "floor"})


def same_congruence(left: Congruence, right: Congruence, terms: Terms) -> bool:
    """Compare two residues; a name may be missing on one side, the modulus may not."""
    if left.name and right.name and not same_name(left.name, right.name):
        if is_unknown(left.name) and is_unknown(right.name):
            return False
        raise UndecidedError("congruences of different terms")
    modulus = _integer(left.modulus, terms)
    other = _integer(right.modulus, terms)
    if modulus is not None and other is not None and abs(modulus) != abs(other):
        return False
    residues = _integer(left.residue, terms), _integer(right.residue, terms)
    if modulus and residues[0] is not None and residues[1] is not None:
        return (residues[0] - residues[1]) % modulus == 0
    if same_expression(left.modulus, right.modulus, terms) and same_expression(
        left.residue, right.residue, terms
    ):
        return True
    raise UndecidedError("residues that are no integers")


def residue_as_number(congruence: Congruence, number: Answer, terms: Terms) -> bool:
    """Compare a residue with a bare number: no other than one of its class may be meant by it."""
    if isinstance(number, Value):
        values = _integer(congruence.residue, terms), _integer(congruence.modulus, terms)
        stated = _integer(number.expression, terms)
        known = stated is not None and values[0] is not None and values[1]
        if known and (stated - values[0]) % values[1]:  # type: ignore[operator]
            return False
    raise UndecidedError("a residue without its modulus")


def _integer(tree: Expression, terms: Terms) -> Fraction | None:
    if traits_of(tree).variables:
        return None
    try:
        value = ExactEvaluator({}, Marks(), terms.budget).value(tree)
    except (InexactError, UndefinedError, UndecidedError):
        return None
    return value if value.denominator == 1 else None
