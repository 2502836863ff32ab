"""Names in an expression: letters with subscripts and primes, applied functions, constants."""

from verification.parsing.cursor import END, Cursor
from verification.tree.bounds import UnparsedError
from verification.tree.syntax import Applied, Call, Constant, Expression, Number, Power, Symbol

_APPLIED = {"f", "g", "h", "F", "G"}
"""Letters that before a bracket are functions, never factors."""


def read_name(parser: Cursor) -> Expression:
    """Read a constant, a variable or an applied function."""
    token = parser.next()
    bare = token.kind == "letter" and not parser.sees("_", "'")
    if bare and token.text in ("i", "e") and token.text not in parser.bound:
        return Constant("i" if token.text == "i" else "e")
    if token.text == "C" and parser.sees("_"):
        chosen = _chosen(parser)
        if chosen is not None:
            return chosen
    name = token.text + read_decorations(parser)
    if parser.sees("(") and not parser.peek().spaced and token.kind == "letter":
        return _perhaps_applied(parser, name, token.text)
    return Symbol(name)


def _binomial(arguments: tuple[Expression, ...]) -> Expression:
    if len(arguments) != 2:
        raise UnparsedError("C of other than two arguments")
    return Call("binomial", arguments)


def _chosen(parser: Cursor) -> Expression | None:
    """Read `C_{5}^{2}` as 5 choose 2, if that is what it can be."""
    start, tokens = parser.at, list(parser.tokens)
    parser.at += 1
    lower = parser.script()
    if parser.sees("^") and isinstance(lower, Number):
        parser.at += 1
        upper = parser.script()
        if isinstance(upper, Number) and lower.value >= upper.value and lower.value >= 2:
            return Call("binomial", (lower, upper))
    parser.at, parser.tokens = start, tokens
    return None


def _perhaps_applied(parser: Cursor, name: str, letter: str) -> Expression:
    """Read `f(x)` and `I(0)` as applied functions, `a(x+1)` as a product."""
    numeric = parser.peek(1).kind == "number" and parser.sees(")", ahead=2)
    if letter == "C" and parser.peek(1).kind == "number" and parser.sees(",", ahead=2):
        return _binomial(parser.arguments())
    if letter in _APPLIED or numeric:
        return Applied(name, parser.arguments())
    return Symbol(name)


def read_greek(parser: Cursor, name: str) -> Expression:
    r"""Read a Greek letter; `\Phi(x)` is the normal distribution's function, never a product."""
    letter = "\\" + name + read_decorations(parser)
    if name == "Phi" and parser.sees("("):
        return Applied(letter, parser.arguments())
    return Symbol(letter)


def read_subscripted(parser: Cursor, tree: Expression) -> Expression:
    """Read the subscript behind a power: `v^2_0` is the square of `v_0`."""
    match tree:
        case Power(Symbol(name), exponent) if "_" not in name:
            return Power(Symbol(name + read_decorations(parser)), exponent)
    raise UnparsedError("a subscript after an expression")


def read_decorations(parser: Cursor) -> str:
    """Read a name's subscripts and primes as text."""
    text = ""
    while parser.sees("_"):
        parser.at += 1
        text += "_" + _subscript(parser)
    while parser.sees("'"):
        parser.at += 1
        text += "'"
    return text


def _subscript(parser: Cursor) -> str:
    token = parser.next()
    if token.text != "{":
        return token.text.lstrip("\\")
    depth, parts = 1, []
    while depth:
        token = parser.next()
        if token is END:
            raise UnparsedError("an unclosed subscript")
        depth += (token.text == "{") - (token.text == "}")
        if token.text not in ("{", "}"):
            parts.append(token.text)
    if len(parts) > 20:
        raise UnparsedError("a long subscript")
    return "".join(parts)
