r"""Subsets of the real line: intervals, unions, inequalities and sets of points as one form.

`[8,\infty)`, `x \ge 8`, `\{x \mid x \ge 8\}` and `x \in [8,\infty)` are the same list of intervals.
Endpoints keep their exact expressions; numbers only put them in order.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from verification.arithmetic.equality import same_expression
from verification.arithmetic.exact import ExactEvaluator, InexactError
from verification.arithmetic.marks import Marks
from verification.arithmetic.numeric import NumericEvaluator
from verification.arithmetic.precision import Real
from verification.arithmetic.terms import Terms, every
from verification.tree.bounds import MAX_ITEMS, TooLargeError, UndecidedError, UndefinedError
from verification.tree.signs import signed_readings
from verification.tree.syntax import (
    Answer,
    Applied,
    Call,
    Collection,
    Constant,
    Expression,
    Negative,
    Number,
    Relation,
    SetBuilder,
    SetOperation,
    Sum,
    Symbol,
    Tuple,
    Value,
)
from verification.tree.traits import traits_of

_INFINITE = Constant("infinity")
_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "!=": "!="}
_UNKNOWNS = set("xyzXYZ")
"""Which letter of `x < a` is asked for."""
_PROBES = tuple(map(Fraction, (0, 1, 3, -7, 20)))
_DIGITS = 60


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where an interval ends: an expression, its place on the line, and whether it belongs."""

    expression: Expression
    place: Real
    """The number, an infinity, or None where the expression holds variables."""
    closed: bool


@dataclass(frozen=True, slots=True)
class Interval:
    """A connected piece of the line; a point is an interval that is closed at one place."""

    low: Endpoint
    high: Endpoint

    @property
    def symbolic(self) -> bool:
        """Whether an endpoint holds variables."""
        return self.low.place is None or self.high.place is None


Region = list[Interval]


def region_of(answer: Answer, terms: Terms) -> Region | None:
    """Return the subset of the real line that `answer` denotes, None if it is no such subset."""
    match answer:
        case SetOperation(kind, parts):
            return _combined(kind, [region_of(part, terms) for part in parts])
        case Tuple("(" | "[", (Value(low), Value(high)), ")" | "]"):
            ends = (
                _endpoint(low, answer.opening == "[", terms),
                _endpoint(high, answer.closing == "]", terms),
            )
            return [Interval(*ends)]
        case Collection(items, braces=True):
            return _points(items, terms)
        case Collection(items, joined_by=joint) if items:
            return _joined(items, joint, terms)
        case SetBuilder(variable, condition, None):
            about = subjects(condition)
            return region_of(condition, terms) if variable in about or not about else None
        case Value(Symbol("R")):
            return [_line()]
        case Relation():
            return _relation(answer, terms)
    return None


def same_region(left: Region, right: Region, terms: Terms) -> bool:
    """Say whether two regions are the same set."""
    if any(interval.symbolic for interval in (*left, *right)):
        return _same_symbolic(left, right, terms)
    left, right = canonical(left), canonical(right)
    if len(left) != len(right):
        return False
    return every(lambda a, b: _same_interval(a, b, terms), list(zip(left, right, strict=True)))


def _same_interval(left: Interval, right: Interval, terms: Terms) -> bool:
    ends = [(left.low, right.low), (left.high, right.high)]
    if any(a.closed != b.closed for a, b in ends):
        return False
    return every(lambda a, b: same_expression(a.expression, b.expression, terms), ends)


def _same_symbolic(left: Region, right: Region, terms: Terms) -> bool:
    if len(left) != len(right):
        raise UndecidedError("intervals whose order depends on variables")
    if len(left) == 1:
        return _same_interval(left[0], right[0], terms)
    if all(any(_same_interval(a, b, terms) for b in right) for a in left):
        return True
    raise UndecidedError("intervals whose order depends on variables")


# Building


def _line() -> Interval:
    return Interval(_infinite(-1), _infinite(1))


def _infinite(sign: int) -> Endpoint:
    tree: Expression = _INFINITE if sign > 0 else Negative(_INFINITE)
    return Endpoint(tree, float("inf") * sign, False)


def _endpoint(tree: Expression, closed: bool, terms: Terms) -> Endpoint:
    if tree == _INFINITE:
        return replace(_infinite(1), closed=closed)
    if tree == Negative(_INFINITE):
        return replace(_infinite(-1), closed=closed)
    traits = traits_of(tree)
    if traits.infinite or traits.plus_minus or traits.matrix:
        raise UndecidedError("an interval with an unusual end")
    if traits.variables:
        return Endpoint(tree, None, closed)
    evaluator = NumericEvaluator({}, Marks(), budget=terms.budget, digits=_DIGITS)
    try:
        place = evaluator.value(tree)
    except (UndefinedError, TooLargeError) as error:
        raise UndecidedError("an end without a place on the line") from error
    if evaluator.ctx.im(place) != 0:
        raise UndecidedError("an interval with a complex end")
    return Endpoint(tree, evaluator.ctx.re(place), closed)


