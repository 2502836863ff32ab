"""The cursor over tokens that every part of the grammar shares, with its budgets."""

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from fractions import Fraction

from verification.parsing.token import Token
from verification.tree.bounds import MAX_DEPTH, MAX_EXPONENT_OF_TEN, MAX_NODES, UnparsedError
from verification.tree.syntax import Expression, Number

END = Token("mark", "end of answer")


class Cursor(ABC):
    """A position in tokens; node and nesting budgets are spent before nodes are built.

    The abstract methods are the rules of the grammar that names, functions, binders and matrices
    call back into.
    """

    def __init__(self, tokens: Sequence[Token], *, depth: int = 0, nodes: int = 0):
        self.tokens = list(tokens)
        self.at = 0
        self.depth = depth
        self.nodes = nodes
        self.open_bars = 0
        self.bound: frozenset[str] = frozenset()

    def peek(self, ahead: int = 0) -> Token:
        """Return the token `ahead` of the cursor, or an end mark."""
        at = self.at + ahead
        return self.tokens[at] if at < len(self.tokens) else END

    def at_end(self) -> bool:
        """Say whether all tokens are read."""
        return self.at >= len(self.tokens)

    def next(self) -> Token:
        """Return the token at the cursor and step over it."""
        token = self.peek()
        self.at += 1
        return token

    def sees(self, *marks: str, ahead: int = 0) -> bool:
        """Say whether one of the punctuation `marks` is at the cursor."""
        token = self.peek(ahead)
        return token.kind == "mark" and token.text in marks

    def sees_command(self, *names: str, ahead: int = 0) -> bool:
        """Say whether one of the commands is at the cursor."""
        token = self.peek(ahead)
        return token.kind == "command" and token.text in names

    def expect(self, mark: str) -> None:
        """Step over `mark` or refuse the text."""
        if not self.sees(mark):
            raise UnparsedError(f"{self.peek().text!r} where {mark!r} was due")
        self.at += 1

    def deeper(self) -> None:
        """Enter one level of nesting; the caller leaves it by `self.depth -= 1`."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise UnparsedError(f"nested deeper than {MAX_DEPTH}")

    def spend(self, nodes: int = 1) -> None:
        """Count nodes against the cap."""
        self.nodes += nodes
        if self.nodes > MAX_NODES:
            raise UnparsedError(f"more than {MAX_NODES} nodes")

    @abstractmethod
    def expression(self) -> Expression:
        """Read a sum."""

    @abstractmethod
    def term(self) -> Expression:
        """Read a product or quotient."""

    @abstractmethod
    def point(self) -> Expression:
        """Read the point of a limit, whose `^+` or `-` names a side."""

    @abstractmethod
    def power(self) -> Expression:
        """Read an atom with what is written behind or above it."""

    @abstractmethod
    def atom(self) -> Expression:
        """Read one indivisible piece."""

    @abstractmethod
    def script(self) -> Expression:
        """Read what follows `^` or `_`."""

    @abstractmethod
    def group(self) -> Expression:
        """Read a command's argument."""

    @abstractmethod
    def bracketed(self) -> Expression:
        """Read brackets around one expression."""

    @abstractmethod
    def arguments(self) -> tuple[Expression, ...]:
        """Read `(a, b, ...)`."""


def read_decimal(text: str) -> Number:
    """Return the exact value of a numeral, its power of ten capped."""
    exponent = re.search(r"[eE]([+-]?\d+)$", text)
    if exponent and (len(exponent[1]) > 5 or abs(int(exponent[1])) > MAX_EXPONENT_OF_TEN):
        raise UnparsedError(f"a power of ten beyond {MAX_EXPONENT_OF_TEN}")
    return Number(Fraction(text))
