"""Multi-precision values of expressions, with the range of magnitudes that occurred on the way."""

from collections.abc import Mapping
from fractions import Fraction

from verification.arithmetic.elementary import FUNCTIONS
from verification.arithmetic.evaluation import Evaluator
from verification.arithmetic.marks import Marks
from verification.arithmetic.precision import Real, binary_exponent, context
from verification.arithmetic.terms import Budget
from verification.tree.bounds import TooLargeError, UndecidedError, UndefinedError
from verification.tree.syntax import (
    TRIGONOMETRIC,
    Applied,
    Call,
    Constant,
    Expression,
    Negative,
    Number,
    Quotient,
    Symbol,
)

_MAX_LOG = 2.3e9
"""Natural logarithm of the largest magnitude that is computed, 10^(10^9)."""
_EXPONENT_BITS = 180
"""Powers to larger exponents would only see rounding."""


class NumericEvaluator(Evaluator[Real]):
    """Evaluates in multi-precision; raises UndefinedError, TooLargeError, UndecidedError."""

    def __init__(
        self,
        values: Mapping[str, Fraction],
        marks: Marks,
        *,
        budget: Budget,
        digits: int,
    ):
        self.ctx = context(digits)
        super().__init__(values, marks, budget)
        self.highest = 0
        """Largest binary exponent met, at least that of 1."""
        self.lowest = 0
        """Smallest binary exponent met, at most that of 1."""
        self.left_the_reals = False
        """Whether a part was no real number: its branch is then a convention."""
        self._in_angle = False

    def value(self, tree: Expression) -> Real:
        """Return the value, its magnitude noted."""
        value = Evaluator.value(self, tree)  # super() is dearer, per node
        exponent = binary_exponent(value)
        if exponent is not None:
            self.highest = max(self.highest, exponent)
            self.lowest = min(self.lowest, exponent)
        elif not self.ctx.isfinite(value):
            raise UndefinedError("no finite value")
        if not self.left_the_reals and hasattr(value, "_mpc_") and value.imag != 0:
            self.left_the_reals = True
        return value

    def _number(self, value: Fraction) -> Real:
        top = self.ctx.mpf(value.numerator)
        return top if value.denominator == 1 else top / value.denominator

    def _degrees(self, of: Expression) -> Real:
        convert = self.marks.degrees_convert or self._in_angle
        return self.value(of) * (self.ctx.pi / 180 if convert else 1)

    def _rest(self, tree: Expression) -> Real:
        match tree:
            case Symbol() | Applied():
                raise UndecidedError("a bound variable outside its operator")
            case Constant("infinity"):
                raise UndecidedError("infinity inside an expression")
            case Constant("i"):
                return self.ctx.mpc(0, 1)
            case Constant(name):
                return +(self.ctx.pi if name == "pi" else self.ctx.e)
        raise UndecidedError(f"no numeric value for {type(tree).__name__.lower()}")

    def _parts(self, trees: tuple[Expression, ...]) -> tuple[list[Real], int]:
        """Return the values of all parts but those too large, and how many these are."""
        values, huge = [], 0
        for tree in trees:
            try:
                values.append(self.value(tree))
            except TooLargeError:
                huge += 1
        if huge > 1:
            raise UndecidedError("several values too large to compute")
        return values, huge

    def _sum(self, terms: tuple[Expression, ...]) -> Real:
        values, huge = self._parts(terms)
        if huge:
            raise TooLargeError
        total = values[0]
        for value in values[1:]:
            total = total + value
        return total

    def _product(self, factors: tuple[Expression, ...]) -> Real:
        values, huge = self._parts(factors)
        if huge:
            self._refuse_zero(values)
        product = values[0]
        for value in values[1:]:
            product = product * value
        return product

    def _refuse_zero(self, values: list[Real]) -> None:
        if any(binary_exponent(value) is None for value in values):
            raise UndecidedError("zero times a value too large to compute")
        raise TooLargeError

    def _quotient(self, top: Expression, bottom: Expression) -> Real:
        values, huge = self._parts((top, bottom))
        if huge:
            self._refuse_zero(values)
        if values[1] == 0:
            raise UndefinedError("a division by zero")
        return values[0] / values[1]

    def _power(self, base: Expression, exponent: Expression) -> Real:
        x = self.value(base)
        odd = _odd_root(exponent)
        if odd is not None and self.is_negative(x):
            root = self.power(-x, self._number(odd))
            return -root if odd.numerator % 2 else root
        return self.power(x, self.value(exponent))

    def note(self, x: Real) -> None:
        """Take a magnitude into account that hides in a value."""
        exponent = binary_exponent(x)
        if exponent is not None:
            self.lowest = min(self.lowest, exponent)

    def is_negative(self, x: Real) -> bool:
        """Say whether x is a negative real number."""
        return bool(self.ctx.im(x) == 0 and self.ctx.re(x) < 0)

    def power(self, x: Real, y: Real) -> Real:
        """Return the principal value of x to the y."""
        ctx = self.ctx
        self.budget.spend(5)
        if x == 0:
            if ctx.re(y) <= 0:
                raise UndefinedError("zero to a power that is not positive")
            return ctx.zero
        if (binary_exponent(y) or 0) > 12 and x != 1:
            size = abs(ctx.re(y * ctx.log(x)))  # e^{i y} only turns
            if size > _MAX_LOG:
                raise TooLargeError
        if ctx.im(y) == 0 and ctx.isint(y) and abs(y) < 10**6:
            return x ** int(ctx.re(y))
        if (binary_exponent(y) or 0) > _EXPONENT_BITS:
            raise UndecidedError("a huge exponent")
        return ctx.power(x, y)

    def _limits(self, lower: Expression, upper: Expression) -> tuple[int, int]:
        return self._integer(self.value(lower)), self._integer(self.value(upper))

    def _integer(self, x: Real) -> int:
        ctx = self.ctx
        if ctx.im(x) != 0 or (binary_exponent(x) or 0) > 64 or not ctx.isint(ctx.re(x)):
            raise UndecidedError("an integer was due")
        return int(ctx.re(x))

    # Functions

    def _call(self, tree: Call) -> Real:
        self.budget.spend(10)
        angle, self._in_angle = self._in_angle, tree.function in TRIGONOMETRIC
        try:
            arguments = [self.value(argument) for argument in tree.arguments]
        except TooLargeError as error:
            raise UndecidedError(f"{tree.function} of a value too large to compute") from error
        finally:
            self._in_angle = angle
        compute = FUNCTIONS.get(tree.function)
        if compute is None:
            raise UndecidedError(f"no numeric value for {tree.function}")
        return compute(self, *arguments)


def _odd_root(exponent: Expression) -> Fraction | None:
    """Return an exponent like 1/3, under which negative numbers have a real root."""
    if isinstance(exponent, Negative):
        positive = _odd_root(exponent.of)
        return None if positive is None else -positive
    if not isinstance(exponent, Quotient):
        return None
    match exponent.top, exponent.bottom:
        case Number(top), Number(bottom) if bottom != 0:
            value = top / bottom
            return value if value.denominator > 1 and value.denominator % 2 else None
    return None
