r"""A syntax tree written out as LaTeX that reads back as the same value.

Every operand that could bind differently goes into brackets; the text is for machines and tests,
not for print.
"""

import re
from fractions import Fraction

from verification.tree.syntax import (
    Answer,
    Applied,
    Based,
    Binder,
    Call,
    ClockTime,
    Collection,
    Congruence,
    Constant,
    Degrees,
    Expression,
    Matrix,
    Negative,
    Number,
    Percent,
    Piecewise,
    PlusMinus,
    Power,
    Product,
    Quotient,
    Ratio,
    Relation,
    Restricted,
    SetBuilder,
    SetOperation,
    Sum,
    Symbol,
    Tuple,
    Unit,
    Value,
    Words,
)

_SIGNS = {
    "!=": "\\ne", "<=": "\\le", ">=": "\\ge", "~": "\\approx", "in": "\\in", "notin": "\\notin",
    "to": "\\to", "equiv": "\\equiv", "subset": "\\subset", "perp": "\\perp",
}  # fmt: skip
_NAMED = re.compile(r"(bar|hat|tilde|ddot|dot|vec):(\\?[a-zA-Z]+)")
_INDEXES = re.compile(r"_(\w+(?:,\w+)+)")
_OPERATIONS = {"union": "\\cup", "intersection": "\\cap", "difference": "\\setminus"}
_BINDERS = {"sum": "\\sum", "product": "\\prod", "integral": "\\int", "limit": "\\lim"}
_CONSTANTS = {"pi": "\\pi", "e": "e", "i": "i", "infinity": "\\infty"}
_LISTED = {"gcd", "lcm", "max", "min"}


def spelled_answer(answer: Answer) -> str:  # noqa: C901  one table
    """Return LaTeX that reads back as `answer`."""
    match answer:
        case Value(expression, unit):
            return spelled(expression) + _unit(unit)
        case Tuple(opening, items, closing):
            return f"{opening}{', '.join(map(spelled_answer, items))}{closing}"
        case Collection(items, braces):
            inner = ", ".join(map(spelled_answer, items))
            return f"\\{{{inner}\\}}" if braces else inner
        case SetOperation(kind, parts):
            return f" {_OPERATIONS[kind]} ".join(map(spelled_answer, parts))
        case Relation():
            return _relation(answer)
        case SetBuilder(variable, condition):
            return f"\\{{{variable} : {spelled_answer(condition)}\\}}"
        case Based(digits, base):
            return f"{digits}_{{{base}}}"
        case ClockTime(hour, minute, second, half):
            seconds = f":{second:02}" if second else ""
            return f"{hour}:{minute:02}{seconds}" + (f" \\text{{ {half}}}" if half else "")
        case Ratio(parts):
            return ":".join(map(spelled, parts))
        case Congruence(name, residue, modulus):
            named = f"{name} \\equiv " if name else ""
            return f"{named}{spelled(residue)} \\pmod{{{spelled(modulus)}}}"
        case Piecewise(pieces):
            rows = " \\\\ ".join(f"{spelled_answer(v)} & {spelled_answer(c)}" for v, c in pieces)
            return f"\\begin{{cases}} {rows} \\end{{cases}}"
        case Restricted(stated, condition):
            return f"{spelled_answer(stated)} ({spelled_answer(condition)})"
        case Words(text):
            return f"\\text{{{text}}}"
    raise TypeError(f"{type(answer).__name__} is no answer")


def _unit(unit: Unit | None) -> str:
    if unit is None:
        return ""
    return "".join(
        f"{'/' if power < 0 else ''}\\text{{ {name}}}"
        + (f"^{{{abs(power)}}}" if abs(power) > 1 else "")
        for name, power in sorted(unit.factors, key=lambda factor: factor[1] < 0)
    )


def _decorated(match: re.Match[str]) -> str:
    command = "overrightarrow" if match[1] == "vec" else match[1]
    return f"\\{command}{{{match[2]}}}"


def _relation(answer: Relation) -> str:
    name, *rest = answer.sides
    if name.answer is None and rest[0].answer is not None and rest[0].text == name.text + ":":
        label = f"\\text{{{name.text}:}}" if name.text in ("min", "max") else f"{name.text}:"
        return f"{label} {spelled_answer(rest[0].answer)}"
    sides = [
        _INDEXES.sub(r"_{\1}", _NAMED.sub(_decorated, side.text))
        if side.answer is None or side.is_name
        else spelled_answer(side.answer)
        for side in answer.sides
    ]
    text = sides[0]
    for sign, side in zip(answer.signs, sides[1:], strict=True):
        text += f" {_SIGNS.get(sign, sign)} {side}"
    return text


