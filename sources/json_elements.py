"""A JSON array read element by element, whatever its size; broken elements are stepped over."""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from sources.rows import EXCERPT_CHARS, MAX_ROW_BYTES, MAX_ROW_VALUES

MAX_DOCUMENT_CHARS = 1 << 27
MAX_DOCUMENT_VALUES = 4_000_000
"""A top-level object must be read whole; larger ones belong into JSON Lines."""

_PIECE_CHARS = 1 << 14
_LONGEST_TOKEN = 16
"""Characters of a literal or an escaped pair of surrogates, which an end may cut in two."""
_SEPARATORS = re.compile(r"[\s,\[\]]*")
_NEXT_OBJECT = re.compile(r"\}\s*+,?+\s*+(?=\{)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Malformed:
    """Text that stood where a JSON value should."""

    detail: str
    excerpt: str


def exact_number(text: str) -> Decimal | float:
    """Return a JSON number with a fraction or exponent as it is written, not as a double."""
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent of 19 digits or more
        return math.nan


DECODER = json.JSONDecoder(parse_float=exact_number)
MALFORMED = (ValueError, RecursionError)
"""ValueError: bad syntax, or an integer beyond 4300 digits. RecursionError: nested too deep."""


def elements(
    pieces: Iterator[str], *, longest: int = MAX_ROW_BYTES, most: int = MAX_ROW_VALUES
) -> Iterator[object]:
    """Yield the values of an array, or of values written one after another, and Malformed ones.

    Holds one element at a time, of about `longest` characters and `most` values at most;
    top-level brackets and commas are skipped, wherever they stand.
    """
    window = _Window(pieces)
    while window.skip_separators():
        try:
            value, end = DECODER.raw_decode(window.text, window.at)
        except MALFORMED as error:
            read = max(1, getattr(error, "pos", 0) - window.at)
            # The element may only be cut off by the window; so widen that first.
            crowded = window.text.count(",", window.at) > most
            seen = len(window.text) - window.at
            if not crowded and seen < longest and _may_be_cut_off(error) and window.widen():
                continue
            excerpt = window.text[window.at : window.at + EXCERPT_CHARS]
            detail = f"broken, or more than {most} values" if crowded else str(error)
            yield Malformed(detail=detail, excerpt=excerpt)
            window.skip_to_next_object(window.at + read)
            window.narrow()
        else:
            yield value
            window.at = end
    if window.depth > 0:
        yield Malformed(detail="the array is never closed: the file is cut off", excerpt="")


def _may_be_cut_off(error: Exception) -> bool:
    """Return whether more text could mend what was read of an element."""
    if not isinstance(error, json.JSONDecodeError):
        return False
    return error.msg.startswith("Unterminated") or error.pos > len(error.doc) - _LONGEST_TOKEN


class _Window:
    """The stretch of text in sight, and how many top-level brackets are open before it."""

    def __init__(self, pieces: Iterator[str]) -> None:
        self.text = ""
        self.at = 0
        self.depth = 0
        self._pieces = pieces
        self._given_back: list[str] = []

    def widen(self) -> bool:
        """Drop what was read and at least double the rest; false at the end of the file."""
        rest = self.text[self.at :]
        fresh: list[str] = []
        size = 0
        while size <= len(rest) and (piece := self._next()):
            fresh.append(piece)
            size += len(piece)
        self.text, self.at = "".join((rest, *fresh)), 0
        return size > 0

    def narrow(self) -> None:
        """Give back all but one piece of the text: an error's place is counted from its start."""
        rest = self.text[self.at :]
        starts = range(_PIECE_CHARS, len(rest), _PIECE_CHARS)
        self._given_back += [rest[start : start + _PIECE_CHARS] for start in reversed(starts)]
        self.text, self.at = rest[:_PIECE_CHARS], 0

    def _next(self) -> str:
        """Return the next text that is not empty; empty at the end."""
        if self._given_back:
            return self._given_back.pop()
        return next(filter(None, self._pieces), "")

    def skip_separators(self) -> bool:
        """Move to the next value; false where there is none."""
        while True:
            match = _SEPARATORS.match(self.text, self.at)
            end = match.end() if match else self.at
            skipped = self.text[self.at : end]
            self.depth += skipped.count("[") - skipped.count("]")
            self.at = end
            if self.at < len(self.text):
                return True
            if not self.widen():
                return False

    def skip_to_next_object(self, start: int) -> None:
        """Move behind a broken element: to the next `{` that follows a `}`, or to the end."""
        self.at = start
        while (match := _NEXT_OBJECT.search(self.text, self.at)) is None:
            self.at = max(self.at, len(self.text) - 1)  # the `}` may be the last character seen
            if not self.widen():
                self.at = len(self.text)
                return
        self.at = match.end()
