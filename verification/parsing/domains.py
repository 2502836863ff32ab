r"""Remarks on where an index lives: the `(n \in \mathbb{N}^*)` behind a sequence's formula."""

from verification.parsing.token import Token

_MAX_REMARK = 14
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
    r"""Split off the condition in brackets that ends an answer: `= 1 (y > 0)`; empty if none does.

    Right behind a letter brackets hold an argument, `P(X > 2)`.
    """
    if len(tokens) < 5 or tokens[-1].text != ")":
        return tokens, []
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


def _has_index(stated: list[Token], index: str) -> bool:
    """Say whether the first name is one with this index or argument: `a_{n} =`, `f(n) =`."""
    equals = next((k for k, token in enumerate(stated) if token.text == "="), 0)
    left = [token.text for token in stated[:equals]]
    return len(left) >= 3 and left[1] in ("_", "(") and index in left[2:]
