"""sympy decides what the cheap stages may leave open, on objects built from our own trees."""

from typing import Any

import pytest

from verification.conventions import Conventions
from verification.guarded.symbolic import compare_trees
from verification.guarded.sympy_trees import Names, UnsupportedError, build
from verification.parsing.parsed import Parsed, parse_answer
from verification.tree.syntax import Value


def verdict(gold: str, answer: str, **conventions: Any) -> bool | None:
    settings = Conventions(**conventions)
    return compare_trees(Parsed(gold, settings), Parsed(answer, settings)).equal


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        (r"\sum_{k=1}^{n} k", r"\frac{n(n+1)}{2}"),
        (r"\sum_{k=0}^{n}\binom{n}{k}", "2^n"),
        (r"\sum_{n=1}^\infty \frac1{n^2}", r"\frac{\pi^2}{6}"),
        (r"\prod_{k=1}^{5} k", "120"),
        (r"\int_0^1 x^2 dx", "1/3"),
        (r"\lim_{x\to0}\frac{\sin x}{x}", "1"),
        (r"\frac{d}{dx} x^3", "3x^2"),
        (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}\begin{pmatrix}1\\1\end{pmatrix}",
         r"\begin{pmatrix}3\\7\end{pmatrix}"),
        (r"\det\begin{pmatrix}1&2\\3&4\end{pmatrix}", "-2"),
        (r"\sqrt{3+2\sqrt2}", r"1+\sqrt2"),
        (r"\sqrt[3]{2+\sqrt5}+\sqrt[3]{2-\sqrt5}", "1"),
        (r"\cos 20^\circ \cos 40^\circ \cos 80^\circ", r"\frac18"),
        (r"\sin^2 x+\cos^2 x", "1"),
        ("e^{i\\pi}", "-1"),
        ("1\\pm\\sqrt5", r"-(-1\mp\sqrt5)"),
        ("(a+b,b)", "(b+a,b)"),
        (r"\{x,x-1\}", r"\{x-1,x\}"),
        ("2x+4y-3=0", "4x+8y=6"),
    ],
)  # fmt: skip
def test_sympy_proves_equals_in_both_directions(gold: str, answer: str) -> None:
    assert verdict(gold, answer) is True
    assert verdict(answer, gold) is True


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        (r"\sqrt{3+2\sqrt2}", r"1+\sqrt3"),
        (r"\frac{1}{2^{99}}", r"\frac{1}{2^{98}}"),
        ("x^y", "y^x"),
        (r"\int_0^1 x^2 dx", "1/4"),
        (r"\begin{pmatrix}1&2\end{pmatrix}", r"\begin{pmatrix}1\\2\end{pmatrix}"),
        (r"\log 2", r"\ln 2"),
        ("(1,x)", "(1,x+1)"),
        (r"1\pm\sqrt5", r"1\pm\sqrt6"),
    ],
)
def test_sympy_computes_differences(gold: str, answer: str) -> None:
    assert verdict(gold, answer) is False


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        ("5", r"\int_0^{\infty} \frac{\sin(x^x)}{x^x+1} dx"),
        ("5", r"\int \frac1x dx"),
        ("5", r"3\text{ cm}"),
        ("(1,2)", r"\{1,2\}"),
        ("x<1", "x<2"),
        (r"\frac10", "5"),
        (r"\frac{\pi}{3}", r"50^\circ"),
    ],
)
def test_what_sympy_can_only_estimate_or_is_not_asked_stays_undecided(
    gold: str, answer: str
) -> None:
    assert verdict(gold, answer) is None


@pytest.mark.parametrize(
    "answer",
    ["9^{9^{9^9}}", "100000!", r"\binom{10^9}{5000}", r"\Gamma(10^{12})", r"\prod_{k=1}^{10^9} k",
     r"\sum_{n=1}^{10^{12}} \frac{1}{n^2}", r"\begin{pmatrix}1&1\\0&1\end{pmatrix}^{10^9}"],
)  # fmt: skip
def test_sizes_are_refused_before_sympy_sees_them(answer: str) -> None:
    tree = parse_answer(answer)
    assert isinstance(tree, Value)
    with pytest.raises(UnsupportedError):
        build(tree.expression, Names())


def test_under_lenient_conventions_a_difference_is_no_proof() -> None:
    assert verdict("x+1", "x+2") is False
    assert verdict("x+1", "x+2", letter_case="ignored") is None
    assert verdict("x+1", "x+2", relative_tolerance="0.1") is None
