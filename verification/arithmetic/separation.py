r"""How far from zero an algebraic number must be if it is not zero.

The bound of Burnikel, Funke, Mehlhorn, Schirra and Schmitt (2001): a number built from integers by
`+ - * /` and roots is 0 or at least (u^(D-1) l)^-1 in size, with u and l read off its tree and D
the product of the degrees of its roots. Where that precision is paid for, equality is proven:
`\sqrt{4^{2012} + 1}` is then not `2^{2012}`.
"""

import math
from dataclasses import dataclass
from fractions import Fraction

from verification.tree.syntax import (
    Call,
    Constant,
    Expression,
    Negative,
    Number,
    Power,
    Product,
    Quotient,
    Sum,
)


@dataclass(frozen=True, slots=True)
class _Bound:
    """Binary logarithms of u and l, and the roots met."""

    upper: float
    lower: float
    roots: frozenset[tuple[Expression, int]]


class _NotAlgebraicError(Exception):
    """No bound is known."""


def separation_bits(tree: Expression) -> float | None:
    """Return b such that the closed `tree` is 0 or at least 2^-b; None where no bound is known."""
    try:
        bound = _of(tree)
    except _NotAlgebraicError:
        return None
    degree = math.prod(index for _, index in bound.roots)
    return (degree - 1) * max(bound.upper, 0.0) + bound.lower


def _of(tree: Expression) -> _Bound:
    match tree:
        case Number(value):
            return _Bound(_log(value.numerator), _log(value.denominator), frozenset())
        case Constant("i"):
            return _Bound(0.0, 0.0, frozenset({(tree, 2)}))
        case Negative(of) | Call("abs", (of,)):
            return _of(of)
        case Sum(terms):
            return _added([_of(term) for term in terms])
        case Product(factors):
            bounds = [_of(factor) for factor in factors]
            return _Bound(
                sum(b.upper for b in bounds), sum(b.lower for b in bounds), _roots(bounds)
            )
        case Quotient(top, bottom):
            a, b = _of(top), _of(bottom)
            return _Bound(a.upper + b.lower, a.lower + b.upper, a.roots | b.roots)
        case Call("sqrt", (radicand,)):
            return _root(radicand, 2, tree)
        case Call("root", (radicand, Number(index))) if index.denominator == 1 and index > 0:
            return _root(radicand, int(index), tree)
        case Power(base, exponent):
            return _power(base, _rational(exponent), tree)
    raise _NotAlgebraicError


def _log(value: int) -> float:
    return float(abs(value).bit_length())


def _roots(bounds: list[_Bound]) -> frozenset[tuple[Expression, int]]:
    return frozenset().union(*(bound.roots for bound in bounds))


def _added(bounds: list[_Bound]) -> _Bound:
    total = bounds[0]
    for bound in bounds[1:]:
        upper = max(total.upper + bound.lower, total.lower + bound.upper) + 1
        total = _Bound(upper, total.lower + bound.lower, total.roots | bound.roots)
    return total


def _root(radicand: Expression, index: int, tree: Expression) -> _Bound:
    inner = _of(radicand)
    roots = inner.roots | {(tree, index)}
    u, v = inner.upper, inner.lower
    if u >= v:
        return _Bound((u + (index - 1) * v) / index, v, roots)
    return _Bound(u, ((index - 1) * u + v) / index, roots)


def _rational(exponent: Expression) -> Fraction:
    match exponent:
        case Number(value):
            return value
        case Negative(of):
            return -_rational(of)
        case Quotient(Number(top), Number(bottom)) if bottom:
            return top / bottom
    raise _NotAlgebraicError


def _power(base: Expression, exponent: Fraction, tree: Expression) -> _Bound:
    bound = _of(base)
    times = abs(exponent.numerator)
    upper, lower = bound.upper * times, bound.lower * times
    if exponent < 0:
        upper, lower = lower, upper
    index = exponent.denominator
    roots = bound.roots
    if index > 1:
        roots |= {(tree, index)}
        if upper >= lower:
            upper = (upper + (index - 1) * lower) / index
        else:
            lower = ((index - 1) * upper + lower) / index
    return _Bound(upper, lower, roots)
