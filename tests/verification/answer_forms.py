"""Random answers whose exact value is known, written in many ways; hypothesis strategies."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

MAX_EXPONENT = 4


@dataclass(frozen=True)
class Known:
    """An expression in LaTeX with its exact value."""

    latex: str
    value: Fraction


def integers() -> st.SearchStrategy[Known]:
    return st.integers(-999, 999).map(lambda n: Known(str(n), Fraction(n)))


def decimals() -> st.SearchStrategy[Known]:
    return st.tuples(st.integers(-9999, 9999), st.integers(1, 3)).map(
        lambda nk: Known(f"{nk[0] / 10 ** nk[1]:.{nk[1]}f}", Fraction(nk[0], 10 ** nk[1]))
    )


def fractions() -> st.SearchStrategy[Known]:
    bottom = st.integers(1, 60)
    style = st.sampled_from([r"\frac{%d}{%d}", r"\dfrac{%d}{%d}", "%d/%d", r"{%d \over %d}"])
    return st.tuples(st.integers(-200, 200), bottom, style).map(
        lambda form: Known(form[2] % form[:2], Fraction(*form[:2]))
    )


def numbers() -> st.SearchStrategy[Known]:
    return st.one_of(integers(), decimals(), fractions())


def _sum(a: Known, b: Known) -> Known:
    return Known(rf"\left({a.latex}\right)+({b.latex})", a.value + b.value)


def _difference(a: Known, b: Known) -> Known:
    return Known(f"({a.latex}) - ({b.latex})", a.value - b.value)


def _product(a: Known, b: Known) -> Known:
    return Known(rf"({a.latex}) \cdot ({b.latex})", a.value * b.value)


def _quotient(a: Known, b: Known) -> Known:
    if not b.value:
        return a
    return Known(rf"\frac{{{a.latex}}}{{{b.latex}}}", a.value / b.value)


def _power(a: Known, n: int) -> Known:
    if not a.value and not n:
        return a  # zero to the zero is a matter of taste
    return Known(f"({a.latex})^{{{n}}}", a.value**n)


def _root(a: Known, _: Known) -> Known:
    return Known(rf"\sqrt{{({a.latex})^2}}", abs(a.value))


def _absolute(a: Known, _: Known) -> Known:
    return Known(rf"\left|{a.latex}\right|", abs(a.value))


def closed() -> st.SearchStrategy[Known]:
    """Expressions without variables, with their exact rational value."""

    def grow(smaller: Any) -> Any:
        pairs = st.tuples(smaller, smaller)
        binary = st.sampled_from([_sum, _difference, _product, _quotient, _root, _absolute])
        powers = st.tuples(smaller, st.integers(0, MAX_EXPONENT))
        return st.one_of(
            st.tuples(binary, pairs).map(lambda made: made[0](*made[1])),
            powers.map(lambda base: _power(*base)),
        )

    return st.recursive(numbers(), grow, max_leaves=5)


ATOMS = [
    "1",
    "2",
    "-3",
    "0",
    "0.5",
    "x",
    "y",
    "n",
    "R",
    "r",
    r"\pi",
    r"\sqrt{2}",
    r"\frac12",
    "i",
    "e",
    r"\infty",
    "(",
    ")",
    "[",
    "]",
    r"\{",
    r"\}",
    "{",
    "}",
    ",",
    "+",
    "-",
    "/",
    "^",
    "_",
    "!",
    "%",
    r"^\circ",
    "=",
    "<",
    r"\le",
    r"\cup",
    r"\pm",
    r"\sin",
    r"\log",
    r"\text{ and }",
    r"\text{cm}",
    r"\begin{pmatrix}",
    r"\end{pmatrix}",
    "&",
    r"\\",
    "|",
    ":",
    r"\sum_{k=1}^{5}",
    r"\int",
    " ",
    "$",
    r"\boxed{",
    r"\left",
    r"\right",
    "\x00",
    "²",
    "√",
    "½",
    "∞",
    "#### ",
    "The answer is ",
    r"\frac",
    "\ud835",
    "٣",
    "p.m.",
    "_2",
    "99999999999",
    "9^{9^{9}}",
    "1e999",
    r"\lim_{x\to0}",
    r"\binom{5}{2}",
]
"""Pieces of notation, from which garbage is made."""


def garbage() -> Any:
    """Strings of notation that mean nothing, or something by chance."""
    return st.lists(st.sampled_from(ATOMS), min_size=1, max_size=14).map("".join)


@st.composite
def mutated(draw: st.DrawFn, golds: Any) -> Any:
    """A gold with a few pieces cut out, doubled or replaced."""
    text = draw(st.sampled_from(golds))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        until = min(len(text), at + draw(st.integers(0, 4)))
        text = text[:at] + draw(st.sampled_from(ATOMS)) + text[until:]
    return text