def spelled(tree: Expression) -> str:  # noqa: C901  one table
    """Return LaTeX that reads back as the expression."""
    match tree:
        case Number(value):
            return _number(value)
        case Symbol(name):
            return _name(name)
        case Constant(name):
            return f"{_CONSTANTS[name]} " if name in ("pi", "infinity") else name
        case Sum(terms):
            return (
                "+".join(map(_bracketed, terms)).replace("+\\pm", "\\pm").replace("+\\mp", "\\mp")
            )
        case Product(factors):
            return "\\cdot ".join(map(_bracketed, factors))
        case Negative(of):
            return f"-{_bracketed(of)}"
        case Quotient(top, bottom):
            return f"\\frac{{{spelled(top)}}}{{{spelled(bottom)}}}"
        case Power(base, exponent):
            return f"{_bracketed(base)}^{{{spelled(exponent)}}}"
        case PlusMinus(of, flipped):
            return f"\\{'mp' if flipped else 'pm'} {_bracketed(of)}"
        case Degrees(of):
            return f"{_bracketed(of)}^{{\\circ}}"
        case Percent(of):
            return f"{_bracketed(of)}\\%"
        case Applied(name, arguments):
            return f"{name}({','.join(map(spelled, arguments))})"
        case Matrix(rows):
            body = "\\\\".join("&".join(map(spelled, row)) for row in rows)
            return f"\\begin{{pmatrix}}{body}\\end{{pmatrix}}"
        case Call():
            return _call(tree)
        case Binder():
            return _binder(tree)
    raise TypeError(f"{type(tree).__name__} is no expression")


def _number(value: Fraction) -> str:
    if value.denominator == 1:
        return str(value.numerator)
    return f"\\frac{{{value.numerator}}}{{{value.denominator}}}"


def _name(name: str) -> str:
    name = name.removeprefix("#") or "k"
    if name == "...":
        return "\\ldots "
    head, _, subscript = name.partition("_")
    primes = "'" * (len(subscript or head) - len((subscript or head).rstrip("'")))
    head, subscript = head.rstrip("'"), subscript.rstrip("'")
    decoration, colon, letter = head.partition(":")
    if colon:
        head = (
            f"\\overrightarrow{{{letter}}}"
            if decoration == "vec"
            else f"\\{decoration}{{{letter}}}"
        )
    return (
        head + (f"_{{{subscript}}}" if subscript else "") + primes + (" " if "\\" in head else "")
    )


def _bracketed(tree: Expression) -> str:
    atomic = isinstance(tree, Symbol | Constant | Matrix | PlusMinus) or (
        isinstance(tree, Number) and tree.value.denominator == 1 and tree.value >= 0
    )
    return spelled(tree) if atomic else f"({spelled(tree)})"


def _call(tree: Call) -> str:
    inner = [spelled(argument) for argument in tree.arguments]
    function = tree.function
    if function == "sqrt":
        return f"\\sqrt{{{inner[0]}}}"
    if function == "root":
        return f"\\sqrt[{inner[1]}]{{{inner[0]}}}"
    if function == "abs":
        return f"|({inner[0]})|"
    if function in ("factorial", "double_factorial"):
        return f"({inner[0]})" + ("!" if function == "factorial" else "!!")
    if function == "binomial":
        return f"\\binom{{{inner[0]}}}{{{inner[1]}}}"
    if function in ("floor", "ceiling"):
        side = "floor" if function == "floor" else "ceil"
        return f"\\l{side} {inner[0]}\\r{side} "
    return _named_call(function, inner)


def _named_call(function: str, inner: list[str]) -> str:
    if function == "mod":
        return f"(({inner[0]}) \\bmod ({inner[1]}))"
    if function == "derivative":
        return f"\\frac{{d}}{{d{inner[1]}}}({inner[0]})"
    if function == "log" and len(inner) == 2:
        return f"\\log_{{{inner[1]}}}({inner[0]})"
    if function in _LISTED:
        return f"\\{function}({','.join(inner)})"
    short = {"trace": "tr", "real": "Re", "imaginary": "Im", "gamma": "Gamma"}
    return f"\\operatorname{{{short.get(function, function)}}}({inner[0]})"


def _binder(tree: Binder) -> str:
    lower = "" if tree.lower is None else spelled(tree.lower)
    upper = "" if tree.upper is None else spelled(tree.upper)
    body = f"({spelled(tree.body)})"
    if tree.kind == "integral":
        bounds = f"_{{{lower}}}^{{{upper}}}" if tree.lower is not None else ""
        return f"\\int{bounds} {body} d{tree.variable}"
    if tree.kind == "limit":
        side = f"^{{{tree.side}}}" if tree.side else ""
        return f"\\lim_{{{tree.variable} \\to {{{lower}}}{side}}} {body}"
    return f"{_BINDERS[tree.kind]}_{{{tree.variable}={lower}}}^{{{upper}}} {body}"
