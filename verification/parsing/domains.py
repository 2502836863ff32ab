r"""Remarks on where an index lives: the `(n \in \mathbb{N}^*)` behind a sequence's formula."""

from verification.parsing.brackets import split
from verification.parsing.sides import names_something
from verification.parsing.token import Token
from verification.parsing.vocabulary import GREEK

_MAX_REMARK = 14
_OPENERS = {"for", "where", "when", "if", "with", "whenever", "on", "valid for", "defined for"}
_NATURAL = {"N", "N*", "N_+", "N^*", "N^+", "N+", "Z^+", "Z_+", "Z^*"}
_ORDERS = {
    "<",
    ">",
    "<=",
    ">=",
    "!=",
    "le",
    "ge",
    "leq",
    "geq",
    "leqslant",
    "geqslant",
    "ne",
    "neq",
}


def without_index_domain(tokens: list[Token]) -> list[Token]:
    r"""Drop `(n \in \mathbb{N}^*)` or `, n \in \mathbb{N}^*` behind `a_n = 2n + 1`.

    Only where the left side is a name with that index or argument, and the set is that of the
    natural numbers: what it says is then part of the name's meaning. `x = k\pi (k \in \mathbb{Z})`
    keeps its remark, as a list would.
    """
    start = next((k for k in range(len(tokens) - 1, 0, -1) if tokens[k].text == "in"), 0)
    if start < 2 or len(tokens) - start > _MAX_REMARK:
        return tokens
    opening, index, end = tokens[start - 2], tokens[start - 1], tokens[-1]
    closed = opening.text == "(" and end.text == ")"
    if not (closed or opening.text == ",") or index.kind != "letter":
        return tokens
    name = "".join(t.text for t in tokens[start + 1 : len(tokens) - closed])
    name = name.replace("mathbb", "").replace("ast", "*").replace("{", "").replace("}", "")
    stated = tokens[: start - 2]
    natural = name in _NATURAL or name == "N**"
    if natural and _has_index(stated, index.text):
        return stated
    return [*stated, Token("mark", ","), *tokens[start - 1 : len(tokens) - closed]]


def without_condition(tokens: list[Token]) -> tuple[list[Token], list[Token]]:
    r"""Split off the condition that ends an answer: `= 1 (y > 0)`; empty if none does.

    Right behind a letter brackets hold an argument, `P(X > 2)`. Without brackets it is about what
    stands on the right: `y = x^2, x > 0`, `y = x^2 for 0 < x < 1`, but not `y = x^2, y > 0`.
    """
    if len(tokens) < 5:
        return tokens, []
    if tokens[-1].text != ")":
        return _without_domain(tokens)
    depth, start = 0, len(tokens)
    while start and (depth or start == len(tokens)):
        start -= 1
        depth += (tokens[start].text == ")") - (tokens[start].text == "(")
    inside, before = tokens[start + 1 : -1], tokens[start - 1]
    related = any(token.text in _ORDERS for token in inside)
    argument = before.kind in ("letter", "symbol") and not tokens[start].spaced
    if not start or not related or argument or any(t.text in (",", ";") for t in tokens):
        return tokens, []
    return tokens[:start], inside


def _without_domain(tokens: list[Token]) -> tuple[list[Token], list[Token]]:
    """Split off a part that orders a name of the formula beside it; empty if none does."""
    if not any(token.text in _ORDERS for token in tokens):
        return tokens, []
    parts, cuts = split(tokens, lambda t: (t.text in (",", ";") and t.kind == "mark") or _opens(t))
    parts = [part for part in parts if part]
    if len(parts) != 2 or len(cuts) > 2:
        return tokens, []
    first, last = parts
    if _is_domain(first, last):
        return first, last
    leading = _opens(tokens[0]) or not any(map(_opens, cuts))  # `for x > 0, y = x^2`
    return (last, first) if leading and _is_domain(last, first) else (tokens, [])


def _opens(token: Token) -> bool:
    return token.kind == "words" and token.text.lower().strip(" ,.") in _OPENERS


def _is_domain(stated: list[Token], condition: list[Token]) -> bool:
    """Say whether comparisons are about a name that a formula, with its name or without, is in."""
    sides, signs = split(stated, lambda t: t.text in _ORDERS or t.text in ("=", "approx", "in"))
    named = len(sides) == 2 and signs[0].text == "=" and names_something(sides[0])
    if not (named or len(sides) == 1) or any(t.kind == "words" for t in (*stated, *condition)):
        return False
    compared, _ = split(condition, lambda t: t.text in _ORDERS)
    if len(compared) < 2 or not all(compared) or any(t.text in ("=", "in") for t in condition):
        return False
    about = _names(condition)
    free = not named or sides[0][0].text not in about
    return free and len(sides[-1]) > 1 and bool(about & _names(stated))


def _names(tokens: list[Token]) -> set[str]:
    return {t.text for t in tokens if t.kind in ("letter", "symbol") or t.text in GREEK}


def _has_index(stated: list[Token], index: str) -> bool:
    """Say whether the first name is one with this index or argument: `a_{n} =`, `f(n) =`."""
    equals = next((k for k, token in enumerate(stated) if token.text == "="), 0)
    left = [token.text for token in stated[:equals]]
    return len(left) >= 3 and left[1] in ("_", "(") and index in left[2:]
