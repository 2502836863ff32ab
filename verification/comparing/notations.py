r"""Equality of numerals in a base, times of day and ratios."""

import re
from collections.abc import Sequence
from fractions import Fraction

from verification.arithmetic.equality import same_expression
from verification.arithmetic.terms import Terms, every
from verification.tree.bounds import UndecidedError
from verification.tree.syntax import Based, ClockTime, Number, Product, Ratio

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def same_numeral(left: Based, right: Based, terms: Terms) -> bool:
    """Compare numerals digit by digit, or by value where another base is the same answer."""
    if left.base == right.base or terms.conventions.other_base == "different":
        return left == right
    number, other = number_of(left), number_of(right)
    if number is None or other is None:
        raise UndecidedError("a digit that its base does not have")
    return number == other


def digits_of(numeral: Based) -> Number | None:
    """Return the numeral read in base ten, None if it has letters."""
    digits = numeral.digits.lstrip("-")
    if not digits.isdigit():
        return None
    return Number(Fraction(numeral.digits))


def number_of(numeral: Based) -> Number | None:
    """Return the value of a numeral, None where a digit is too large for the base."""
    whole, _, fraction = numeral.digits.lstrip("-").partition(".")
    places = [_DIGITS.find(digit) for digit in whole + fraction]
    if any(not 0 <= place < numeral.base for place in places):
        return None
    value = Fraction(0)
    for place in places:
        value = value * numeral.base + place
    value /= numeral.base ** len(fraction)
    return Number(-value if numeral.digits.startswith("-") else value)


_TRUTHS = {"yes", "no", "true", "false"}
_BETWEEN = re.compile(r"\s*,\s*(?:and\s+)?|\s+and\s+|\s*;\s*")


def phrases_of(text: str) -> list[str]:
    """Return the parts of `red, green and blue`."""
    return [phrase for phrase in _BETWEEN.split(text) if phrase]


def same_phrase(left: str, right: str) -> bool:
    """Say whether two phrases are the same, what they list in any order."""
    ours, theirs = phrases_of(left), phrases_of(right)
    refuse_moved_truths(ours, theirs)
    return left == right or sorted(ours) == sorted(theirs)


def refuse_moved_truths(left: Sequence[str], right: Sequence[str]) -> None:
    """Leave `true, false` and `false, true` undecided: which question each answers is not said."""
    if left != right and sorted(left) == sorted(right) and _TRUTHS.issuperset(left):
        raise UndecidedError("answers to several questions, in another order")


def same_time(left: ClockTime, right: ClockTime, terms: Terms) -> bool:
    """Compare times of day on 24 hours where both say which half, else as written."""
    if left.negative != right.negative:
        return False
    both = [_on_24_hours(time) for time in (left, right)]
    if both[0] is not None and both[1] is not None:
        return both[0] == both[1]
    if both != [None, None] and not (left.half or right.half):
        same = (left.hour % 12, left.minute, left.second)
        if same == (right.hour % 12, right.minute, right.second):
            raise UndecidedError("a time without its half of the day")
        return False
    written = [(t.hour % 12, t.minute, t.second) for t in (left, right)]
    if bool(left.half) == bool(right.half):
        return (left.hour, *written[0]) == (right.hour, *written[1])
    if written[0] != written[1]:
        return False
    if terms.conventions.missing_half_of_day == "optional":
        return True
    raise UndecidedError("a time without its half of the day")


def _on_24_hours(time: ClockTime) -> tuple[int, int, int] | None:
    if time.half:
        return time.hour % 12 + 12 * (time.half == "pm"), time.minute, time.second
    if time.hour > 12 or time.hour == 0:
        return time.hour, time.minute, time.second
    return None


def ratio_of(time: ClockTime) -> Ratio:
    """`4:30` without a half of the day may be the ratio of 4 to 30."""
    fields = (time.hour, time.minute, time.second)[: 3 if time.second else 2]
    return Ratio(tuple(Number(Fraction(field)) for field in fields))


def same_ratio(left: Ratio, right: Ratio, terms: Terms) -> bool:
    """Compare ratios: as written, or cross-multiplied with the first part."""
    if len(left.parts) != len(right.parts):
        return False
    pairs = list(zip(left.parts, right.parts, strict=True))
    if terms.conventions.unreduced == "different":
        return every(lambda a, b: same_expression(a, b, terms), pairs)
    first, opposite = pairs[0]
    crossed = [(Product((a, opposite)), Product((b, first))) for a, b in pairs[1:]]
    return every(lambda a, b: same_expression(a, b, terms), crossed)