def _points(items: Sequence[Answer], terms: Terms) -> Region | None:
    region = []
    for item in items:
        if not isinstance(item, Value) or traits_of(item.expression).plus_minus:
            return None
        if item.expression in (_INFINITE, Negative(_INFINITE)):
            return None
        end = _endpoint(item.expression, True, terms)
        region.append(Interval(end, end))
    return region


def _joined(
    items: Sequence[Answer], joint: Literal["", "and", "or"], terms: Terms
) -> Region | None:
    """Unite relations joined by `or` or a comma, intersect those joined by `and`.

    A comma between two half lines that together cover the line means `and`: `x > 1, x < 3`.
    """
    if not all(isinstance(item, Relation | Tuple) for item in items):
        return None
    if not any(isinstance(item, Relation) for item in items):
        return None
    if len(subjects(Collection(tuple(items)))) > 1:
        return None
    regions = [region_of(item, terms) for item in items]
    if joint == "and":
        return _combined("intersection", regions)
    united = _combined("union", regions)
    if united is None or joint == "or" or any(interval.symbolic for interval in united):
        return united
    covered = canonical(united)
    if (len(covered) == 1 and covered[0] == _line()) or _is_punctured(items):
        return _combined("intersection", regions)
    return united


def subjects(answer: Answer) -> set[str]:
    """Return the names that stand alone on the left of the relations of an answer."""
    items = answer.items if isinstance(answer, Collection) else (answer,)
    firsts = [item.sides[0] for item in items if isinstance(item, Relation)]
    return {side.text for side in firsts if side.is_name}


def _is_punctured(items: Sequence[Answer]) -> bool:
    r"""`x \ne 1, x \\ne 2` leaves both points out."""
    return any(isinstance(item, Relation) and "!=" in item.signs for item in items)


def _relation(relation: Relation, terms: Terms) -> Region | None:
    last = relation.sides[-1]
    if relation.signs in (("in",), ("notin",)):
        region = None if last.answer is None else region_of(last.answer, terms)
        if region is None or relation.signs == ("in",):
            return region
        return complement(region)
    first = relation.sides[0]
    if relation.signs == ("=",) and first.is_name and first.text.isalpha() and len(first.text) == 1:
        point = relation.sides[1].answer
        return None if point is None else _points([point], terms)
    if not set(relation.signs) <= set(_FLIPPED):
        return None
    trees: list[Expression] = []
    for side in relation.sides:
        if (
            isinstance(side.answer, Value)
            and side.answer.unit is None
            and not _is_jumble(side.text)
        ):
            trees.append(side.answer.expression)
        elif side.is_name:
            trees.append(Symbol(side.text))
        else:
            return None
    variables = _unknowns(trees)
    if variables is None:
        return None
    regions = [
        _inequality(trees[k], sign, trees[k + 1], variables, terms)
        for k, sign in enumerate(relation.signs)
    ]
    return regions[0] if len(regions) == 1 else _combined("intersection", regions)


def _is_jumble(text: str) -> bool:
    """`AB` in `AB > 5` is one length, not a product."""
    return len(text) > 1 and text.isalpha() and text.isupper()


def _unknowns(trees: list[Expression]) -> str | None:
    """Return the one variable of an inequality, or the one that stands alone on a side."""
    everything = traits_of(*trees)
    if len(everything.variables) == 1 and not everything.infinite:
        return next(iter(everything.variables))
    if len(everything.variables) == 1:
        return None
    if len(trees) == 3:
        return trees[1].name if isinstance(trees[1], Symbol) else None
    alone = [tree.name for tree in trees if isinstance(tree, Symbol)]
    likely = [name for name in alone if name in _UNKNOWNS]
    alone = likely if len(alone) == 2 else alone
    return alone[0] if len(alone) == 1 else None


def _inequality(
    left: Expression, sign: str, right: Expression, unknown: str, terms: Terms
) -> Region | None:
    """Solve one inequality for the unknown: alone, linear, or a linear one inside `|...|`."""
    if unknown not in traits_of(left).variables:
        left, sign, right = right, _FLIPPED[sign], left
    if unknown in traits_of(right).variables:
        return _linear(left, sign, right, unknown, terms)
    if isinstance(left, Symbol | Applied):
        return _half_line(sign, right, terms)
    if isinstance(left, Call) and left.function == "abs":
        inner = left.arguments[0]
        low = _inequality(inner, _FLIPPED[sign], Negative(right), unknown, terms)
        high = _inequality(inner, sign, right, unknown, terms)
        return _combined("intersection" if sign in ("<", "<=", "!=") else "union", [low, high])
    return _linear(left, sign, right, unknown, terms)


