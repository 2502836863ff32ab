"""Tokens between brackets: where a bracket closes, where a list is cut, which commas group."""

import re
from collections.abc import Callable, Sequence

from verification.parsing.token import Token

OPENING = ("(", "[", "{", "\\{", "<<")


_CLOSING = (")", "]", "}", "\\}", ">>")


_THOUSANDS = re.compile(r"\d{3}(\.\d+)?")


def strip_braces(tokens: list[Token]) -> list[Token]:
    """Drop LaTeX braces around all tokens."""
    while len(tokens) >= 2 and tokens[0].text == "{" and closing(tokens) == len(tokens) - 1:
        tokens = tokens[1:-1]
    return tokens


def closing(tokens: Sequence[Token]) -> int:
    """Return the index that closes the bracket at 0; `(` may end in `]`. -1 if none does."""
    depth = 0
    for at, token in enumerate(tokens):
        depth += _step(token)
        if depth == 0:
            return at
    return -1


def _step(token: Token) -> int:
    if token.kind == "mark":
        return (token.text in OPENING) - (token.text in _CLOSING)
    return (token.kind == "begin") - (token.kind == "end")


def split(
    tokens: Sequence[Token], separates: Callable[[Token], bool]
) -> tuple[list[list[Token]], list[Token]]:
    """Cut tokens at the separators outside all brackets; return the parts and the separators."""
    parts: list[list[Token]] = [[]]
    separators: list[Token] = []
    depth = 0
    for token in tokens:
        depth = max(0, depth + _step(token))
        if depth == 0 and separates(token):
            parts.append([])
            separators.append(token)
        else:
            parts[-1].append(token)
    return parts, separators


def group_thousands(tokens: list[Token]) -> list[Token]:
    """Join `1,234` outside brackets; where other commas are followed by space, these are not."""
    commas = [k for k, token in enumerate(tokens[:-1]) if token.text == ","]
    if not commas:
        return tokens
    spaced = any(tokens[k + 1].spaced for k in commas)
    grouped: list[Token] = []
    at = depth = 0
    while at < len(tokens):
        depth += _step(tokens[at])
        end = _group_end(tokens, at) if depth == 0 else at
        lone = not (grouped and grouped[-1].text == ",") and not _comma_at(tokens, end + 1)
        if end > at and (spaced or lone):
            number = "".join(token.text for token in tokens[at : end + 1] if token.text != ",")
            grouped.append(Token("number", number, tokens[at].spaced))
            at = end + 1
        else:
            grouped.append(tokens[at])
            at += 1
    return grouped


def _comma_at(tokens: list[Token], at: int) -> bool:
    return at < len(tokens) and tokens[at].text == ","


def _group_end(tokens: list[Token], at: int) -> int:
    """Return the index of the last group of the grouped integer that starts at `at`."""
    first = tokens[at]
    if not (first.kind == "number" and first.text.isdigit() and len(first.text) <= 3):
        return at
    if first.text.startswith("0"):
        return at
    while at + 2 < len(tokens):
        comma, group = tokens[at + 1], tokens[at + 2]
        fits = _THOUSANDS.fullmatch(group.text) and group.kind == "number"
        if comma.text != "," or comma.spaced or group.spaced or not fits:
            break
        at += 2
    return at
