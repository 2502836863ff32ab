"""Doubts about answers that state several things: what is asked of them, they do not say."""

import re
from collections.abc import Iterator

from verification.arithmetic.terms import Terms
from verification.comparing.comparison import same_answer
from verification.comparing.stated import stated
from verification.comparing.statements import is_part, mentioned
from verification.parsing.quantities import EXTENTS
from verification.tree.syntax import (
    Answer,
    Collection,
    Piecewise,
    Relation,
    Symbol,
    Tuple,
    Value,
)
from verification.tree.traits import traits_of

_AT_A_NUMBER = re.compile(r"\\?[a-zA-Z]+(?:_\w+)?\((?:[a-zA-Z]=)?-?\d.*\)")


def doubt_of_statements(sides: tuple[Answer, Answer], terms: Terms) -> str | None:
    """Return what may explain away a difference between statements, None if nothing does."""
    ways = (sides, sides[::-1])
    if any(_is_name_of(one, other) for one, other in ways):
        return "a name, and what may be its value"
    if not any(isinstance(side, Collection | Relation) for side in sides):
        return None
    told = [any("perp" in r.signs for r in _relations(side)) for side in sides]
    if any(told) and not all(told):
        return "a relation that may be told by pairs"
    if any(_is_table(one) and _is_formula(other) for one, other in ways):
        return "values of a function, and a formula"
    if any(_has_extents(one) and isinstance(other, Value) for one, other in ways):
        return "lengths that may be multiplied"
    return "a part of what the gold states" if _is_part(sides, terms) else None


def _is_name_of(name: Answer, other: Answer) -> bool:
    """Say whether one side is the name of a vector, the other a vector, or `w = ...` itself."""
    if not isinstance(name, Value) or not isinstance(name.expression, Symbol):
        return False
    if not name.expression.name.removeprefix("vec:")[:1].islower():
        return False
    if isinstance(other, Relation):
        return other.signs == ("=",) and mentioned(other.sides[0]) == {name.expression.name}
    return isinstance(other, Tuple) or (
        isinstance(other, Value) and traits_of(other.expression).matrix
    )


def _is_part(sides: tuple[Answer, Answer], terms: Terms) -> bool:
    whole = stated(sides[0], terms)
    return isinstance(whole, Collection) and is_part(
        sides[1], whole, lambda a, b: same_answer(a, b, terms)
    )


def _is_table(answer: Answer) -> bool:
    """Say whether an answer gives a function's values, `P(X=0) = 1/4, P(X=1) = 3/4`."""
    found = list(_relations(answer))
    return len(found) > 1 and all(_AT_A_NUMBER.fullmatch(r.sides[0].text) for r in found)


def _is_formula(answer: Answer) -> bool:
    """Say whether an answer gives a function by a formula or by cases, whole or in a part."""
    for item in answer.items if isinstance(answer, Collection) else (answer,):
        value = item.sides[-1].answer if isinstance(item, Relation) else item
        name = item.sides[0].text if isinstance(item, Relation) else ""
        if "(" in name and not _AT_A_NUMBER.fullmatch(name):
            return True
        if isinstance(value, Piecewise) or (
            isinstance(value, Value) and traits_of(value.expression).variables
        ):
            return True
    return False


def _has_extents(answer: Answer) -> bool:
    names = {relation.sides[0].text for relation in _relations(answer)}
    return bool(names) and names <= set(EXTENTS.values())


def _relations(answer: Answer) -> Iterator[Relation]:
    for item in answer.items if isinstance(answer, Collection) else (answer,):
        if isinstance(item, Relation):
            yield item
