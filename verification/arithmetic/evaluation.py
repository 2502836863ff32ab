"""The walk through an expression that computes its value, in whichever arithmetic."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from fractions import Fraction
from typing import Generic, TypeVar

from verification.arithmetic.marks import Marks
from verification.arithmetic.precision import Real
from verification.arithmetic.terms import Budget
from verification.tree.bounds import MAX_SUMMANDS, UndecidedError
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

N = TypeVar("N", Fraction, Real)


class Evaluator(ABC, Generic[N]):
    """Evaluates trees at rational values of their variables, within a budget of steps."""

    def __init__(self, values: Mapping[str, Fraction], marks: Marks, budget: Budget):
        self.values: dict[str, N] = {name: self._number(v) for name, v in values.items()}
        self.marks = marks
        self.budget = budget

    def value(self, tree: Expression) -> N:  # noqa: C901  one table of all kinds of expression
        """Return the value; what it raises is the arithmetic's to say."""
        self.budget.spend()
        match tree:
            case Number(value):
                return self._number(value)
            case Symbol(name) if name in self.values:
                return self.values[name]
            case Sum(terms):
                return self._sum(terms)
            case Product(factors):
                return self._product(factors)
            case Negative(of):
                return -self.value(of)
            case Quotient(top, bottom):
                return self._quotient(top, bottom)
            case Power(base, exponent):
                return self._power(base, exponent)
            case Call():
                return self._call(tree)
            case Percent(of):
                return self.value(of) / (100 if self.marks.percent_divides else 1)
            case Degrees(of):
                return self._degrees(of)
            case Applied() if (name := variable_of(tree)) in self.values:
                return self.values[name]
            case Binder("sum" | "product"):
                return self._finite(tree)
        return self._rest(tree)

    @abstractmethod
    def _number(self, value: Fraction) -> N: ...
    @abstractmethod
    def _sum(self, terms: tuple[Expression, ...]) -> N: ...
    @abstractmethod
    def _product(self, factors: tuple[Expression, ...]) -> N: ...
    @abstractmethod
    def _quotient(self, top: Expression, bottom: Expression) -> N: ...
    @abstractmethod
    def _power(self, base: Expression, exponent: Expression) -> N: ...
    @abstractmethod
    def _call(self, tree: Call) -> N: ...
    @abstractmethod
    def _degrees(self, of: Expression) -> N: ...
    @abstractmethod
    def _rest(self, tree: Expression) -> N: ...
    @abstractmethod
    def _limits(self, lower: Expression, upper: Expression) -> tuple[int, int]: ...

    def _checked(self, value: N) -> N:
        return value

    def _finite(self, tree: Binder) -> N:
        assert tree.lower is not None
        assert tree.upper is not None
        lower, upper = self._limits(tree.lower, tree.upper)
        if upper - lower >= MAX_SUMMANDS:
            raise UndecidedError(f"more than {MAX_SUMMANDS} summands")
        outside = self.values.get(tree.variable)
        total = self._number(Fraction(tree.kind == "product"))
        for k in range(lower, upper + 1):
            self.values[tree.variable] = self._number(Fraction(k))
            part = self.value(tree.body)
            total = self._checked(total + part if tree.kind == "sum" else total * part)
        self.values.pop(tree.variable, None)
        if outside is not None:
            self.values[tree.variable] = outside
        return total
