r"""The sides of a relation: which of them only name what stands opposite."""

import re
from collections.abc import Callable

from verification.parsing.token import Token
from verification.parsing.vocabulary import FUNCTIONS, GREEK
from verification.tree.bounds import UnparsedError
from verification.tree.syntax import Answer, Relation, Side

_NAMING_PUNCTUATION = {"(", ")", "{", "}", "|", ",", ":", "_", "'", "[", "]"}
_MAX_NAME_TOKENS = 14
_NEEDS_GAP = re.compile(r"\\[a-zA-Z]+$")


def read_side(tokens: list[Token], parse: Callable[[list[Token]], Answer]) -> Side:
    """Return one side: its spelling, its meaning if it has one, and whether it is a mere name."""
    is_name = names_something(tokens)
    if is_name and [token.text for token in tokens[1:4]] == ["^", "{", "("]:
        return Side(spelling(tokens), None, is_name)  # a derivative, not a power
    try:
        answer: Answer | None = parse(tokens)
    except UnparsedError:
        if not is_name:
            raise
        answer = None
    return Side(spelling(tokens), answer, is_name)


def with_index_i(tokens: list[Token]) -> list[Token]:
    """Return the tokens with the letter i as a variable where it is an index: `y_i = x^i`."""
    if len(tokens) < 4 or tokens[1].text != "_" or tokens[0].kind != "letter":
        return tokens
    index = tokens[3] if tokens[2].text == "{" else tokens[2]
    bound = any(token.text in ("sum", "prod") for token in tokens)
    if index.text != "i" or bound or not any(token.text == "=" for token in tokens[:6]):
        return tokens
    return [t._replace(kind="symbol") if t[:2] == ("letter", "i") else t for t in tokens]


def each_value(item: Answer) -> list[Answer]:
    """Return `p(1) = p(5) = 2` as `p(1) = 2` and `p(5) = 2`: a function's values at two places."""
    if not isinstance(item, Relation) or len(item.sides) < 3 or set(item.signs) != {"="}:
        return [item]
    *subjects, value = item.sides
    heads = {side.text.partition("(")[0] for side in subjects}
    numbered = all(side.is_name and re.search(r"\(.*\d", side.text) for side in subjects)
    if len(heads) > 1 or not numbered:
        return [item]
    return [Relation((subject, value), ("=",)) for subject in subjects]


def spelling(tokens: list[Token]) -> str:
    """Return the tokens without space and braces."""
    text = ""
    for token in tokens:
        if token.text in ("{", "}"):
            continue
        if _NEEDS_GAP.search(text) and token.text[:1].isalpha():
            text += " "
        text += "\\" + token.text if token.kind == "command" and token.text in GREEK else token.text
    return text


def names_something(tokens: list[Token]) -> bool:
    """Say whether the tokens name a quantity: `x`, `a_3`, `f(x)`, `AB`, `|AB|`, `(p, q)`, `A:B`.

    Digits may only stand in subscripts and arguments; any operator makes it an expression, but
    the inverse of a function and a derivative are names.
    """
    if len(tokens) > 1 and tokens[0].text == "P" and tokens[1].text == "(":
        return tokens[-1].text == ")" and len(tokens) <= 2 * _MAX_NAME_TOKENS  # of any event
    if not tokens or len(tokens) > _MAX_NAME_TOKENS:
        return False
    if _DERIVATIVE.fullmatch(spelling(tokens)):
        return True
    tokens = _without_squares(_without_inverse(tokens))
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.kind == "number" and not (before and before.text in ("_", "{", "(")):
            return False
        if token.kind == "mark" and token.text not in _NAMING_PUNCTUATION:
            return False
        if token.kind == "command" and (token.text in FUNCTIONS or token.text in _OPERATIONS):
            return False
    return any(token.kind in ("letter", "command", "symbol", "words") for token in tokens)


def _without_inverse(tokens: list[Token]) -> list[Token]:
    """Drop the script of `f^{-1}(x)`."""
    script = [token.text for token in tokens[1:7]]
    if script[:3] == ["^", "{", "("] and script[4:] == [")", "}"]:  # f^{(3)}(0)
        return tokens[:1] + tokens[7:]
    script = script[:5]
    return tokens[:1] + tokens[6:] if script == ["^", "{", "-", "1", "}"] else tokens


def _without_squares(tokens: list[Token]) -> list[Token]:
    r"""Drop the powers that arguments behind a comma come to, `\psi(\mu, \sigma^2)`."""
    texts = [token.text for token in tokens]
    if "^" not in texts or len(texts) < 3 or texts[1] != "(" or texts[-1] != ")":
        return tokens
    if "," not in texts[: texts.index("^")]:
        return tokens
    kept = list(tokens)
    while (at := next((k for k, t in enumerate(kept) if t.text == "^"), 0)) and at + 1 < len(kept):
        braced = kept[at + 1].text == "{" and at + 3 < len(kept) and kept[at + 3].text == "}"
        exponent = kept[at + 2] if braced else kept[at + 1]
        if exponent.kind != "number":
            return tokens
        del kept[at : at + (4 if braced else 2)]
    return kept


_DERIVATIVE = re.compile(r"fracd[a-zA-Z]d[a-zA-Z]|fracpartial[a-zA-Z]partial[a-zA-Z]")
_OPERATIONS = {
    "frac", "sqrt", "cdot", "times", "div", "pm", "mp", "binom", "infty", "sum", "prod", "int",
    "lim", "cup", "cap", "setminus", "pi", "bmod", "emptyset", "lfloor", "lceil", "gcd", "lcm",
}  # fmt: skip
