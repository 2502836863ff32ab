"""Syntax trees become sympy objects, node by node: no text ever reaches sympy.

Runs in the guarded worker only. Sizes that would take long merely to write down (powers,
factorials, ranges) are refused before sympy sees them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from operator import mul
from typing import Any

import sympy

from verification.tree import syntax

MAX_POWER_BITS = 100_000
"""Largest size of an integer power that is written out."""
MAX_FACTORIAL = 3_000
MAX_MATRIX_POWER = 1_000
MAX_TERMS = 1_000
"""Most terms of a finite product, or of a finite sum of what is no polynomial."""
MAX_SYMBOLIC_DETERMINANT = 5
"""Largest determinant with variables."""

Sympy = Any
"""A sympy expression or matrix; sympy has no types of its own to name here."""


class UnsupportedError(Exception):
    """A tree that sympy is not asked about; the message says what of it."""


@dataclass(frozen=True, slots=True)
class Names:
    """How the names of two expressions are read, the same for both."""

    log_base: int | None = None
    """Base of `log` where none is written; None is e."""
    counting: frozenset[str] = frozenset()
    """Variables that count something: positive integers. All others are real."""

    def symbol(self, name: str) -> Sympy:
        """Return the sympy symbol of a variable."""
        if name in self.counting:
            return sympy.Symbol(name, integer=True, positive=True)
        return sympy.Symbol(name, real=True)


def counting_variables(*trees: syntax.Expression) -> frozenset[str]:
    """Return the variables in bounds of sums and products and in factorials and binomials."""
    found: set[str] = set()
    for tree in trees:
        _count(tree, found, inside=False)
    return frozenset(found)


def _count(node: object, found: set[str], *, inside: bool) -> None:
    match node:
        case syntax.Symbol(name):
            found.update([name] if inside else [])
        case syntax.Binder(kind, body, _, lower, upper):
            _count(body, found, inside=inside)
            for bound in (lower, upper):
                _count(bound, found, inside=kind in ("sum", "product"))
        case syntax.Call(function, arguments):
            _count(arguments, found, inside=inside or function in _COUNTS)
        case _:
            for child in _children(node):
                _count(child, found, inside=inside)


_COUNTS = ("factorial", "double_factorial", "binomial", "permutations")


def build(tree: syntax.Expression, names: Names) -> Sympy:
    """Return the sympy object of a tree.

    Raises UnsupportedError for plus-minus signs (see `variants`) and for sizes out of bounds.
    """
    return _Builder(names).of(tree)


def variants(tree: syntax.Expression) -> list[syntax.Expression]:
    r"""Return the one or two expressions that a tree stands for: `\pm` switches all its signs."""
    if not _has_sign(tree):
        return [tree]
    return [_with_sign(tree, positive=positive) for positive in (True, False)]


def calls(tree: object, function: str) -> bool:
    """Say whether a tree calls the named function."""
    if isinstance(tree, syntax.Call) and tree.function == function:
        return True
    return any(calls(child, function) for child in _children(tree))


def _has_sign(node: object) -> bool:
    if isinstance(node, syntax.PlusMinus):
        return True
    return any(_has_sign(child) for child in _children(node))


def _children(node: object) -> list[object]:
    if isinstance(node, tuple):
        return list(node)
    slots = getattr(node, "__dataclass_fields__", {})
    return [getattr(node, name) for name in slots if not isinstance(node, Fraction)]


def _with_sign(node: Any, *, positive: bool) -> Any:
    if isinstance(node, syntax.PlusMinus):
        inner = _with_sign(node.of, positive=positive)
        return inner if positive != node.flipped else syntax.Negative(inner)
    if isinstance(node, tuple):
        return tuple(_with_sign(child, positive=positive) for child in node)
    fields = getattr(node, "__dataclass_fields__", None)
    if not fields:
        return node
    return type(node)(*(_with_sign(getattr(node, name), positive=positive) for name in fields))


class _Builder:
    def __init__(self, names: Names):
        self._names = names
        self._nodes: dict[type, Callable[[Any], Sympy]] = {
            syntax.Number: lambda n: sympy.Rational(n.value.numerator, n.value.denominator),
            syntax.Symbol: lambda n: names.symbol(n.name),
            syntax.Constant: lambda n: _CONSTANTS[n.name],
            syntax.Sum: lambda n: reduce(lambda a, b: a + b, map(self.of, n.terms)),
            syntax.Product: lambda n: reduce(mul, map(self.of, n.factors)),
            syntax.Negative: lambda n: -self.of(n.of),
            syntax.Quotient: self._quotient,
            syntax.Power: lambda n: _power(self.of(n.base), self.of(n.exponent)),
            syntax.Call: self._call,
            syntax.Applied: lambda n: sympy.Function(n.name)(*map(self.of, n.arguments)),
            syntax.Degrees: lambda n: self.of(n.of) * sympy.pi / 180,
            syntax.Percent: lambda n: self.of(n.of) / 100,
            syntax.Binder: self._binder,
            syntax.Matrix: lambda n: sympy.ImmutableMatrix(
                [[self.of(entry) for entry in row] for row in n.rows]
            ),
        }

    def of(self, node: syntax.Expression) -> Sympy:
        make = self._nodes.get(type(node))
        if make is None:
            raise UnsupportedError(type(node).__name__)
        return make(node)

    def _quotient(self, node: syntax.Quotient) -> Sympy:
        bottom = self.of(node.bottom)
        if bottom.is_Matrix or bottom == 0:
            raise UnsupportedError("division by zero or by a matrix")
        return self.of(node.top) / bottom

    def _call(self, node: syntax.Call) -> Sympy:
        if node.function == "derivative":
            body, variable = node.arguments
            return sympy.diff(self.of(body), self.of(variable))
        arguments = [self.of(argument) for argument in node.arguments]
        if node.function == "log" and len(arguments) == 1 and self._names.log_base:
            arguments.append(sympy.Integer(self._names.log_base))
        make = _FUNCTIONS.get(node.function)
        if make is None:
            raise UnsupportedError(node.function)
        return make(*arguments)

    def _binder(self, node: syntax.Binder) -> Sympy:
        variable = self._names.symbol(node.variable)
        body = self.of(node.body)
        lower, upper = (self.of(bound) if bound else None for bound in (node.lower, node.upper))
        if node.kind == "limit":
            return sympy.limit(body, variable, lower, node.side or "+-")
        if lower is None or upper is None:
            raise UnsupportedError(f"{node.kind} without bounds")
        if node.kind == "integral":
            return sympy.integrate(body, (variable, lower, upper))
        index = sympy.Symbol(node.variable, integer=True)
        term = body.subs(variable, index)
        terms = upper - lower
        long = terms.is_Number and terms.is_finite and terms > MAX_TERMS
        if long and (node.kind == "product" or not term.is_polynomial(index)):
            raise UnsupportedError(f"a {node.kind} of so many terms")
        make = sympy.Sum if node.kind == "sum" else sympy.Product
        return make(term, (index, lower, upper)).doit()


_CONSTANTS = {"pi": sympy.pi, "e": sympy.E, "i": sympy.I, "infinity": sympy.oo}


def _power(base: Sympy, exponent: Sympy) -> Sympy:
    if base.is_Matrix:
        if not exponent.is_Integer or abs(int(exponent)) > MAX_MATRIX_POWER:
            raise UnsupportedError("this power of a matrix")
        return base**exponent
    if base.is_Rational and exponent.is_Rational:
        bits = max(int(base.p).bit_length(), int(base.q).bit_length())
        if bits * abs(exponent) > MAX_POWER_BITS:
            raise UnsupportedError("a power this large")
    if base == 0 and not exponent.is_positive:
        raise UnsupportedError("zero to this power")
    return base**exponent


def _factorial(n: Sympy) -> Sympy:
    if n.is_number and not abs(n) <= MAX_FACTORIAL:
        raise UnsupportedError("a factorial this large")
    return sympy.factorial(n)


def _double_factorial(n: Sympy) -> Sympy:
    if n.is_number and not abs(n) <= MAX_FACTORIAL:
        raise UnsupportedError("a factorial this large")
    return sympy.factorial2(n)


def _gamma(x: Sympy) -> Sympy:
    if x.is_number and not abs(x) <= MAX_FACTORIAL:
        raise UnsupportedError("a gamma function this large")
    return sympy.gamma(x)


def _determinant(matrix: Sympy) -> Sympy:
    if matrix.shape[0] > MAX_SYMBOLIC_DETERMINANT and matrix.free_symbols:
        raise UnsupportedError("a determinant this large")
    return matrix.det()


def _choose(n: Sympy, k: Sympy) -> Sympy:
    if any(x.is_number and not abs(x) <= MAX_FACTORIAL for x in (n, k)):
        raise UnsupportedError("a binomial this large")
    return sympy.binomial(n, k)


def _arranged(n: Sympy, k: Sympy) -> Sympy:
    if any(x.is_number and not abs(x) <= MAX_FACTORIAL for x in (n, k)):
        raise UnsupportedError("permutations this many")
    return sympy.ff(n, k)


def _root(x: Sympy, n: Sympy) -> Sympy:
    return sympy.real_root(x, n) if n.is_odd and x.is_real else sympy.root(x, n)


_FUNCTIONS: dict[str, Callable[..., Sympy]] = {
    "sqrt": sympy.sqrt, "root": _root, "abs": sympy.Abs, "ln": sympy.log, "log": sympy.log,
    "exp": sympy.exp, "sin": sympy.sin, "cos": sympy.cos, "tan": sympy.tan, "cot": sympy.cot,
    "sec": sympy.sec, "csc": sympy.csc, "arcsin": sympy.asin, "arccos": sympy.acos,
    "arctan": sympy.atan, "arccot": sympy.acot, "arcsec": sympy.asec, "arccsc": sympy.acsc,
    "sinh": sympy.sinh, "cosh": sympy.cosh, "tanh": sympy.tanh, "coth": sympy.coth,
    "sech": sympy.sech, "csch": sympy.csch, "arcsinh": sympy.asinh, "arccosh": sympy.acosh,
    "arctanh": sympy.atanh, "arccoth": sympy.acoth, "factorial": _factorial,
    "double_factorial": _double_factorial, "binomial": _choose, "permutations": _arranged,
    "gcd": lambda *xs: reduce(sympy.gcd, xs), "lcm": lambda *xs: reduce(sympy.lcm, xs),
    "max": sympy.Max, "min": sympy.Min, "mod": sympy.Mod, "floor": sympy.floor,
    "ceiling": sympy.ceiling, "real": sympy.re, "imaginary": sympy.im, "arg": sympy.arg,
    "conjugate": sympy.conjugate, "gamma": _gamma, "det": _determinant,
    "trace": lambda m: m.trace(), "transpose": lambda m: m.T, "norm": lambda m: m.norm(),
}  # fmt: skip
