"""Exact rational values of expressions: the first and best test of equality."""

import math
from collections.abc import Callable, Mapping
from fractions import Fraction

from verification.arithmetic.marks import Reading
from verification.arithmetic.terms import Budget
from verification.tree.bounds import (
    MAX_BITS,
    MAX_SUMMANDS,
    UndecidedError,
    UndefinedError,
)
from verification.tree.syntax import (
    Applied,
    Binder,
    Call,
    Degrees,
    Expression,
    Negative,
    Number,
    Percent,
    Power,
    Product,
    Quotient,
    Sum,
    Symbol,
)
from verification.tree.traits import variable_of

_MAX_FACTORIAL = 2500
_ONE = Fraction(1)


class InexactError(Exception):
    """The value is irrational, or rational for a reason this evaluation does not see."""


class ExactEvaluator:
    """Evaluates trees at rational values of their variables, within a budget of steps."""

    def __init__(self, values: Mapping[str, Fraction], reading: Reading, budget: Budget):
        self.values = dict(values)
        self.reading = reading
        self.budget = budget

    def value(self, tree: Expression) -> Fraction:
        """Return the exact value; raises InexactError, UndefinedError, TooLargeError."""
        self.budget.spend()
        match tree:
            case Number(value):
                return value
            case Symbol(name):
                return self._lookup(name)
            case Sum(terms):
                return self._sum(terms)
            case Product(factors):
                return self._product(factors)
            case Negative(of):
                return -self.value(of)
            case Quotient(top, bottom):
                return self._quotient(top, bottom)
            case Power(base, exponent):
                return self._power(self.value(base), self.value(exponent))
            case Call():
                return self._call(tree)
        return self._other(tree)

    def _other(self, tree: Expression) -> Fraction:
        match tree:
            case Percent(of):
                return self.value(of) / (100 if self.reading.percent_divides else 1)
            case Degrees(of) if not self.reading.degrees_convert:
                return self.value(of)
            case Applied():
                return self._lookup(variable_of(tree))
            case Binder("sum" | "product"):
                return self._finite(tree)
        raise InexactError

    def _lookup(self, name: str) -> Fraction:
        if name not in self.values:
            raise InexactError
        return self.values[name]

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

    def _power(self, base: Fraction, exponent: Fraction) -> Fraction:
        if base == 0:
            if exponent <= 0:
                raise UndefinedError("zero to a power that is not positive")
            return Fraction(0)
        if base == 1:
            return _ONE
        if exponent.denominator == 2:
            base, exponent = self._square_root(base), Fraction(exponent.numerator)
        if exponent.denominator != 1:
            raise InexactError
        power = int(exponent)
        bits = base.numerator.bit_length() + base.denominator.bit_length()
        if base == -1:
            return _ONE if power % 2 == 0 else -_ONE
        if abs(power) * bits > MAX_BITS:
            raise InexactError
        return self._checked(base**power)

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

    def _finite(self, tree: Binder) -> Fraction:
        assert tree.lower is not None
        assert tree.upper is not None
        lower, upper = self.value(tree.lower), self.value(tree.upper)
        if lower.denominator != 1 or upper.denominator != 1:
            raise InexactError
        if upper - lower >= MAX_SUMMANDS:
            raise UndecidedError(f"more than {MAX_SUMMANDS} summands")
        total = Fraction(0) if tree.kind == "sum" else _ONE
        outside = self.values.get(tree.variable)
        for k in range(int(lower), int(upper) + 1):
            self.values[tree.variable] = Fraction(k)
            part = self.value(tree.body)
            total = self._checked(total + part if tree.kind == "sum" else total * part)
        self.values.pop(tree.variable, None)
        if outside is not None:
            self.values[tree.variable] = outside
        return total


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
    "max": max,
    "min": min,
    "gcd": lambda *xs: Fraction(math.gcd(*map(_integer, xs))),
    "lcm": lambda *xs: Fraction(math.lcm(*map(_integer, xs))),
    "factorial": _factorial,
    "double_factorial": _double_factorial,
    "binomial": _binomial,
    "mod": _modulo,
}
