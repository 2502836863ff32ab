"""Functions by cases, systems, residues, mixed quantities, conditions in brackets."""

import pytest

from verification.comparing.equivalence import compare

SAME = [
    (r"\begin{cases} a=4 \\ b=-1 \end{cases}", "(4,-1)"),
    (r"\left\{\begin{array}{l}a=4\\b=-1\end{array}\right.", "a=4, b=-1"),
    (
        r"f(x)=\begin{cases} x^2 & x>0 \\ 0 & x\le 0 \end{cases}",
        r"\begin{cases} 0, & \text{if } x\le 0, \\ x\cdot x, & \text{if } x>0. \end{cases}",
    ),
    (r"n \equiv 2 \pmod 5", r"n \equiv -3 \pmod{5}"),
    (r"n \equiv 2 \bmod 5", "7 (mod 5)"),
    (r"2\gamma+\beta", r"\beta+\gamma+\gamma"),
    ("2 hours 30 minutes", "2.5 hours"),
    (r"2\text{ hours and }30\text{ minutes}", "150"),
    ("6'2\"", "6 ft 2 in"),
    (r"a_n = 3n-1 (n \in \mathbb{N}^*)", "3n-1"),
    ("y = x^2 (x>0)", "y = x^2 (0 < x)"),
    (r"(0,1) \bigcup (2,3)", r"(0,1)\cup(2,3)"),
    (r"\mathbf{e}_1-\mathbf{e}_2", r"-\mathbf{e}_2+\mathbf{e}_1"),
    ("[4, 1, 2]", "4, 1, 2"),
    ("$3/8$ meters", "3/8"),
]
DIFFERENT = [
    (r"\begin{cases} a=4 \\ b=-1 \end{cases}", "(4,1)"),
    (
        r"\begin{cases} x^2 & x>0 \\ 0 & x\le 0 \end{cases}",
        r"\begin{cases} x^3 & x>0 \\ 0 & x\le 0 \end{cases}",
    ),
    (r"n \equiv 2 \pmod 5", r"n \equiv 3 \pmod 5"),
    (r"n \equiv 2 \bmod 5", r"n \equiv 2 \bmod 10"),
    ("7 (mod 5)", "3"),
    (r"2\gamma+\beta", r"3\gamma+\beta"),
    ("2 hours 30 minutes", "2 hours 20 minutes"),
    ("6'2\"", "6'3\""),
    (r"a_n = 3n-1 (n \in \mathbb{N}^*)", "3n+1"),
    ("y = x^2 (x>0)", "y = x^3 (x>0)"),
    ("[4, 1, 2]", "1, 2, 4"),
    ("[0, 4]", "4, 0"),
]
OPEN = [
    (
        r"\begin{cases} x^2 & x>0 \\ 0 & x\le 0 \end{cases}",
        r"\begin{cases} x^2 & x\ge 0 \\ 0 & x<0 \end{cases}",
    ),
    (r"\begin{cases} x & x>0 \\ -x & x\le 0 \end{cases}", "|x|"),
    ("7 (mod 5)", "2"),
    ("y = x^2 (x>0)", "y = x^2"),
    ("[0, 4]", "0, 4"),
]


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [(*p, True) for p in SAME] + [(*p, False) for p in DIFFERENT] + [(*p, None) for p in OPEN],
)
def test_special_forms_are_compared_by_what_they_say(
    left: str, right: str, equal: bool | None
) -> None:
    assert compare(left, right).equal is equal
    assert compare(right, left).equal is equal
