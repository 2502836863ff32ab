r"""What an equality states: the value of an assignment, the last member of a chain."""

import re
from dataclasses import dataclass
from itertools import pairwise

from verification.arithmetic.equality import same_expression
from verification.arithmetic.probes import number_at
from verification.arithmetic.terms import Terms, every
from verification.comparing.regions import region_of, same_region
from verification.tree.bounds import UndecidedError
from verification.tree.renaming import names_in
from verification.tree.signs import signed_readings
from verification.tree.syntax import (
    Answer,
    Applied,
    Call,
    Expression,
    Matrix,
    Number,
    Product,
    Relation,
    Side,
    Symbol,
    Tuple,
    Value,
)
from verification.tree.traits import traits_of, walk

_LETTER = re.compile(r"[a-z](?:_\w+)?")
_MOST_PLACES = 12
_ROUGH = 0.05
"""An approximation further off than this is a slip, not a rounding."""


class ContradictionError(Exception):
    """The answer contradicts itself, like `8 = 7`: it is wrong whatever the gold is."""


@dataclass(frozen=True, slots=True)
class Named:
    """A value and the name the answer gave it; the name is empty for a chain of equal numbers."""

    name: str
    value: Answer
    subject: Answer | None = None
    """What the name means where it is an expression: `\\frac{AB}{CD}`, `\\sin A`."""


def named_value(relation: Relation, terms: Terms) -> Named | None:
    r"""Return what an assignment or chain of equalities states, None for a genuine relation.

    `x = 5`, `5 = x`, `f(x) = x^2`, `\frac{NO}{BO} = \frac12`, `x \in [0,1)`, `\frac62 = 3`,
    `\frac{77}{3} \approx 25.67`. Raises ContradictionError where closed sides differ.
    """
    sides, signs = relation.sides, relation.signs
    if len(signs) == 1 and signs[0] in ("~", "equiv") and sides[0].is_name:
        signs = ("=",)
    if "~" in signs:
        _refuse_rough(relation, terms)
    while signs and signs[-1] == "~":
        sides, signs = sides[:-1], signs[:-1]
    if not signs:
        return _named("", sides[0])
    if signs == ("in",) and sides[0].is_name:
        return _named("", sides[1])
    if set(signs) != {"="}:
        return None
    return _assignment(sides, terms) or _chain(sides, terms)


def _named(name: str, side: Side, subject: Answer | None = None) -> Named | None:
    return None if side.answer is None else Named(name, side.answer, subject)


def _assignment(sides: tuple[Side, ...], terms: Terms) -> Named | None:
    first, last = sides[0], sides[-1]
    if first.is_name and not _is_product(first):
        _refuse_contradiction([side for side in sides[1:] if _is_closed(side)], terms)
        if any(_mentions(side, first.text) for side in sides[1:-1]):
            raise UndecidedError("several equations in one")
        return _named(first.text, last, first.answer)
    if len(sides) == 2 and last.is_name and not _is_product(last) and _is_closed(first):
        return _named(last.text, first, last.answer)
    if _is_quantity(first) and _is_closed(last):
        return _named(first.text, last, first.answer)
    if _is_interval(first, last):
        return _named("", last)
    point = _point_of_names(first)
    if point and not any(point & names_in(s.answer) for s in sides[1:] if s.answer is not None):
        return _named(f"({','.join(sorted(point))})", last)
    return None


def _is_product(side: Side) -> bool:
    r"""Say whether a side is made of unknowns, so that `xy = 6` and `|x| = 3` are equations."""
    if not isinstance(side.answer, Value) or "(" in side.text:
        return False
    tree = side.answer.expression
    names = traits_of(tree).variables
    made = isinstance(tree, Product) or (isinstance(tree, Call) and tree.function == "abs")
    return made and bool(names) and all(map(_LETTER.fullmatch, names))


def _refuse_contradiction(sides: list[Side], terms: Terms) -> None:
    """Raise ContradictionError where closed sides of one chain differ: `x = 2 = 3`."""
    trees = [side.answer.expression for side in sides if isinstance(side.answer, Value)]
    for left, right in pairwise(trees):
        try:
            same = same_expression(left, right, terms)
        except UndecidedError:
            continue
        if not same:
            raise ContradictionError("the sides of a chain differ")


def _refuse_rough(relation: Relation, terms: Terms) -> None:
    r"""Raise ContradictionError where `a \approx b` is off by more than a rounding could be."""
    for left, right, sign in zip(relation.sides, relation.sides[1:], relation.signs, strict=False):
        if sign != "~" or not (_is_closed(left) and _is_closed(right)):
            continue
        x, y = (_closed_number(side, terms) for side in (left, right))
        if x is None or y is None:
            continue
        allowed = max(max(abs(x), abs(y)) * _ROUGH, _last_place(right))
        if abs(x - y) > allowed:
            raise ContradictionError("an approximation far off its value")


