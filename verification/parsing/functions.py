r"""Functions by name and how far their argument reaches where it has no brackets.

`\sin 2x \cos x` is sin(2x) cos(x): an argument without brackets takes numerals, letters, fractions
and roots, and ends at the next function or bracket. `\ln 3/2` is half of ln 3, but in
`\cos 2\pi/3` the division belongs to the angle.
"""

from fractions import Fraction

from verification.parsing.cursor import Cursor
from verification.parsing.vocabulary import FUNCTIONS, GREEK, INVERSES, LIST_FUNCTIONS
from verification.tree.bounds import UnparsedError
from verification.tree.syntax import (
    TRIGONOMETRIC,
    Call,
    Constant,
    Degrees,
    Expression,
    FunctionName,
    Negative,
    Number,
    Power,
    Product,
    Quotient,
    Sum,
)

_SEVERAL = {"gcd", "lcm", "max", "min"}
_TEN = Number(Fraction(10))


def read_function(parser: Cursor) -> Expression:
    """Read a named function, its script and its argument."""
    name = parser.next().text
    if name in _SEVERAL:
        parser.spend()
        return Call(name, parser.arguments())  # type: ignore[arg-type]
    function: FunctionName = "log" if name == "lg" else FUNCTIONS.get(name, name)  # type: ignore
    base, power = _scripts(parser)
    argument = _argument(parser, function)
    parser.spend()
    if base is not None and function != "log":
        raise UnparsedError(f"a subscript on {name}")
    if name == "lg":
        base = _TEN
    if power is not None and _is_minus_one(power):
        if function not in INVERSES:
            raise UnparsedError(f"{name} to the -1")
        return Call(INVERSES[function], (argument,))
    if name == "cis":
        turned = Product((Constant("i"), Call("sin", (argument,))))
        return Sum((Call("cos", (argument,)), turned))
    call = Call(function, (argument,) if base is None else (argument, base))
    return call if power is None else Power(call, power)


def _scripts(parser: Cursor) -> tuple[Expression | None, Expression | None]:
    base: Expression | None = None
    power: Expression | None = None
    for _ in range(2):
        if parser.sees("_"):
            parser.at += 1
            base = parser.script()
        if parser.sees("^"):
            parser.at += 1
            power = parser.script()
    return base, power


def _is_minus_one(power: Expression) -> bool:
    return power in (Number(Fraction(-1)), Negative(Number(Fraction(1))))


def _argument(parser: Cursor, function: str) -> Expression:
    if parser.sees("(", "{", "["):
        return parser.bracketed()
    if function in LIST_FUNCTIONS - {"det"}:
        raise UnparsedError(f"{function} without brackets")
    negative = parser.sees("-")
    parser.at += negative
    factors = [parser.power()]
    while _continues(parser):
        factors.append(parser.power())
    argument = factors[0] if len(factors) == 1 else Product(tuple(factors))
    if parser.sees("/") and function in TRIGONOMETRIC and any(map(_is_angle, factors)):
        parser.at += 1
        argument = Quotient(argument, parser.power())
    parser.spend(len(factors))
    return Negative(argument) if negative else argument


def _continues(parser: Cursor) -> bool:
    token = parser.peek()
    if token.kind == "number":
        return parser.tokens[parser.at - 1].kind != "number"
    if token.kind in ("letter", "symbol"):
        return True
    command = token.text in GREEK or token.text in ("pi", "frac", "sqrt")
    return token.kind == "command" and command


def _is_angle(factor: Expression) -> bool:
    return factor == Constant("pi") or isinstance(factor, Degrees)
