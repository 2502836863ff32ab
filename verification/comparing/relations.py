r"""Equations, inequalities and assignments.

Two equations in the same unknowns are the same if their residuals, left side minus right side, are
proportional at random points (after clearing denominators). They differ if a point that solves one,
found by the secant method, does not solve the other. Two inequalities are the same if their
residuals are proportional with the right sign, and differ if a random point satisfies only one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from verification.arithmetic.equality import same_expression
from verification.arithmetic.matrix_algebra import reduced
from verification.arithmetic.precision import Real
from verification.arithmetic.probes import closely_at, number_at, points
from verification.arithmetic.terms import Terms, every
from verification.tree.bounds import MAX_BITS, UndecidedError
from verification.tree.polynomials import cleared, polynomial_degree
from verification.tree.syntax import Expression, Negative, Relation, Side, Sign, Sum, Value
from verification.tree.traits import traits_of

_FLIPPED: Mapping[Sign, Sign] = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
_COMPARISONS = set(_FLIPPED)
_SEGMENT = re.compile("[A-Z]{2}")
_NEEDED = 4
_MANY = 80
"""Points at which chains are tried: few satisfy a chain at all."""
_STARTS, _STEPS = 6, 24


def same_relation(left: Relation, right: Relation, terms: Terms) -> bool:
    """Say whether two genuine relations hold for the same values of their variables."""
    if left.signs == right.signs == ("perp",):
        return _same_pair(left, right)
    left, right = _increasing(left), _increasing(right)
    if left == right or _same_sides(left, right, terms):
        return True
    if not traits_of(*_trees(left), *_trees(right)).variables:
        return False  # true or false, statements about numbers are the same in the same words
    if len(left.signs) != 1 or len(right.signs) != 1:
        return _different_chains(left, right, terms)
    (sign,), (other,) = left.signs, right.signs
    kinds = {sign, other}
    if kinds <= {"=", "~", "equiv"} or kinds == {"!="}:
        return _Relations(_residual(left), _residual(right), terms).same_equation()
    if kinds <= _COMPARISONS:
        if (sign in ("<", ">")) != (other in ("<", ">")):
            return False
        return _Relations(_residual(left), _residual(right), terms).same_inequality()
    if kinds & {"=", "!="} and kinds <= _COMPARISONS | {"=", "!=", "~"}:
        return False
    raise UndecidedError("relations without arithmetic")


def _same_pair(left: Relation, right: Relation) -> bool:
    r"""Compare `u \perp v` with `v \perp u`, a segment being the same from either end."""
    if not all(side.is_name for side in (*left.sides, *right.sides)):
        raise UndecidedError("relations without arithmetic")
    ours, theirs = (
        {"".join(sorted(s.text)) if _SEGMENT.fullmatch(s.text) else s.text for s in r.sides}
        for r in (left, right)
    )
    return ours == theirs


def _increasing(relation: Relation) -> Relation:
    """Write a chain of `>` from its other end, so that the smallest side comes first."""
    if set(relation.signs) <= {">", ">="}:
        signs = tuple(_FLIPPED[sign] for sign in reversed(relation.signs))
        return Relation(relation.sides[::-1], signs)
    return relation


def _same_sides(left: Relation, right: Relation, terms: Terms) -> bool:
    """Say whether the sides agree one by one; says nothing where they do not."""
    if left.signs != right.signs or len(left.sides) != len(right.sides):
        return False
    try:
        return every(
            lambda a, b: _same_side(a, b, terms), zip(left.sides, right.sides, strict=True)
        )
    except UndecidedError:
        return False


def _same_side(left: Side, right: Side, terms: Terms) -> bool:
    if left.text == right.text or (left.answer is not None and left.answer == right.answer):
        return True
    if isinstance(left.answer, Value) and isinstance(right.answer, Value):
        return same_expression(left.answer.expression, right.answer.expression, terms)
    return False


def _different_chains(left: Relation, right: Relation, terms: Terms) -> bool:
    """Say that two chains of inequalities differ, once a point satisfies only one of them."""
    if not set(left.signs) | set(right.signs) <= _COMPARISONS:
        raise UndecidedError("a chain of relations")
    names = traits_of(*_trees(left), *_trees(right)).variables
    for point in points(names, _MANY):
        truths = [holds(relation, point, terms) for relation in (left, right)]
        if None not in truths and truths[0] != truths[1]:
            return False
    raise UndecidedError("chains of inequalities")


def _trees(relation: Relation) -> list[Expression]:
    trees = [reduced(s.answer.expression) for s in relation.sides if isinstance(s.answer, Value)]
    if len(trees) != len(relation.sides):
        raise UndecidedError("a relation between things that are no numbers")
    return trees


def _residual(relation: Relation) -> Expression:
    """Left minus right; sides are in increasing order, so negative means satisfied."""
    left, right = _trees(relation)
    return Sum((left, Negative(right)))


def holds(relation: Relation, point: Mapping[str, Fraction], terms: Terms) -> bool | None:
    """Say whether a chain of comparisons holds at a point; None where a side has no value."""
    values = [number_at(tree, point, terms) for tree in _trees(relation)]
    if any(value is None for value in values):
        return None
    for (a, b), sign in zip(pairwise(values), relation.signs, strict=True):
        difference = _minus(a, b)
        if (sign in ("<", "<=") and difference >= 0) or (sign in (">", ">=") and difference <= 0):
            return False
    return True


def _apart(x: Real, y: Real, hidden: int) -> bool:
    """Say whether two numbers differ where terms may be smaller by `hidden` digits."""
    difference = x - y
    if isinstance(difference, Fraction):
        return difference != 0
    ctx = difference.context
    return bool(abs(difference) > abs(y) * ctx.mpf(10) ** (-30 - hidden))


def _minus(a: Real, b: Real) -> Real:
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        return a - b
    return float(a) - float(b)


@dataclass(frozen=True, slots=True)
class _Relations:
    """The residuals of two relations in one sign each."""

    left: Expression
    right: Expression
    terms: Terms

    def same_equation(self) -> bool:
        if self._ratio(self.left, self.right) is not None:
            return True
        tops = cleared(self.left)[0], cleared(self.right)[0]
        if tops != (self.left, self.right) and self._ratio(*tops) is not None:
            return True
        if self._has_witness(self.left, self.right) or self._has_witness(self.right, self.left):
            return False
        degree = polynomial_degree(tops[0])
        if degree is not None and degree == polynomial_degree(tops[1]):
            return False
        raise UndecidedError("equations that are not proportional")

    def same_inequality(self) -> bool:
        ratio = self._ratio(self.left, self.right)
        if ratio is not None and ratio > 0:
            return True
        for point in points(traits_of(self.left, self.right).variables):
            x, y = (number_at(tree, point, self.terms) for tree in (self.left, self.right))
            if x is not None and y is not None and x != 0 and y != 0 and (x < 0) != (y < 0):
                return False
        if self._has_witness(self.left, self.right) or self._has_witness(self.right, self.left):
            return False
        if ratio is None and self._is_affine(self.left) and self._is_affine(self.right):
            return False  # half spaces with different borders
        raise UndecidedError("inequalities that are not proportional")

    def _is_affine(self, tree: Expression) -> bool:
        """Say whether a residual changes evenly along a line through two points, at many of them.

        The middle of two points has the middle of their values.
        """
        some = list(points(traits_of(self.left, self.right).variables, 5))
        for p, q in pairwise(some):
            middle = {name: (p[name] + q[name]) / 2 for name in p}
            found = [closely_at(tree, point, self.terms) for point in (p, middle, q)]
            if None in found:
                return False
            low, at, high = (f.value for f in found if f)
            hidden = max(f.hidden for f in found if f)
            if _apart(low + high, 2 * at, hidden):
                return False
        return True

    def _ratio(self, left: Expression, right: Expression) -> Real | None:
        """Return the constant right / left; None if it is not constant or cannot be seen."""
        ratios: list[Real] = []
        for point in points(traits_of(left, right).variables):
            a, b = (closely_at(tree, point, self.terms) for tree in (left, right))
            if a is None or b is None:
                continue
            x, y = a.value, b.value
            if x == 0 or y == 0:
                if x == y:
                    continue
                return None
            if not isinstance(x, Fraction) and isinstance(y, Fraction):
                y = x.context.mpf(y.numerator) / y.denominator
            elif isinstance(x, Fraction) and not isinstance(y, Fraction):
                x = y.context.mpf(x.numerator) / x.denominator
            ratios.append(y / x)
            if _apart(ratios[-1], ratios[0], max(a.hidden, b.hidden)):
                return None
        return ratios[0] if len(ratios) >= _NEEDED else None

    def _has_witness(self, left: Expression, right: Expression) -> bool:
        """Say whether some real point solves `left` = 0 and leaves `right` clearly not 0.

        `left` has to change its sign there: then a point close by satisfies only one inequality,
        too, and an equation like x^2 = 0 whose residual only touches 0 is left undecided.
        """
        names = sorted(traits_of(left).variables)
        for attempt, point in enumerate(points(traits_of(left, right).variables)):
            if attempt >= _STARTS or not names:
                return False
            unknown = names[attempt % len(names)]
            solution = self._solve(left, unknown, point)
            if solution is None:
                continue
            value = number_at(right, solution, self.terms)
            if value is not None and abs(value) > 1e-9 and self._crosses(left, unknown, solution):
                return True
        return False

    def _crosses(self, tree: Expression, unknown: str, point: dict[str, Fraction]) -> bool:
        aside = Fraction(1, 10**6)
        near = [
            number_at(tree, {**point, unknown: point[unknown] + step}, self.terms)
            for step in (-aside, aside)
        ]
        return near[0] is not None and near[1] is not None and (near[0] < 0) != (near[1] < 0)

    def _solve(
        self, tree: Expression, unknown: str, point: dict[str, Fraction]
    ) -> dict[str, Fraction] | None:
        """Move `unknown` by the secant method until the residual vanishes."""
        before, at = point[unknown], point[unknown] + Fraction(1, 3)
        value = number_at(tree, {**point, unknown: before}, self.terms)
        for _ in range(_STEPS):
            previous, value = value, number_at(tree, {**point, unknown: at}, self.terms)
            if value is None or previous is None:
                return None
            if abs(value) < 1e-25:
                return {**point, unknown: at}
            if value == previous:
                return None
            here, there = _rational(value), _rational(previous)
            if here is None or there is None:
                return None
            step = here * (at - before) / (here - there)
            before, at = at, Fraction(round((at - step) * 2**140), 2**140)
            if abs(at) > 10**6:
                return None
        return None


def _rational(value: Real) -> Fraction | None:
    """Return a number exactly; None where a fraction of it would be too large to compute with."""
    if isinstance(value, Fraction):
        return value
    sign, mantissa, exponent, _ = value._mpf_
    if abs(exponent) > MAX_BITS:
        return None
    scaled = Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
    return -scaled if sign else scaled
