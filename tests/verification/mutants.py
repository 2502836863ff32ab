"""One-edit mutants of gold answers: a digit, a sign, a letter, a bracket or a command changed."""

import re
from collections.abc import Iterator

SWAPPED = {
    "\\sin": "\\cos", "\\cos": "\\tan", "\\tan": "\\cot", "\\ln": "\\sin", "\\cup": "\\cap",
    "\\cap": "\\cup", "\\le": "\\ge", "\\ge": "\\le", "\\times": "+", "\\cdot": "+",
    "\\max": "\\min",     "\\min": "\\max", "\\pi": "\\theta", "\\theta": "\\pi", "<": ">",
    ">": "<", "\\sqrt": "\\ln",
    "\\in": "\\notin", "\\ne": "=", "\\alpha": "\\beta",
}  # fmt: skip
_SWAPPED = re.compile(
    "|".join(re.escape(k) + (r"(?![a-zA-Z])" if k[-1].isalpha() else "") for k in SWAPPED)
)
_COMMANDS = re.compile(r"\\(?:begin|end|operatorname)\{[^{}]*\}|\\[a-zA-Z]+")
_OTHER = str.maketrans("0123456789", "1234567890")


def mutants(gold: str) -> Iterator[tuple[str, str]]:
    """Yield the kind of each edit and the gold with it."""
    inside = {k for m in _COMMANDS.finditer(gold) for k in range(*m.span())}
    for at, char in enumerate(gold):
        before, after = gold[:at], gold[at + 1 :]
        if char.isdigit():
            yield "number", before + char.translate(_OTHER) + after
            yield "number", before + char + "7" + after
        elif char in "+-" and at not in inside:
            yield "sign", before + ("-" if char == "+" else "+") + after
        elif char.isalpha() and at not in inside and char not in "ei":
            yield "letter", before + ("w" if char.islower() else "W") + after
        elif char == "(" and not re.search(r"[a-zA-Z0-9}]$", before[-1:]):
            yield "bracket", before + "[" + after
    for match in _SWAPPED.finditer(gold):
        yield "command", gold[: match.start()] + SWAPPED[match[0]] + " " + gold[match.end() :]
    if re.match(r"[0-9a-zA-Z(\\]", gold):
        yield "sign", "-" + gold


GOLDS = [
    "17", "-4", "3.25", r"\frac{5}{8}", r"-\frac{7}{12}", "1,250", r"2\frac{3}{4}", r"35\%",
    r"72^\circ", r"5\sqrt{7}", r"\frac{\sqrt{6}-\sqrt{2}}{4}", r"4+\sqrt{11}", r"\sqrt[3]{25}",
    r"12\pi", r"\frac{5\pi}{6}", r"e^{3}-1", r"\ln 5", r"\log_3 7", r"3-4i", r"\frac{1+2i}{5}",
    "8!", r"\binom{9}{4}", r"2^{50}-1", "x^2-5x+6", "(x-2)(x+7)", r"\frac{x+1}{x-3}", "3a^2b-4ab^2",
    r"\frac{n(n+1)}{2}", r"2x+3y-z", "a_1+a_2", r"\sin 3x+\cos x", r"e^{2x}\cos x", r"\sqrt{x^2+9}",
    r"|x-4|", r"\frac{1}{2}mv_0^2", r"\sqrt{2gh}", r"x^3+C", r"C_1e^{x}+C_2e^{-3x}", "y=3x-7",
    "x=6", "y=x^2+4x-1", "3x+4y=12", "x^2+y^2=49", r"(x-3)^2+(y+2)^2=16",
    r"\frac{x^2}{9}+\frac{y^2}{4}=1", "xy=24", "f(x)=2x+5", "f(n)=n^2-1", "a_n=4n-3",
    r"g(x,y)=x^2-3y", "f(2)=9", "f'(3)=14", "E(X)=12", r"P(A)=\frac{3}{7}", r"P(X>4)=0.2", "AB=13",
    r"\frac{AM}{MB}=\frac{2}{5}", r"\angle ABC=50^\circ", r"\sin A=\frac{3}{5}", r"|z|=6",
    "S_{10}=255", r"x=\frac{\pi}{6}+k\pi, k \in \mathbb{Z}", r"\{4k+1 : k \in \mathbb{Z}\}",
    r"\frac{\pi}{8}+\frac{k\pi}{2}, k\in\mathbb{Z}", r"x \equiv 4 \pmod{11}", "(3,-5)", "(2,0,7)",
    r"\left(\frac{3}{2},-1\right)", "(1,4),(2,5)", "[-3,8)", r"(-\infty,4)",
    r"(-\infty,-2)\cup(5,\infty)", r"[0,1]\cup\{6\}", r"\{1,3,8\}", r"\{x \mid x>6\}",
    r"\{x^2 : x>5\}", r"\{\{1\},\{2,3\}\}", r"\emptyset, \{4\}, \{5\}", "2,5,9", r"\pm 6",
    r"3\pm\sqrt{5}", r"(\pm 2,3)", "x=2,y=8", "x=1,y=4;x=2,y=7", "x>5", r"x\le -3", "-2<x<7",
    r"a\ge \frac{5}{2}", r"x<-4 \text{ or } x>9", r"k=3 \text{ or } k<1", "y>3x+1", r"f(3)\ge 11",
    "x_1<x_2<x_3", r"y>e^{100}x", "5<8", r"\sqrt{3}<2", r"\begin{pmatrix}1&4\\2&7\end{pmatrix}",
    r"\begin{pmatrix}3\\-1\end{pmatrix}", r"\begin{cases} x=2 \\ y=9 \end{cases}",
    r"\vec{a}\times\vec{b}", r"2\vec{a}-3\vec{b}", r"\frac{1}{n+1}-\frac{1}{n+2}",
    r"\sum_{k=1}^{8} k^2", r"\int_0^2 x^3 dx", r"\lim_{x\to 0} \frac{\sin 3x}{x}", "4:9", "7:45",
    r"3:20 \text{ p.m.}", "1011_2", "3A7_{16}", r"6\text{ cm}", r"9.8\text{ m/s}^2",
    r"45\text{ km/h}", r"12\text{ kV}", r"250\text{ mL}", r"7\text{ GB}", r"\$48",
    r"\$15 \text{ per hour}", r"2\text{ hours } 25\text{ minutes}", "B", "(C)", "BD",
    "1+2+\\cdots+n", r"2,4,6,\ldots,40", r"\text{March 14}", r"\text{Tuesday}", r"\text{even}",
    r"\sqrt{4^{300}+1}", r"\arctan(10^{40})", r"6.02\times 10^{23}", "2x1-3x2", r"f(x+1)",
    r"f(-\frac{3}{4})", r"h(2)+h(5)", r"v_{\text{max}}", r"\frac{kq_1q_2}{r^2}", r"\alpha+2\beta",
    r"\theta-\sin\theta", r"\frac{2\cos^2 x}{3}", r"\lfloor 3x \rfloor", r"(-1)^{n+1}",
    r"\frac{(2n)!}{n!}", r"n^2+n+41", r"p^2q", r"\overline{AB}=8", r"m\angle P=37^\circ",
]  # fmt: skip
"""Golds of every kind of answer, written for this test."""
