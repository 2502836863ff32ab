"""Answers with a mark between their parts: ratios, times of day, numbers of things at a price."""

from collections.abc import Callable

from verification.parsing.brackets import split
from verification.parsing.expressions import parse_expression
from verification.parsing.token import Token
from verification.tree.bounds import MAX_ITEMS, UnparsedError
from verification.tree.syntax import Answer, ClockTime, Ratio, Tuple


def read_colons(tokens: list[Token]) -> Answer | None:
    """Read `3:4` and `4:30 p.m.`; None where no colon stands between parts."""
    parts, colons = split(tokens, lambda t: t.kind == "mark" and t.text == ":")
    if not colons:
        return None
    if any(not part for part in parts) or len(parts) > MAX_ITEMS:
        raise UnparsedError("a ratio with an empty place")
    return _clock_time(parts) or Ratio(tuple(map(parse_expression, parts)))


def read_priced(tokens: list[Token], parse: Callable[[list[Token]], Answer]) -> Answer | None:
    """Read `25 @ $18`, a number of things and the price of one, as a pair."""
    parts, ats = split(tokens, lambda t: t.kind == "mark" and t.text == "@")
    if len(ats) != 1 or not all(parts):
        return None
    return Tuple("(", tuple(map(parse, parts)), ")")


def _clock_time(parts: list[list[Token]]) -> Answer | None:
    """Read `4:30`, `16:05:09`, `4:30 p.m.`; digits alone decide, so `4:30` may yet be a ratio."""
    negative = parts[0][0].text == "-"
    parts = [parts[0][negative:], *parts[1:]]
    last = [token for token in parts[-1] if token.kind == "number"]
    suffix = "".join(t.text.lower() for t in parts[-1] if t.kind in ("words", "letter"))
    half = "".join(char for char in suffix if char not in " .,")
    fields = [part[0].text for part in (*parts[:-1], last) if len(part) == 1]
    if len(fields) != len(parts) or len(fields) > 3 or half not in ("", "am", "pm"):
        return None
    if not all(field.isdigit() and len(field) <= 2 for field in fields):
        return None
    hour, minute, second = (*map(int, fields), 0)[:3]
    if (
        (any(len(field) != 2 for field in fields[1:]) and not half)
        or hour > 24
        or (not half and max(minute, second) > 59)
    ):
        return None
    return ClockTime(hour, minute, second, half, negative)  # type: ignore[arg-type]
