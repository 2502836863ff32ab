"""Cells become text: one documented rule per type, and a named fault for all others."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from sources.rows import BadCellError
from verification.parsing.escapes import uneaten

MAX_QUESTION_CHARS = 50_000
MAX_DIGITS = 400
"""The longest finite double written out has 309 digits before or 324 behind its point."""

MISSING: Final = object()
"""What `lookup` returns for a column that a row does not have; a null cell is None."""


def lookup(cells: Mapping[str, object], path: str) -> object:
    """Return the cell at a column name or dotted path (`reward_model.ground_truth`, `prompt.0`).

    A column whose own name holds the dots comes first. List items count from 0; -1 is the last.
    """
    if path in cells:
        return cells[path]
    value: object = cells
    for part in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(part, MISSING)
        elif isinstance(value, list | tuple) and re.fullmatch(r"-?\d{1,6}", part):
            value = value[int(part)] if -len(value) <= int(part) < len(value) else MISSING
        else:
            return MISSING
    return value


def scalar_text(value: object) -> str:
    """Return a single value as stripped text, CRLF as LF; null gives the empty text.

    Numbers are written exactly and without an exponent, whole floats without a fraction.
    """
    match value:
        case None:
            return ""
        case str():  # repaired before it is stripped: a form feed is white space, `\frac` is not
            return _checked(uneaten(value.replace("\r\n", "\n")).strip())
        case bytes():
            return _checked(value.decode("utf-8", "surrogateescape").strip())
        case bool():
            return str(value)
        case int() | float() | Decimal():
            return number_text(value)
        case _:
            raise BadCellError("wrong type", f"{type(value).__name__} where text was expected")


def number_text(value: float | Decimal) -> str:
    """Return a number exactly and in plain digits: 27.0 is `27`, 2.5e-06 is `0.0000025`."""
    # repr is the shortest text that reads back as the same double: what the dataset meant.
    exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not exact.is_finite():
        raise BadCellError("not a finite number", f"{exact}")
    if abs(exact.adjusted()) > MAX_DIGITS:
        raise BadCellError("number too long", f"more than {MAX_DIGITS} digits")
    text = format(exact, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def long_text(value: object) -> str:
    """Return text or the lines of a list, of at most so many characters as a question may have."""
    if isinstance(value, list | tuple):
        text = "\n".join(filter(None, map(scalar_text, value)))
    else:
        hopeless = isinstance(value, str) and len(value) > 2 * MAX_QUESTION_CHARS
        text = str(value) if hopeless else scalar_text(value)
    if len(text) > MAX_QUESTION_CHARS:
        raise BadCellError("question too long", f"{len(text)} of {MAX_QUESTION_CHARS} characters")
    return text


def list_text(value: object) -> str:
    """Return an answer: a list's texts joined by `, `, as OlympiadBench and MATH write several.

    Two or more numbers keep their order and their brackets, `[0, 5]`: TheoremQA asks for a list.
    """
    if not isinstance(value, list | tuple):
        return scalar_text(value)
    items = ", ".join(filter(None, map(scalar_text, value)))
    ordered = len(value) > 1 and all(_is_number(item) for item in value)
    return f"[{items}]" if ordered else items


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def optional_text(value: object) -> str | None:
    """Return text that a problem can do without, or None for anything that is not usable text."""
    try:
        if isinstance(value, list | tuple):
            return "\n\n".join(filter(None, map(scalar_text, value))) or None
        return None if value is MISSING else scalar_text(value) or None
    except BadCellError:
        return None


def _checked(text: str) -> str:
    if "\0" in text:
        raise BadCellError("NUL character in text")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise BadCellError("not UTF-8", f"at character {error.start}") from None
    return text
