r"""Bounds with units: `0 \\le c < 8 \\text{ m}` beside `[0, 8)`."""

from dataclasses import replace

from verification.arithmetic.terms import Terms
from verification.tree.bounds import UndecidedError
from verification.tree.syntax import Answer, Relation, Unit, Value

_ORDERS = {"<", ">", "<=", ">="}


def without_units_of_bounds(left: Answer, right: Answer, terms: Terms) -> tuple[Answer, Answer]:
    """Return two answers without the unit of their comparisons, where it tells them not apart.

    Raises UndecidedError where they are in different units.
    """
    ours, theirs = _units(left), _units(right)
    if not ours and not theirs:
        return left, right
    if ours == theirs or (not (ours and theirs) and terms.conventions.units == "optional"):
        return _without(left), _without(right)
    if ours and theirs:
        raise UndecidedError("bounds in different units")
    return left, right


def _units(answer: Answer) -> set[Unit]:
    if not isinstance(answer, Relation) or not set(answer.signs) <= _ORDERS:
        return set()
    return {s.answer.unit for s in answer.sides if isinstance(s.answer, Value) and s.answer.unit}


def _without(answer: Answer) -> Answer:
    if not isinstance(answer, Relation):
        return answer
    sides = [
        replace(side, answer=replace(side.answer, unit=None))
        if isinstance(side.answer, Value)
        else side
        for side in answer.sides
    ]
    return replace(answer, sides=tuple(sides))
