"""Equality of answers of different types: a time and a ratio, a numeral in a base and a number."""

from fractions import Fraction
from typing import TypeVar

from verification.arithmetic.equality import same_expression
from verification.arithmetic.terms import Terms
from verification.comparing.notations import digits_of, number_of, ratio_of, same_ratio
from verification.tree.bounds import UndecidedError
from verification.tree.syntax import (
    Answer,
    Based,
    ClockTime,
    Degrees,
    Number,
    Quotient,
    Ratio,
    Tuple,
    Value,
)
from verification.tree.traits import traits_of

A = TypeVar("A", bound=Answer)
B = TypeVar("B", bound=Answer)
_HOURS = {"h", "min", "s"}


def _typed(first: type[A], second: type[B], left: Answer, right: Answer) -> tuple[A, B]:
    """Return two answers of these types, whichever way round they come."""
    one, other = (left, right) if isinstance(left, first) else (right, left)
    assert isinstance(one, first)
    assert isinstance(other, second)
    return one, other


def point_as_value(left: Answer, right: Answer) -> bool:
    r"""Tell `(3, 4)` from a number; `3i + 4j` may be it, and `5i` may be `(5, 90^\circ)`."""
    point, value = _typed(Tuple, Value, left, right)
    polar = any(isinstance(x, Value) and isinstance(x.expression, Degrees) for x in point.items)
    if polar or "j" in traits_of(value.expression).variables:
        raise UndecidedError("a point and what may be a vector")
    return False


def time_as_ratio(left: Answer, right: Answer, terms: Terms) -> bool:
    """Compare `4:30` with the ratio of 4 to 30."""
    time, ratio = _typed(ClockTime, Ratio, left, right)
    if time.half:
        return False
    return same_ratio(ratio_of(time), ratio, terms)


def numeral_as_value(left: Answer, right: Answer, terms: Terms) -> bool:
    """Compare a numeral in a base with a number, where conventions let them be the same."""
    numeral, value = _typed(Based, Value, left, right)
    conventions = terms.conventions
    if conventions.dropped_base == "same" and value.expression == digits_of(numeral):
        return True
    if conventions.other_base == "same":
        number = number_of(numeral)
        return number is not None and same_expression(number, value.expression, terms)
    return False


def ratio_as_value(left: Answer, right: Answer, terms: Terms) -> bool:
    """Compare a ratio of two with a fraction."""
    ratio, value = _typed(Ratio, Value, left, right)
    if len(ratio.parts) != 2:
        return False
    return same_expression(Quotient(*ratio.parts), value.expression, terms)


def time_as_value(left: Answer, right: Answer, terms: Terms) -> bool:
    """Compare a time with a number: an hour may lack its half of the day."""
    time, value = _typed(ClockTime, Value, left, right)
    if value.unit is not None and {name for name, _ in value.unit.factors} & _HOURS:
        raise UndecidedError("a time of day and a time that passes")
    hour = Number(Fraction(time.hour))
    if time.minute == 0 and same_expression(value.expression, hour, terms):
        raise UndecidedError("an hour without its half of the day")
    hours = Number(time.hour + Fraction(time.minute, 60) + Fraction(time.second, 3600))
    if same_expression(value.expression, hours, terms):
        raise UndecidedError("a time of day and a number of hours")
    return False
