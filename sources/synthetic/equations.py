"""Read the little arithmetic of a statement: numbers, + - * /, parentheses, and `=`."""

import re
from dataclasses import dataclass
from fractions import Fraction

LONGEST = 200
"""Characters; an equation beyond this is not read at all."""

_TOKEN = re.compile(r"\d{1,9}(?:\.\d{1,9})?|[-+*/()]")


@dataclass(frozen=True, slots=True)
class Number:
    """A literal."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Binary:
    """`left operation right`."""

    operation: str
    left: "Expression"
    right: "Expression"


Expression = Number | Binary


def evaluate(expression: Expression) -> Fraction | None:
    """Return the value; None for a division by zero."""
    if isinstance(expression, Number):
        return expression.value
    left, right = evaluate(expression.left), evaluate(expression.right)
    if left is None or right is None or (expression.operation == "/" and not right):
        return None
    if expression.operation == "+":
        return left + right
    if expression.operation == "-":
        return left - right
    return left * right if expression.operation == "*" else left / right


def parse_equation(text: str) -> tuple[Expression, ...] | None:
    """Return the parts between the `=` signs, at least one; None where `text` is no equation."""
    if len(text) > LONGEST:
        return None
    parts = tuple(_parse(part) for part in text.split("="))
    known = tuple(part for part in parts if part is not None)
    return known if len(known) == len(parts) else None


def _parse(text: str) -> Expression | None:
    tokens = _TOKEN.findall(text)
    if "".join(tokens) != "".join(text.split()) or _splits_a_number(text):
        return None
    reader = _Reader(tokens)
    expression = reader.sum()
    return None if reader.failed or reader.tokens else expression


def _splits_a_number(text: str) -> bool:
    return re.search(r"[\d.]\s+[\d.]|\d{10}", text) is not None


class _Reader:
    """Recursive descent over the tokens of one side; `failed` once they make no sense."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens[::-1]
        self.failed = False

    def sum(self) -> Expression:
        expression = self.product()
        while self._next_in("+-"):
            expression = Binary(self.tokens.pop(), expression, self.product())
        return expression

    def product(self) -> Expression:
        expression = self.atom()
        while self._next_in("*/"):
            expression = Binary(self.tokens.pop(), expression, self.atom())
        return expression

    def atom(self) -> Expression:
        token = self.tokens.pop() if self.tokens else ""
        if token == "(":
            expression = self.sum()
            self.failed |= not self._next_in(")")
            del self.tokens[-1:]
            return expression
        if token[:1].isdigit():
            return Number(Fraction(token))
        self.failed = True
        return Number(Fraction(0))

    def _next_in(self, symbols: str) -> bool:
        return bool(self.tokens) and self.tokens[-1] in symbols
