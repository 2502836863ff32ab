r"""Operators that bind a variable: `\sum`, `\prod`, `\int`, `\lim`."""

from fractions import Fraction

from verification.parsing.cursor import Cursor
from verification.parsing.token import Token
from verification.tree.bounds import UnparsedError
from verification.tree.syntax import Binder, BinderName, Expression, Number, Symbol

_KINDS = {"sum": "sum", "prod": "product", "int": "integral", "lim": "limit"}


def read_binder(parser: Cursor) -> Expression:
    """Read one operator with its bounds and its body."""
    name = parser.next().text
    if name not in _KINDS:
        raise UnparsedError(f"the command \\{name}")
    parser.spend(3)
    if name == "int":
        return _integral(parser)
    if name == "lim":
        return _limit(parser)
    return _sum_or_product(parser, name)


def _sum_or_product(parser: Cursor, name: str) -> Expression:
    lower: Expression | None = None
    upper: Expression | None = None
    variable = ""
    for _ in range(2):
        if parser.sees("_") and lower is None:
            parser.at += 1
            parser.expect("{")
            variable = _variable(parser)
            parser.expect("=")
            lower = parser.expression()
            parser.expect("}")
        elif parser.sees("^") and upper is None:
            parser.at += 1
            upper = _script(parser)
    if lower is None or upper is None:
        raise UnparsedError(f"\\{name} without both bounds")
    body = _bound_body(parser, variable)
    kind: BinderName = "sum" if name == "sum" else "product"
    return Binder(kind, body, variable, lower, upper)


def _script(parser: Cursor) -> Expression:
    r"""Read a bound; the `_a` of `\int^b_a` is the other bound, not a subscript of b."""
    if parser.peek().kind == "letter" and parser.peek().text not in ("e", "i"):
        return Symbol(parser.next().text)
    return parser.script()


def _variable(parser: Cursor) -> str:
    token = parser.next()
    if token.kind == "letter" or token.kind == "command":
        return token.text if token.kind == "letter" else "\\" + token.text
    raise UnparsedError(f"{token.text!r} as a bound variable")


def _bound_body(parser: Cursor, variable: str) -> Expression:
    """Read the body, in which even `i` and `e` are the bound variable."""
    outside = parser.bound
    parser.bound = outside | {variable}
    body = parser.term()
    parser.bound = outside
    return body


def _limit(parser: Cursor) -> Expression:
    parser.expect("_")
    parser.expect("{")
    variable = _variable(parser)
    if not parser.sees_command("to", "rightarrow", "longrightarrow"):
        raise UnparsedError("a limit without an arrow")
    parser.at += 1
    point = parser.point()
    side = ""
    if parser.sees("^"):
        parser.at += 1
        braced = parser.sees("{")
        parser.at += braced
        side = parser.next().text
        parser.at += braced
    elif parser.sees("+", "-"):
        side = parser.next().text
    parser.expect("}")
    if side not in ("", "+", "-"):
        raise UnparsedError("a limit from an unknown side")
    body = _bound_body(parser, variable)
    return Binder("limit", body, variable, point, None, side)  # type: ignore[arg-type]


def _integral(parser: Cursor) -> Expression:
    lower: Expression | None = None
    upper: Expression | None = None
    for _ in range(2):
        if parser.sees("_") and lower is None:
            parser.at += 1
            lower = _script(parser)
        elif parser.sees("^") and upper is None:
            parser.at += 1
            upper = _script(parser)
    if (lower is None) != (upper is None):
        raise UnparsedError("an integral with one bound")
    end = _differential(parser)
    inner, rest = parser.tokens[parser.at : end], parser.tokens[end + 2 :]
    variable = _variable_of(parser.tokens[end + 1])
    if not inner:
        parser.tokens, parser.at = rest, 0
        return Binder("integral", Number(Fraction(1)), variable, lower, upper)
    parser.tokens, parser.at = inner, 0
    outside, parser.bound = parser.bound, parser.bound | {variable}
    body = parser.expression()
    if not parser.at_end():
        raise UnparsedError("an integrand that is no expression")
    parser.tokens, parser.at, parser.bound = rest, 0, outside
    return Binder("integral", body, variable, lower, upper)


def _differential(parser: Cursor) -> int:
    """Return the index of the `d` that closes the integral at the cursor."""
    depth = 0
    for at in range(parser.at, len(parser.tokens) - 1):
        token, after = parser.tokens[at], parser.tokens[at + 1]
        if token.text in ("(", "[", "{", "\\{"):
            depth += 1
        elif token.text in (")", "]", "}", "\\}"):
            depth -= 1
        variable = after.kind == "letter" or after.kind == "command"
        if depth == 0 and token == Token("letter", "d", token.spaced) and variable:
            return at
    raise UnparsedError("an integral without a differential")


def _variable_of(token: Token) -> str:
    return token.text if token.kind == "letter" else "\\" + token.text
