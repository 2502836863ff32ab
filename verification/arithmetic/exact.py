"""Exact rational values of expressions: the first and best test of equality."""

import math
from collections.abc import Callable
from fractions import Fraction

from verification.arithmetic.evaluation import Evaluator
from verification.tree.bounds import MAX_BITS, UndefinedError
from verification.tree.syntax import Call, Expression

_MAX_FACTORIAL = 2500
_ONE = Fraction(1)


class InexactError(Exception):
    """The value is irrational, or rational for a reason this evaluation does not see."""


class ExactEvaluator(Evaluator[Fraction]):
    """Evaluates in rationals; raises InexactError, UndefinedError, UndecidedError."""

    def _number(self, value: Fraction) -> Fraction:
        return value

    def _degrees(self, of: Expression) -> Fraction:
        if self.marks.degrees_convert:
            raise InexactError
        return self.value(of)

    def _rest(self, tree: Expression) -> Fraction:
        raise InexactError

    def _checked(self, value: Fraction) -> Fraction:
        bits = value.numerator.bit_length() + value.denominator.bit_length()
        self.budget.spend(bits // 512)
        if bits > MAX_BITS:
            raise InexactError
        return value

    def _sum(self, terms: tuple[Expression, ...]) -> Fraction:
        total = self.value(terms[0])
        for term in terms[1:]:
            total = self._checked(total + self.value(term))
        return total

    def _product(self, factors: tuple[Expression, ...]) -> Fraction:
        product = self.value(factors[0])
        for factor in factors[1:]:
            product = self._checked(product * self.value(factor))
        return product

    def _quotient(self, top: Expression, bottom: Expression) -> Fraction:
        divisor = self.value(bottom)
        if divisor == 0:
            raise UndefinedError("a division by zero")
        return self._checked(self.value(top) / divisor)

    def _power(self, base: Expression, exponent: Expression) -> Fraction:
        x, y = self.value(base), self.value(exponent)
        if x == 0:
            if y <= 0:
                raise UndefinedError("zero to a power that is not positive")
            return Fraction(0)
        if x == 1:
            return _ONE
        if y.denominator == 2:
            x, y = self._square_root(x), Fraction(y.numerator)
        if y.denominator != 1:
            raise InexactError
        power = int(y)
        bits = x.numerator.bit_length() + x.denominator.bit_length()
        if x == -1:
            return _ONE if power % 2 == 0 else -_ONE
        if abs(power) * bits > MAX_BITS:
            raise InexactError
        return self._checked(x**power)

    def _square_root(self, value: Fraction) -> Fraction:
        if value < 0:
            raise InexactError
        top, bottom = math.isqrt(value.numerator), math.isqrt(value.denominator)
        if top * top != value.numerator or bottom * bottom != value.denominator:
            raise InexactError
        return Fraction(top, bottom)

    def _call(self, tree: Call) -> Fraction:
        if tree.function == "sqrt":
            return self._square_root(self.value(tree.arguments[0]))
        compute = _FUNCTIONS.get(tree.function)
        if compute is None:
            raise InexactError
        arguments = [self.value(argument) for argument in tree.arguments]
        return self._checked(compute(*arguments))

    def _limits(self, lower: Expression, upper: Expression) -> tuple[int, int]:
        first, last = self.value(lower), self.value(upper)
        return _integer(first), _integer(last)


def _integer(value: Fraction) -> int:
    if value.denominator != 1:
        raise InexactError
    return value.numerator


def _factorial(value: Fraction) -> Fraction:
    n = _integer(value)
    if n < 0:
        raise UndefinedError("the factorial of a negative number")
    if n > _MAX_FACTORIAL:
        raise InexactError
    return Fraction(math.factorial(n))


def _double_factorial(value: Fraction) -> Fraction:
    n = _integer(value)
    if not 0 <= n <= 400:
        raise InexactError
    return Fraction(math.prod(range(n, 0, -2)))


def _binomial(n: Fraction, k: Fraction) -> Fraction:
    if _integer(n) < 0 or _integer(k) < 0:
        raise UndefinedError("a binomial coefficient of negative numbers")
    if n > _MAX_FACTORIAL:
        raise InexactError
    return Fraction(math.comb(int(n), int(k)))


def _modulo(n: Fraction, modulus: Fraction) -> Fraction:
    if modulus == 0:
        raise UndefinedError("a remainder by zero")
    return Fraction(_integer(n) % _integer(modulus))


_FUNCTIONS: dict[str, Callable[..., Fraction]] = {
    "abs": abs,
    "real": lambda x: x,
    "conjugate": lambda x: x,
    "floor": lambda x: Fraction(math.floor(x)),
    "ceiling": lambda x: Fraction(math.ceil(x)),
    "max": lambda *xs: max(xs),
    "min": lambda *xs: min(xs),
    "gcd": lambda *xs: Fraction(math.gcd(*map(_integer, xs))),
    "lcm": lambda *xs: Fraction(math.lcm(*map(_integer, xs))),
    "factorial": _factorial,
    "double_factorial": _double_factorial,
    "binomial": _binomial,
    "mod": _modulo,
}
