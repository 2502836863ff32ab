"""Elementary functions in multi-precision, their arguments bounded before they are computed."""

from collections.abc import Callable
from typing import Any, Protocol

from verification.arithmetic.marks import Marks
from verification.arithmetic.precision import Real, binary_exponent
from verification.arithmetic.terms import Budget
from verification.tree.bounds import TooLargeError, UndecidedError, UndefinedError

_ANGLE_BITS = 180
"""Trigonometric functions of larger arguments would only see rounding."""


class Multiprecision(Protocol):
    """What a function may ask of the evaluation it is part of."""

    ctx: Any
    budget: Budget
    marks: Marks

    def power(self, x: Real, y: Real) -> Real:
        """Return x to the y."""
        ...

    def note(self, x: Real) -> None:
        """Take a magnitude into account that hides in a value."""
        ...

    def is_negative(self, x: Real) -> bool:
        """Say whether x is a negative real number."""
        ...


def _root(e: Multiprecision, x: Real, n: Real) -> Real:
    if e.ctx.im(n) != 0 or n == 0 or abs(n) > 10**6:
        raise UndefinedError("a root without an index")
    odd = e.ctx.isint(n) and int(n) % 2 == 1
    if odd and e.is_negative(x):
        return -e.power(-x, 1 / n)
    return e.power(x, 1 / n)


def _log(e: Multiprecision, x: Real, base: Real | None = None) -> Real:
    if base is None:
        base = e.ctx.mpf(10) if e.marks.log_base == "ten" else e.ctx.e
    if base == 0 or base == 1:
        raise UndefinedError("a logarithm to an impossible base")
    return _ln(e, x) / _ln(e, base)


def _ln(e: Multiprecision, x: Real) -> Real:
    if x == 0:
        raise UndefinedError("the logarithm of 0")
    return e.ctx.log(x)


def _trigonometric(name: str, *, inverted: bool = False) -> Callable[..., Real]:
    def compute(e: Multiprecision, x: Real) -> Real:
        if (binary_exponent(x) or 0) > _ANGLE_BITS:
            raise UndecidedError("a huge angle")
        value = getattr(e.ctx, name)(x)
        if not inverted:
            return value
        if value == 0:
            raise UndefinedError("a pole")
        return 1 / value

    return compute


def _hyperbolic(name: str, *, inverted: bool = False) -> Callable[..., Real]:
    def compute(e: Multiprecision, x: Real) -> Real:
        if (binary_exponent(x) or 0) > 30:
            raise UndecidedError("a huge argument")
        if name == "tanh":  # its distance from 1 is e^{-2x}
            e.note(e.power(e.ctx.e, -2 * abs(e.ctx.re(x))))
        value = getattr(e.ctx, name)(x)
        if inverted and value == 0:
            raise UndefinedError("a pole")
        return 1 / value if inverted else value

    return compute


def _inverse(name: str, *, of_reciprocal: bool = False) -> Callable[..., Real]:
    def compute(e: Multiprecision, x: Real) -> Real:
        if of_reciprocal and x == 0:
            raise UndefinedError("a pole")
        return getattr(e.ctx, name)(1 / x if of_reciprocal else x)

    return compute


def _rounded(name: str) -> Callable[..., Real]:
    def compute(e: Multiprecision, x: Real) -> Real:
        if e.ctx.im(x) != 0:
            raise UndefinedError(f"the {name} of a complex number")
        if (binary_exponent(x) or 0) > 150:
            raise UndecidedError(f"the {name} of a huge number")
        nearest = e.ctx.nint(x)
        if abs(x - nearest) < e.ctx.mpf(10) ** (-e.ctx.dps // 2):
            return nearest
        return getattr(e.ctx, name)(x)

    return compute


def _factorial(e: Multiprecision, x: Real) -> Real:
    e.budget.spend(150)
    if e.ctx.im(x) != 0 or (x < 0 and e.ctx.isint(x)):
        raise UndefinedError("the factorial of such a number")
    if abs(x) > 10**8:
        raise TooLargeError
    return e.ctx.factorial(x)


def _binomial(e: Multiprecision, n: Real, k: Real) -> Real:
    e.budget.spend(300)
    if abs(n) > 10**7 or abs(k) > 10**7:
        raise UndecidedError("a huge binomial coefficient")
    return e.ctx.binomial(n, k)


def _extreme(choose: Callable[..., Real]) -> Callable[..., Real]:
    def compute(e: Multiprecision, *xs: Real) -> Real:
        if any(e.ctx.im(x) != 0 for x in xs):
            raise UndefinedError("complex numbers have no order")
        return choose(xs)

    return compute


FUNCTIONS: dict[str, Callable[..., Real]] = {
    "sqrt": lambda e, x: e.ctx.sqrt(x),
    "root": _root,
    "abs": lambda e, x: abs(x),
    "ln": _ln,
    "log": _log,
    "exp": lambda e, x: e.power(+e.ctx.e, x),
    "sin": _trigonometric("sin"),
    "cos": _trigonometric("cos"),
    "tan": _trigonometric("tan"),
    "cot": _trigonometric("tan", inverted=True),
    "sec": _trigonometric("cos", inverted=True),
    "csc": _trigonometric("sin", inverted=True),
    "arcsin": _inverse("asin"),
    "arccos": _inverse("acos"),
    "arctan": _inverse("atan"),
    "arccot": lambda e, x: e.ctx.pi / 2 - e.ctx.atan(x),
    "arcsec": _inverse("acos", of_reciprocal=True),
    "arccsc": _inverse("asin", of_reciprocal=True),
    "sinh": _hyperbolic("sinh"),
    "cosh": _hyperbolic("cosh"),
    "tanh": _hyperbolic("tanh"),
    "coth": _hyperbolic("tanh", inverted=True),
    "sech": _hyperbolic("cosh", inverted=True),
    "csch": _hyperbolic("sinh", inverted=True),
    "arcsinh": _inverse("asinh"),
    "arccosh": _inverse("acosh"),
    "arctanh": _inverse("atanh"),
    "arccoth": _inverse("atanh", of_reciprocal=True),
    "floor": _rounded("floor"),
    "ceiling": _rounded("ceil"),
    "factorial": _factorial,
    "binomial": _binomial,
    "max": _extreme(max),
    "min": _extreme(min),
    "real": lambda e, x: e.ctx.re(x),
    "imaginary": lambda e, x: e.ctx.im(x),
    "conjugate": lambda e, x: e.ctx.conj(x),
    "arg": lambda e, x: e.ctx.arg(x),
}
