"""Formulas that hold under a condition: `|x|` for x > 0 is x, and sqrt(x) + 1 is not sqrt(x)."""

from verification.arithmetic.precision import Real
from verification.arithmetic.probes import number_at, points
from verification.arithmetic.terms import Terms
from verification.comparing.relations import holds
from verification.tree.bounds import UndecidedError
from verification.tree.syntax import Answer, Expression, Relation, Value
from verification.tree.traits import traits_of

_MANY = 120
"""Points that are tried: of few does a condition hold."""
_APART = 1e-9
_ORDERS = {"<", ">", "<=", ">=", "!="}
"""What a point can be tried for; that one is not another, points chosen at random are."""


def differ_within(left: Answer, right: Answer, condition: Answer, terms: Terms) -> bool:
    """Say whether two formulas certainly differ at a point at which the condition holds."""
    ours, theirs = formula_of(left), formula_of(right)
    if ours is None or theirs is None or not isinstance(condition, Relation):
        return False
    if not set(condition.signs) <= _ORDERS:
        return False
    bounds = [s.answer.expression for s in condition.sides if isinstance(s.answer, Value)]
    for point in points(traits_of(ours, theirs, *bounds).variables, _MANY):
        try:
            if not holds(condition, point, terms):
                continue
        except UndecidedError:
            return False
        if _apart(number_at(ours, point, terms), number_at(theirs, point, terms)):
            return True
    return False


def _apart(x: Real | None, y: Real | None) -> bool:
    if x is None or y is None:
        return False
    return abs(float(x) - float(y)) > _APART * (1 + abs(float(x)))


def formula_of(answer: Answer) -> Expression | None:
    """Return the expression that an answer is, or says its left side to be; None for others."""
    if isinstance(answer, Relation) and set(answer.signs) == {"="}:
        return formula_of(answer.sides[-1].answer) if answer.sides[-1].answer else None
    return answer.expression if isinstance(answer, Value) else None