def _half_line(sign: str, bound: Expression, terms: Terms) -> Region:
    if sign == "!=":
        points = [_endpoint(reading, True, terms) for reading in signed_readings(bound)]
        return complement([Interval(point, point) for point in points])
    end = _endpoint(bound, sign in ("<=", ">="), terms)
    if sign in ("<", "<="):
        return [Interval(_infinite(-1), end)]
    return [Interval(end, _infinite(1))]


def _linear(
    left: Expression, sign: str, right: Expression, unknown: str, terms: Terms
) -> Region | None:
    """Solve `m x + b < 0` with rational m and b, read off at five points of the difference."""
    difference = Sum((left, Negative(right)))
    if traits_of(difference).variables != {unknown}:
        return None
    try:
        values = [
            ExactEvaluator({unknown: probe}, Marks(), terms.budget).value(difference)
            for probe in _PROBES
        ]
    except (InexactError, UndefinedError):
        return None
    slope = values[1] - values[0]
    straight = all(
        value == values[0] + slope * probe for value, probe in zip(values, _PROBES, strict=True)
    )
    if not straight or slope == 0:
        return None
    return _half_line(sign if slope > 0 else _FLIPPED[sign], Number(-values[0] / slope), terms)


# Sets of intervals


def _combined(kind: str, regions: Sequence[Region | None]) -> Region | None:
    known = [region for region in regions if region is not None]
    if len(known) != len(regions):
        return None
    if kind == "union":
        return [interval for region in known for interval in region]
    if any(interval.symbolic for region in known for interval in region):
        return _symbolic_meet(known) if kind == "intersection" else None
    if kind == "difference":
        return intersection(known[0], complement(known[1]))
    meet = known[0]
    for region in known[1:]:
        meet = intersection(meet, region)
    return meet


def _symbolic_meet(regions: Sequence[Region]) -> Region | None:
    """Meet `a < x` with `x < b`: the ends are then a and b, whatever their values."""
    lows = [r[0].low for r in regions if len(r) == 1 and r[0].low.place != float("-inf")]
    highs = [r[0].high for r in regions if len(r) == 1 and r[0].high.place != float("inf")]
    if len(regions) == 2 and len(lows) == len(highs) == 1:
        return [Interval(lows[0], highs[0])]
    return None


def _order(interval: Interval) -> tuple[Real, bool]:
    return interval.low.place, not interval.low.closed


def _same_place(left: Real, right: Real) -> bool:
    if left == right:
        return True
    return bool(
        abs(left) != float("inf") and abs(right) != float("inf") and abs(left - right) < 1e-40
    )


def canonical(region: Region) -> Region:
    """Return the region as disjoint, separated intervals in order; empty ones are dropped."""
    if len(region) > MAX_ITEMS:
        raise UndecidedError(f"more than {MAX_ITEMS} intervals")
    merged: Region = []
    for interval in sorted(filter(_inhabited, region), key=_order):
        if merged and _touches(merged[-1].high, interval.low):
            merged[-1] = Interval(merged[-1].low, _further(merged[-1].high, interval.high))
        else:
            merged.append(interval)
    return merged


def _inhabited(interval: Interval) -> bool:
    low, high = interval.low, interval.high
    if _same_place(low.place, high.place):
        return low.closed and high.closed
    return bool(low.place < high.place)


def _touches(high: Endpoint, low: Endpoint) -> bool:
    if _same_place(high.place, low.place):
        return high.closed or low.closed
    return bool(low.place < high.place)


def _further(left: Endpoint, right: Endpoint) -> Endpoint:
    if _same_place(left.place, right.place):
        return left if left.closed else right
    return left if left.place > right.place else right


def complement(region: Region) -> Region:
    """Return the line without the region."""
    if any(interval.symbolic for interval in region):
        raise UndecidedError("the complement of a region whose ends are variables")
    gaps: Region = []
    start = _infinite(-1)
    for interval in canonical(region):
        gaps.append(Interval(start, replace(interval.low, closed=not interval.low.closed)))
        start = replace(interval.high, closed=not interval.high.closed)
    gaps.append(Interval(start, _infinite(1)))
    return [gap for gap in gaps if gap.low.place != float("inf") and _inhabited(gap)]


def intersection(left: Region, right: Region) -> Region:
    """Return what is in both, as the complement of the union of the complements."""
    return complement(complement(left) + complement(right))
