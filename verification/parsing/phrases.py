r"""Answers in words: numbers spelled out, times and dates written as prose, fixed phrases."""

import re
from fractions import Fraction

from verification.parsing.vocabulary import FRACTION_WORDS, MONTHS, NUMBER_WORDS, SAME_WORDS
from verification.tree.syntax import (
    Answer,
    ClockTime,
    Collection,
    Constant,
    Negative,
    Number,
    Tuple,
    Value,
    Words,
)

_HALF_OF_DAY = re.compile(r"\b([ap])\s*\.?\s*m\b\.?")
_TIME = re.compile(r"(\d{1,2})(?::(\d\d))?(?::(\d\d))?\s*([ap]m)?")
_LEADING = re.compile(r"^(?:the|a|an)\s+(?=\S)")
_DATE = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th)?(?:\s+of)?\s+([a-z]+)|([a-z]+)\s+(\d{1,2})(?:st|nd|rd|th)?"
)
_INFINITE = Constant("infinity")
REALS = Tuple("(", (Value(Negative(_INFINITE)), Value(_INFINITE)), ")")
"""The real line as an interval."""


def read_words(text: str) -> Answer:
    """Return what a phrase says: a time, a number, the empty set, the real line, or its words."""
    words = " ".join(text.lower().replace("-", " ").split()).strip(" .,;:!()\"'")
    words = _HALF_OF_DAY.sub(r"\1m", words)
    time = _TIME.fullmatch(words)
    if time and (time[2] or time[4]):
        return ClockTime(int(time[1]), int(time[2] or 0), int(time[3] or 0), time[4] or "")  # type: ignore[arg-type]
    number = _number(words)
    if number is not None:
        return Value(Number(Fraction(number)))
    if words in ("infinity", "positive infinity", "negative infinity"):
        return Value(Negative(_INFINITE) if words.startswith("neg") else _INFINITE)
    words = _LEADING.sub("", words)
    words = " ".join(SAME_WORDS.get(word, word) for word in words.split())
    words = SAME_WORDS.get(words, words)
    if words == "no solution":
        return Collection((), braces=True)
    if words == "all real numbers":
        return REALS
    return Words(_date(words))


def _number(words: str) -> int | Fraction | None:
    if words in NUMBER_WORDS:
        return NUMBER_WORDS[words]
    if words in FRACTION_WORDS:
        return FRACTION_WORDS[words]
    return _spelled_number([word for word in words.split() if word != "and"])


def _spelled_number(words: list[str]) -> int | None:
    """Return what `one hundred and twenty five thousand` says, None if it is no number."""
    total, group = 0, 0
    if not words or len(words) > _LONGEST_NUMBER:
        return None
    for word in words:
        if word in _MAGNITUDES:
            scale = _MAGNITUDES[word]
            if scale == 100:
                group = max(group, 1) * 100
            else:
                total, group = total + max(group, 1) * scale, 0
        elif word in NUMBER_WORDS and NUMBER_WORDS[word] <= 90:
            value = NUMBER_WORDS[word]
            if group % 100 and not (group % 10 == 0 and group % 100 >= 20 and value < 10):
                return None
            group += value
        else:
            return None
    return total + group


_MAGNITUDES = {"hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9}
_LONGEST_NUMBER = 16


def _date(words: str) -> str:
    """Write `30 october` and `october 30th` alike."""
    match = _DATE.fullmatch(words)
    if not match:
        return words
    day, month = match[1] or match[4], match[2] or match[3]
    return f"{month} {int(day)}" if month in MONTHS else words
