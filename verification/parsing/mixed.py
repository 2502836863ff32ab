"""Quantities in two units or more: `1 hour 30 minutes`, `2 ft 3 in`, `5 lb 4 oz`."""

from fractions import Fraction

from verification.parsing.tokens import Token
from verification.parsing.vocabulary import SIZES, UNITS
from verification.tree.syntax import Number, Unit, Value

_HOURS_AND_MINUTES = {"m": "min"}
"""What `m` is behind hours, which metres never are."""


def read_mixed(tokens: list[Token]) -> Value | None:
    """Return the whole in its smallest unit; None unless units of one kind follow, ever smaller."""
    if len(tokens) < 4 or len(tokens) % 2 or tokens[0].kind != "number":
        return None
    total, last, kind = Fraction(0), Fraction(0), ""
    unit = ""
    for number, word in zip(tokens[::2], tokens[1::2], strict=True):
        if number.kind != "number" or word.kind not in ("words", "letter", "command"):
            return None
        unit = _unit(word.text, behind=unit)
        dimension, size = SIZES.get(unit, ("", Fraction(0)))
        if not dimension or (kind and (dimension != kind or size >= last)):
            return None
        total, last, kind = total + Fraction(number.text) * size, size, dimension
    return Value(Number(total / last), Unit(((unit, 1),)))


def _unit(word: str, *, behind: str) -> str:
    word = word.lower().removesuffix(" and").strip(" .,")
    if behind in ("h", "day") and word in _HOURS_AND_MINUTES:
        return _HOURS_AND_MINUTES[word]
    return UNITS.get(word) or UNITS.get(word.removesuffix("s"), "")