def _last_place(side: Side) -> float:
    """Return the unit of the last decimal: 0.001 for `0.005`, which may stand for 1/216."""
    match side.answer:
        case Value(Number(value)) if 10**_MOST_PLACES % value.denominator == 0:
            places = next(k for k in range(_MOST_PLACES + 1) if 10**k % value.denominator == 0)
            return float(10**-places)
    return 0.0


def _closed_number(side: Side, terms: Terms) -> float | None:
    if not isinstance(side.answer, Value):
        return None
    value = number_at(side.answer.expression, {}, terms)
    return None if value is None else float(value)


def _mentions(side: Side, name: str) -> bool:
    tree = side.answer.expression if isinstance(side.answer, Value) else None
    return tree is not None and name in traits_of(tree).variables


def _is_closed(side: Side) -> bool:
    return isinstance(side.answer, Value) and not traits_of(side.answer.expression).variables


def _is_quantity(side: Side) -> bool:
    r"""`\frac{NO}{BO}`, `f(1) + f(2)`, `P(A)`: made of named quantities, so not an unknown."""
    if not isinstance(side.answer, Value):
        return False
    atoms = [n for n in walk(side.answer.expression) if isinstance(n, Symbol | Applied)]
    outermost = [a for a in atoms if isinstance(a, Applied)]
    arguments = {id(node) for a in outermost for arg in a.arguments for node in walk(arg)}
    rest = [a for a in atoms if isinstance(a, Symbol) and id(a) not in arguments]
    return bool(atoms) and all(symbol.name[:1].isupper() for symbol in rest)


def _point_of_names(side: Side) -> set[str]:
    """Return the names of a column that is what an equation of a line gives, `(x, y, z) = ...`."""
    if not isinstance(side.answer, Value) or not isinstance(side.answer.expression, Matrix):
        return set()
    entries = [entry for row in side.answer.expression.rows for entry in row]
    names = {entry.name for entry in entries if isinstance(entry, Symbol)}
    return names if len(names) == len(entries) else set()


def _is_interval(first: Side, last: Side) -> bool:
    r"""`m \pm z = (26, 151)` works a formula for two ends out."""
    if not isinstance(first.answer, Value) or not isinstance(last.answer, Tuple):
        return False
    ends = [item for item in last.answer.items if isinstance(item, Value)]
    numbers = len(ends) == len(last.answer.items) == 2
    closed = numbers and not traits_of(*(end.expression for end in ends)).variables
    return closed and bool(traits_of(first.answer.expression).plus_minus)


def _chain(sides: tuple[Side, ...], terms: Terms) -> Named | None:
    """Return the last member of a chain of closed or identical sides."""
    if not any(isinstance(side.answer, Value) for side in sides):
        return _set_chain(sides, terms)
    if not all(isinstance(side.answer, Value) for side in sides):
        return None
    trees = [side.answer.expression for side in sides if isinstance(side.answer, Value)]
    closed = not traits_of(*trees).variables
    try:
        identical = every(lambda a, b: _same_signed(a, b, terms), pairwise(trees))
    except UndecidedError:
        if closed:  # a limit or integral, and the value it is said to have
            return _named(sides[0].text, sides[-1], sides[0].answer)
        identical = False
    if identical:
        return _named("", sides[-1])
    if closed:
        raise ContradictionError("the sides of a chain differ")
    return None


def _same_signed(left: Expression, right: Expression, terms: Terms) -> bool:
    """Compare two members of a chain, sign by sign where they have double signs."""
    pairs = list(zip(signed_readings(left), signed_readings(right), strict=False))
    return every(lambda a, b: same_expression(a, b, terms), pairs)


def _set_chain(sides: tuple[Side, ...], terms: Terms) -> Named | None:
    r"""Return the last of several equal sets or points, `[\frac42, 3) = [2, 3)`."""
    regions = [None if s.answer is None else region_of(s.answer, terms) for s in sides]
    for left, right in pairwise(regions):
        if left is not None and right is not None and not same_region(left, right, terms):
            raise ContradictionError("the sides of a chain differ")
    return _named("", sides[-1])


_UNKNOWN = re.compile(r"(\\[a-zA-Z]+|[a-zA-Z])(?:_(\w+))?'*")
"""A variable: a letter or command, perhaps with a subscript."""


def is_unknown(name: str) -> bool:
    """Say whether the name is a variable, perhaps with a subscript."""
    return _UNKNOWN.fullmatch(name) is not None


def same_name(left: str, right: str) -> bool:
    r"""`m_{\max}` may be called `m`, but `w_0` is not `w_3`, and `x_1` is not `x`."""
    names = _UNKNOWN.fullmatch(left), _UNKNOWN.fullmatch(right)
    if left == right or not names[0] or not names[1]:
        return left == right
    if names[0][1] != names[1][1] or (names[0][2] and names[1][2]):
        return False
    return not (names[0][2] or names[1][2] or "").isdigit()
