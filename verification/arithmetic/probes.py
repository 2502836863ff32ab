"""Values of expressions at fixed random points."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from verification.arithmetic.exact import ExactEvaluator, InexactError
from verification.arithmetic.marks import Marks
from verification.arithmetic.numeric import NumericEvaluator
from verification.arithmetic.precision import MAX_DIGITS_OF_PRECISION, Real, binary_exponent
from verification.arithmetic.terms import Terms
from verification.tree.bounds import TooLargeError, UndefinedError
from verification.tree.syntax import Expression

_POINTS = 10
_PRIMES = (1009, 1013, 1019, 1021)
_DIGITS = 60
_NEAR = 15
"""Digits between terms that 60 digits take in."""


def points(names: set[str], count: int = _POINTS) -> Iterator[dict[str, Fraction]]:
    """Yield points of both signs that depend on the names of the variables and nothing else."""
    source = random.Random("/".join(sorted(names)))
    for _ in range(count):
        yield {
            name: Fraction(source.randint(-6_000, 6_000), source.choice(_PRIMES))
            for name in sorted(names)
        }


def number_at(tree: Expression, point: Mapping[str, Fraction], terms: Terms) -> Real | None:
    """Return the value as a Fraction or a multi-precision number, None where there is none."""
    try:
        return ExactEvaluator(point, Marks(), terms.budget).value(tree)
    except InexactError:
        pass
    except UndefinedError:
        return None
    evaluator = NumericEvaluator(point, Marks(), budget=terms.budget, digits=_DIGITS)
    try:
        value = evaluator.value(tree)
    except (UndefinedError, TooLargeError):
        return None
    if evaluator.ctx.im(value) != 0:
        return None
    value = evaluator.ctx.re(value)
    exponent = binary_exponent(value)
    rounding = evaluator.highest - _DIGITS * 3.3 + 40
    return evaluator.ctx.zero if exponent is None or exponent < rounding else value


@dataclass(frozen=True, slots=True)
class Close:
    """A value, and by how many digits a term of it may be smaller than the largest."""

    value: Real
    hidden: int


def closely_at(tree: Expression, point: Mapping[str, Fraction], terms: Terms) -> Close | None:
    """Return the value to digits enough to see its smallest term, None where there is none."""
    try:
        return Close(ExactEvaluator(point, Marks(), terms.budget).value(tree), 0)
    except InexactError:
        pass
    except UndefinedError:
        return None
    hidden = 0
    for _ in range(2):
        digits = _DIGITS + 2 * hidden
        if digits > MAX_DIGITS_OF_PRECISION:
            return None
        terms.budget.spend(digits // 8)
        evaluator = NumericEvaluator(point, Marks(), budget=terms.budget, digits=digits)
        try:
            value = evaluator.value(tree)
        except (UndefinedError, TooLargeError):
            return None
        spread = int((evaluator.highest - evaluator.lowest) / 3.32)
        if spread <= max(hidden, _NEAR):
            break
        hidden = spread
    if evaluator.ctx.im(value) != 0:
        return None
    value = evaluator.ctx.re(value)
    exponent = binary_exponent(value)
    rounding = evaluator.highest - digits * 3.3 + 40
    if exponent is None or exponent < rounding:
        return Close(evaluator.ctx.zero, hidden)
    return Close(value, hidden)
