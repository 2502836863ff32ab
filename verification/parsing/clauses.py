r"""Clauses that say over what a name runs: `k \in \mathbb{Z}`, `for all x`, `C is a constant`.

They are taken off an answer. An integer that runs is remembered, since `k\pi` and `n\pi` are then
the same family; a statement for all x says nothing that `f(x) = ...` does not.
"""

import re
from collections.abc import Callable

from verification.parsing.token import Token
from verification.parsing.vocabulary import GREEK

_INTEGERS = {"integer", "integers", "natural", "whole"}
_WORDS = _INTEGERS | {
    "a", "all", "an", "and", "any", "arbitrary", "are", "being", "complex", "constant",
    "constants", "each", "every", "for", "in", "is", "negative", "non", "nonnegative", "number",
    "numbers", "of", "positive", "rational", "real", "reals", "some", "such", "that", "the",
    "value", "values", "where", "with",
}  # fmt: skip
_SETS = {"Z", "N", "Q", "R", "C"}
_OPENERS = re.compile(r"(?:and )?(?:for|where|with|such that)\b")
_INEQUALITIES = {"<", ">", "<=", ">=", "le", "ge", "leq", "geq", "lt", "gt", "ne", "neq"}
_CONSTANTS = re.compile(r"[CcK]")
_MOST = 24
"""Tokens of the longest clause."""


def without_clauses(
    parts: list[list[Token]], closing: Callable[[list[Token]], int]
) -> tuple[list[list[Token]], set[str]]:
    """Return the parts of an answer without clauses, and the integers that run in them."""
    kept: list[list[Token]] = []
    running: set[str] = set()
    for part in parts:
        others = [token for other in parts if other is not part for token in other]
        rest, clause = _cut(part, closing)
        if clause is None and kept and _applies(part, others):
            rest, clause = [], part
        name = None if clause is None else _subject(clause, rest or others)
        if clause is None or name is None:
            kept.append(part)
            continue
        if _is_integer(clause) and not _is_argument(name, rest or others):
            running.add(name)
        if rest:
            kept.append(rest)
    return (kept, running) if kept else (parts, set())


def _cut(
    part: list[Token], closing: Callable[[list[Token]], int]
) -> tuple[list[Token], list[Token] | None]:
    r"""Split a part before its clause: words that open one, `\forall`, or brackets at the end."""
    if part and _opens(part[0]):
        return part, None
    for at, token in enumerate(part):
        if at and (_opens(token) or token.text == "forall"):
            return part[:at], part[at:]
        in_brackets = token.text == "(" and at and closing(part[at:]) == len(part) - at - 1
        if in_brackets and _has_set(part[at + 1 : -1]) and token.spaced:
            return part[:at], part[at + 1 : -1]
    return part, None


def _opens(token: Token) -> bool:
    return token.kind == "words" and bool(_OPENERS.match(token.text.lower().strip(" ,")))


def _applies(part: list[Token], others: list[Token]) -> bool:
    """Say whether a whole part is a clause about the others, not a condition on the answer."""
    opens = part and _opens(part[0])
    if not (opens or _has_set(part) or (part and part[0].text == "forall")):
        return _is_constancy(part)
    return not any(token.text in _INEQUALITIES for token in others)


def _is_constancy(part: list[Token]) -> bool:
    words = " ".join(t.text.lower() for t in part if t.kind == "words")
    return "constant" in words or "integer" in words


def _has_set(tokens: list[Token]) -> bool:
    return len(tokens) > 2 and any(token.text == "in" for token in tokens[:4])


def _subject(clause: list[Token], others: list[Token]) -> str | None:
    """Return the name that a clause is about, None where the tokens are no clause about one."""
    if len(clause) > _MOST:
        return None
    words = [w for t in clause if t.kind == "words" for w in re.findall(r"[a-z]+", t.text.lower())]
    if not set(words) <= _WORDS:
        return None
    rest = [token for token in clause if token.kind != "words" and token.text != "forall"]
    if not rest or not (rest[0].kind == "letter" or rest[0].text in GREEK):
        return None
    name = rest[0]
    if len(rest) > 1 and not (rest[1].text == "in" and len(rest) > 2 and _is_set(rest[2:])):
        return None
    if len(rest) == 1 and not words:
        return None
    if any(token[:2] == name[:2] for token in others):
        return ("" if name.kind == "letter" else "\\") + name.text
    return None


def _is_set(tokens: list[Token]) -> bool:
    if tokens[0].text == "{":
        tokens = tokens[1:]
    return tokens[0].kind in ("symbol", "letter") and tokens[0].text in _SETS


def _is_integer(clause: list[Token]) -> bool:
    words = {w for t in clause if t.kind == "words" for w in t.text.lower().split()}
    return bool(words & _INTEGERS) or any(t.text in ("Z", "N") for t in clause)


def _is_argument(name: str, others: list[Token]) -> bool:
    r"""Say whether the name is what a function or sequence is given for: `f(n)`, `a_n`."""
    equals = next((k for k, t in enumerate(others) if t.text == "="), 0)
    return any(
        t.text == name.lstrip("\\") and k and others[k - 1].text in ("(", "_", "{", ",")
        for k, t in enumerate(others[:equals])
    )
