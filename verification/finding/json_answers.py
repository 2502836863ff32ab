"""The answer field of JSON that a model wrote, which is often not quite JSON.

Raw line breaks, LaTeX with single backslashes and text around the object are usual, so the field is
looked for by its key and its value is read leniently, in one pass from there.
"""

import re

from verification.finding.statements import stated_within
from verification.finding.worded import Statement

MAX_JSON_ANSWER = 4_000
"""Characters of a value; a longer one states nothing."""

_SCALAR = re.compile(r"[-+]?[\d.,/eE+%-]+|true|false", re.A)
_STRING_END = re.compile(r'(?:[^"\\]|\\.)*+"', re.S)
_ESCAPE = re.compile(
    r"\\(?:u([0-9a-fA-F]{4})|([\"/\\])"
    r"|(?!frac|forall|binom|beta|begin|bar|bmod|big|boxed|neq?\b|nu\b|not\b|theta|tau\b|times|text"
    r"|tan|tfrac|triangle|to\b|right|rho\b|rangle)([bfnrt]))"
)
_CONTROL = {"b": " ", "f": " ", "n": "\n", "r": "\n", "t": " "}


def find_json(text: str, field: str) -> Statement | None:
    """Return the value of the last `"field":` in the text; null and empty values state nothing.

    `**field:** "x"`, which models write when they lose the thread, counts as well.
    """
    keys = re.finditer(rf'(?:"{re.escape(field)}"\s*:|\*\*{re.escape(field)}:?\*\*:?)\s*', text)
    for key in reversed(list(keys)[-20:]):
        found = _value(text, key)
        if found is not None:
            return found
    return None


def _value(text: str, key: re.Match[str]) -> Statement | None:
    first = text[key.end() : key.end() + 1]
    read = {'"': _string, "[": _list}.get(first, _scalar)
    end = read(text, key.end())
    if end is None:
        return None
    raw = text[key.end() : end].strip()
    answer = stated_within(_unescape(raw[1:-1])) if first == '"' else raw
    if not answer.strip("[] "):
        return None
    closed = first in '"[' or end < len(text.rstrip())
    return Statement(answer, "json", key.start(), end, closed)


def _string(text: str, start: int) -> int | None:
    end = _STRING_END.match(text, start + 1, start + 1 + MAX_JSON_ANSWER)
    return end.end() if end else None


def _list(text: str, start: int) -> int | None:
    end = text.find("]", start, start + MAX_JSON_ANSWER)
    return end + 1 if end > 0 else None


def _scalar(text: str, start: int) -> int | None:
    scalar = _SCALAR.match(text, start, start + MAX_JSON_ANSWER)
    if scalar is None:
        return None
    end = scalar.end()
    return end - 1 if text[end - 1] == "," else end


def _unescape(raw: str) -> str:
    r"""Undo JSON escapes, but leave `\frac` and `\times` the LaTeX commands that were meant."""
    return _ESCAPE.sub(_unescaped, raw)


def _unescaped(escape: re.Match[str]) -> str:
    code, literal, control = escape.groups()
    if code:
        point = int(code, 16)
        return chr(point) if not 0xD800 <= point < 0xE000 else "\ufffd"
    return str(literal) if literal else _CONTROL[control]
