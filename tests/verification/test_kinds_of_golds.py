r"""Golds that say more than a value: what equals them, what differs, and what nobody could tell.

Each kind is a gold with spellings that a model would write, near misses (a number, a sign, a
subject, a condition) and answers that may or may not say the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from verification import VerificationSettings
from verification.cascade import Cascade
from verification.comparing.equivalence import compare
from verification.finding.golds import gold_answer


@dataclass(frozen=True)
class Kind:
    """A gold, and the answers that are right, wrong and undecided beside it."""

    gold: str
    right: tuple[str, ...]
    wrong: tuple[str, ...]
    unclear: tuple[str, ...] = ()


KINDS = {
    "a chain beside other equations": Kind(
        r"$w=l=2^{1 / 3} V^{1 / 3}, h=V^{1 / 3} / 2^{2 / 3}$, $h / w=1 / 2$",
        (
            r"w=l=\sqrt[3]{2V}, h=\frac{\sqrt[3]{V}}{2^{2/3}}, \frac{h}{w}=\frac12",
            r"h/w=0.5, h=\sqrt[3]{V/4}, w=l=\sqrt[3]{2V}",
        ),
        (
            r"w=l=\sqrt[3]{3V}, h=\frac{\sqrt[3]{V}}{2^{2/3}}, h/w=1/2",
            r"w=l=\sqrt[3]{2V}, h=\frac{\sqrt[3]{V}}{2^{1/3}}, h/w=1/2",
            r"w=l=\sqrt[3]{2V}, h=\frac{\sqrt[3]{V}}{2^{2/3}}, h/w=1/3",
        ),
        (r"w=l=\sqrt[3]{2V}, h=\frac{\sqrt[3]{V}}{2^{2/3}}", r"\frac12", r"h/w = 1/2"),
    ),
    "equations in the same unknowns": Kind(
        r"$z+w=5-i, z-2 w=-4+23 i, z w=62+5 i$, and $\frac{w}{z}=-\frac{50}{53}-\frac{37}{53} i$.",
        (r"z+w=5-i, z-2w=-4+23i, zw=62+5i, \frac{w}{z} = -\frac{50+37i}{53}",),
        (
            r"z+w=5+i, z-2w=-4+23i, zw=62+5i, \frac{w}{z} = -\frac{50+37i}{53}",
            r"z+w=5-i, z-2w=-4+23i, zw=62-5i, \frac{w}{z} = -\frac{50+36i}{53}",
        ),
        (r"5-i, -4+23i, 62+5i, -\frac{50+37i}{53}",),
    ),
    "products of matrices": Kind(
        r"$X^{T} Y=\left[\begin{array}{rr}0 & -1 \\ 1 & 2\end{array}\right], X Y^{T}=1$",
        (r"X^T \cdot Y=\begin{pmatrix}0&-1\\1&2\end{pmatrix}, XY^T=1",),
        (
            r"X^TY=\begin{pmatrix}0&-1\\1&3\end{pmatrix}, XY^T=1",
            r"X^TY=\begin{pmatrix}0&-1\\1&2\end{pmatrix}, XY^T=2",
        ),
    ),
    "a formula and its limit": Kind(
        r"$P=\frac{P_{0}}{\alpha+e^{-a t}} ; \lim _{t \rightarrow \infty} P(t)=1 / \alpha$",
        (r"P(t)=\frac{P_0}{e^{-at}+\alpha}, \lim_{t\to\infty} P(t)=\frac1\alpha",),
        (
            r"P(t)=\frac{P_0}{\alpha+e^{-at}}, \lim_{t\to\infty} P(t)=\alpha",
            r"P(t)=\frac{P_0}{\alpha-e^{-at}}, \lim_{t\to\infty} P(t)=\frac1\alpha",
        ),
        (r"P=\frac{P_{0}}{\alpha+e^{-a t}}",),
    ),
    "a formula and where it holds": Kind(
        r"$Q=t+300-\frac{234 \times 10^{5}}{(t+300)^{2}}, \quad 0 \leq t \leq 300$",
        (
            r"Q(t)=t+300-\frac{23400000}{(t+300)^2}, 0\le t \le 300",
            r"Q = (t+300) - 23400000 (t+300)^{-2} \text{ for } 0 \le t \le 300",
            r"0\le t\le 300, Q=t+300-\frac{23400000}{(t+300)^2}",
        ),
        (
            r"Q=t+300-\frac{23400000}{(t+300)^2}, 0\le t \le 200",
            r"Q=t+300+\frac{23400000}{(t+300)^2}, 0\le t \le 300",
            r"Q=t+300+\frac{23400000}{(t+300)^2}",
        ),
        (r"Q=t+300-\frac{23400000}{(t+300)^2}",),
    ),
    "a condition behind words": Kind(
        r"$F_{Y}(y)=\frac{1}{\sqrt{2 \pi y}}$, for $y>0$.",
        (r"F_Y(y)=\frac{1}{\sqrt{2\pi y}}, y>0", r"\text{For } y>0, F_Y(y)=(2\pi y)^{-1/2}"),
        (r"F_Y(y)=\frac{1}{\sqrt{2\pi} y}, y>0", r"F_Y(y)=\frac{1}{\sqrt{2\pi y}}, y>1"),
        (r"\frac{1}{\sqrt{2\pi y}}", r"f_Y(y)=\frac{1}{\sqrt{2\pi y}}, y>0"),
    ),
    "an index that goes by any letter": Kind(
        r"x=k\pi, k\ge 0",
        (r"x=n\pi, n\ge 0", r"n\ge 0, x=n\pi"),
        (r"x=2n\pi, n\ge 0", r"x=n\pi, n\ge 1"),
        (r"x=n\pi",),
    ),
    "an index that is called i": Kind(
        r"$y_{i}=\frac{x^{i-1}}{(i-1) !}, 1 \leq i \leq n$",
        (r"y_i=\frac{x^{i-1}}{(i-1)!}, 1\le i\le n",),
        (r"y_i=\frac{x^{i}}{(i-1)!}, 1\le i\le n", r"y_i=\frac{x^{i-1}}{(i-1)!}, 2\le i\le n"),
        (r"y_k=\frac{x^{k-1}}{(k-1)!}, k=1,\dots,n",),
    ),
    "bounds with a unit": Kind(
        r"$0 \leq c<8 \mathrm{lb}-\mathrm{sec} / \mathrm{ft}$",
        (r"0 \le c < 8", r"0 \le c < 8 \text{ lb-sec/ft}", r"[0,8)"),
        (r"0 \le c < 9", r"0 < c < 8", r"0 \le c \le 8 \text{ lb-sec/ft}"),
        (r"0 \le c < 8 \text{ kg/s}",),
    ),
    "a function, and a constant that solves as well": Kind(
        r"$y=\frac{c}{x-c} \quad y \equiv-1$",
        (r"y=\frac{c}{x-c}, y\equiv -1", r"y=\frac{c}{x-c} \text{ or } y=-1"),
        (r"y=\frac{c}{x+c}, y\equiv -1", r"y=\frac{c}{x-c}, y\equiv 1"),
    ),
    "an interval that a formula works out to": Kind(
        r"$m_{3} \pm z_{(1+\gamma) / 2} s_{3} / \sqrt{n}=(26.027,151.373)$",
        (r"(26.027,151.373)", r"m_3 \pm z s_3/\sqrt n = (26.027, 151.373)"),
        (r"(26.027,151.374)", r"[26.027,151.373]"),
    ),
}


@pytest.fixture(scope="module")
def cascade() -> Iterator[Cascade]:
    """A cascade with its workers, for whole pre-flights."""
    cascade = VerificationSettings(workers=1).cascade()
    yield cascade
    cascade.close()


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_gold_accepts_its_spellings_and_no_near_miss(kind: Kind, cascade: Cascade) -> None:
    gold = gold_answer(kind.gold)
    verdicts = {text: compare(gold, text).equal for text in (kind.gold, *kind.right)}
    assert verdicts == dict.fromkeys(verdicts, True)
    verdicts = {text: compare(gold, text).equal for text in kind.wrong}
    assert verdicts == dict.fromkeys(verdicts, False)
    verdicts = {text: compare(gold, text).equal for text in kind.unclear}
    assert verdicts == dict.fromkeys(verdicts, None)
    assert cascade.preflight(kind.gold) is None
