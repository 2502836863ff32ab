"""Equalities as they are written in a step: sides, signs, and where they stand."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class WrittenSide:
    """One side of an equality."""

    text: str
    """The expression, without units and words."""
    units: frozenset[str]
    """Words and currency signs that stood beside its numbers."""


Sign = Literal["=", "≈", "≡", "<", ">"]
"""`<` and `>` stand for `≤` and `≥` too."""


@dataclass(frozen=True, slots=True)
class Span:
    """A chain `a = b = c` where it stands in its step."""

    text: str
    before: str = ""
    """Up to 60 characters that precede it, in lower case."""
    after: str = ""
    """Up to 60 characters that follow it, in lower case."""
    start: int = -1
    end: int = -1
    """Offsets in the step; where prose is read, in the step without its mathematics."""
    modulus: str = ""


@dataclass(frozen=True, slots=True)
class Equation:
    """Neighbouring sides of a chain."""

    span: Span
    left: WrittenSide
    right: WrittenSide
    sign: Sign = "="
    inner: bool = False
    """Whether the chain has a side before the left one."""
