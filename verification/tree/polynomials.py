"""The shape of an expression as a polynomial or a quotient of polynomials."""

from fractions import Fraction

from verification.tree.syntax import (
    Applied,
    Constant,
    Expression,
    Negative,
    Number,
    Power,
    Product,
    Quotient,
    Sum,
    Symbol,
)
from verification.tree.traits import children, traits_of, walk

_MAX_DEGREE = 10**6


def polynomial_degree(tree: Expression) -> int | None:
    """Return the total degree as it is written, None where the tree is no polynomial."""
    match tree:
        case Number() | Constant("pi" | "e" | "i"):
            return 0
        case Symbol() | Applied():
            return 1
        case Negative(of):
            return polynomial_degree(of)
        case Sum(parts) | Product(parts):
            degrees = [polynomial_degree(part) for part in parts]
            known = [degree for degree in degrees if degree is not None]
            if len(known) < len(degrees):
                return None
            return max(known) if isinstance(tree, Sum) else sum(known)
        case Quotient(top, bottom) if not traits_of(bottom).variables:
            return polynomial_degree(top)
        case Power(base, Number(exponent)) if exponent.denominator == 1 and exponent >= 0:
            degree = polynomial_degree(base)
            return None if degree is None else min(degree * int(exponent), _MAX_DEGREE)
    return None if traits_of(tree).variables else 0


def cleared(tree: Expression) -> tuple[Expression, Expression]:
    """Return numerator and denominator of sums, products and quotients, not reduced."""
    one: Expression = Number(Fraction(1))
    if not any(isinstance(node, Quotient) for node in walk(tree)):
        return tree, one
    match tree:
        case Quotient(top, bottom):
            (a, b), (c, d) = cleared(top), cleared(bottom)
            return Product((a, d)), Product((b, c))
        case Negative(of):
            top, bottom = cleared(of)
            return Negative(top), bottom
        case Product(factors):
            parts = [cleared(factor) for factor in factors]
            return Product(tuple(p[0] for p in parts)), Product(tuple(p[1] for p in parts))
        case Sum(terms) if len(children(tree)) <= 12:
            parts = [cleared(term) for term in terms]
            bottom = Product(tuple(p[1] for p in parts))
            tops = [
                Product((top, *(q[1] for j, q in enumerate(parts) if j != k)))
                for k, (top, _) in enumerate(parts)
            ]
            return Sum(tuple(tops)), bottom
    return tree, one
