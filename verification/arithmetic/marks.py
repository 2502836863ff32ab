r"""How marks and `\log` are taken in one evaluation."""

from dataclasses import dataclass
from typing import Literal

LogBase = Literal["ten", "e"]


@dataclass(frozen=True, slots=True)
class Marks:
    """One way to take an expression's ambiguous signs, the same for both sides."""

    log_base: LogBase = "ten"
    degrees_convert: bool = False
    """Whether a degree sign outside trigonometric functions multiplies by pi/180."""
    percent_divides: bool = True
