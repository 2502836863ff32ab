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
        (
            r"w=l=\sqrt[3]{2V}, h=\frac{\sqrt[3]{V}}{2^{2/3}}",
            r"w=2^{1/3}V^{1/3}, h=\frac{\sqrt[3]{V}}{2^{2/3}}, h/w=1/2",
            r"x=y=\sqrt[3]{2V}, z=\sqrt[3]{V/4}",
            r"\sqrt[3]{2V}, \sqrt[3]{2V}, \sqrt[3]{V/4}",
            r"\frac12",
            r"h/w = 1/2",
        ),
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
    "unit vectors": Kind(
        r"$$\frac{1}{\|\mathbf{u}\|} \mathbf{u}=\frac{1}{\sqrt{5}}\left[\begin{array}{l}1 \\ 2"
        r"\end{array}\right], \quad \frac{1}{\|\mathbf{v}\|} \mathbf{v}=\frac{1}{\sqrt{2}}"
        r"\left[\begin{array}{r}1 \\ -1\end{array}\right]$$",
        (
            r"\frac{\mathbf{v}}{\|\mathbf{v}\|}=\frac{1}{\sqrt2}\begin{bmatrix}1\\-1\end{bmatrix},"
            r"\frac{\mathbf{u}}{\|\mathbf{u}\|}=\frac{1}{\sqrt5}\begin{bmatrix}1\\2\end{bmatrix}",
        ),
        (
            r"\frac{\mathbf{u}}{\|\mathbf{u}\|}=\frac{1}{\sqrt5}\begin{bmatrix}2\\1\end{bmatrix},"
            r"\frac{\mathbf{v}}{\|\mathbf{v}\|}=\frac{1}{\sqrt2}\begin{bmatrix}1\\-1\end{bmatrix}",
        ),
        (
            r"\hat{\mathbf{u}}=\frac{1}{\sqrt5}\begin{bmatrix}1\\2\end{bmatrix},"
            r"\hat{\mathbf{v}}=\frac{1}{\sqrt2}\begin{bmatrix}1\\-1\end{bmatrix}",
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
        (r"y_i=\frac{x^{i-1}}{(i-1)!}", r"y_k=\frac{x^{k-1}}{(k-1)!}, k=1,\dots,n"),
    ),
    "bounds with a unit": Kind(
        r"$0 \leq c<8 \mathrm{lb}-\mathrm{sec} / \mathrm{ft}$",
        (r"0 \le c < 8", r"0 \le c < 8 \text{ lb-sec/ft}", r"[0,8)"),
        (r"0 \le c < 9", r"0 < c < 8", r"0 \le c \le 8 \text{ lb-sec/ft}"),
        (r"0 \le c < 8 \text{ kg/s}",),
    ),
    "two formulas and where they hold": Kind(
        r"s(t)=t^2, v(t)=2t, t \ge 0",
        (r"v(t)=2t, s(t)=t^2, t \ge 0",),
        (r"s(t)=t^2, v(t)=3t, t \ge 0", r"s(t)=t^2, v(t)=2t, t \ge 1", r"s(t)=t^2, v(t)=t"),
        (r"s(t)=t^2, v(t)=2t",),
    ),
    "a formula, and the one place where it fails": Kind(
        r"y=\frac{1}{x}, x \neq 0",
        (r"y=x^{-1} \text{ for } x \ne 0",),
        (r"y=\frac{2}{x}, x \neq 0", r"y=\frac{1}{x}, x > 0", r"y=\frac{2}{x}"),
        (r"y=\frac1x",),
    ),
    "one of two alternatives": Kind(
        r"x = 1 \text{ or } x > 3",
        (r"x > 3 \text{ or } x = 1",),
        ("x = 1", "x > 3", r"x = 1 \text{ or } x > 4"),
    ),
    "values at two places": Kind(
        "f(1)=2, f(2)=3", ("f(2)=3, f(1)=2",), ("f(1)=2, f(2)=4", "x=5"), ("f(x)=x+1",)
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
    "solutions that are told with their equation": Kind(
        r"$\sin (t)=-\frac{1}{2}$ when $t=\frac{7 \pi}{6}+2 \pi k$ or $t=\frac{11 \pi}{6}+2 \pi k$"
        r" for any integer $k$.",
        (
            r"t=\frac{7\pi}{6}+2\pi n, t=\frac{11\pi}{6}+2\pi n",
            r"t = -\frac{\pi}{6}+2k\pi, -\frac{5\pi}{6}+2k\pi, k \in \mathbb{Z}",
        ),
        (
            r"t=\frac{7\pi}{6}+\pi n, t=\frac{11\pi}{6}+2\pi n",
            r"t=\frac{7\pi}{6}+2\pi n",
            r"t=\frac{5\pi}{6}+2\pi n, t=\frac{11\pi}{6}+2\pi n",
        ),
    ),
    "a calculation, and what it was made for": Kind(
        r"$\left[\begin{array}{l}1 \\ 0 \\ 3\end{array}\right] \times"
        r"\left[\begin{array}{r}4 \\ -2 \\ 1\end{array}\right]=\left[\begin{array}{r}6 \\ 11 \\ -2"
        r"\end{array}\right]$. The area of the parallelogram is $\sqrt{36+121+4}=\sqrt{161}$.",
        (r"\sqrt{161}", r"161^{1/2}"),
        (r"\sqrt{162}", r"\frac{\sqrt{161}}{2}"),
    ),
    "the question's data, a calculation and its result": Kind(
        r"Let $P=(1,2,3), Q=(2,3,4)$, and $R=(3,4,5) . \overrightarrow{P Q} \times"
        r" \overrightarrow{P R}=\left[\begin{array}{l}0 \\ 0 \\ 0\end{array}\right]$."
        r" The area of the triangle is 0. It means the three points are on a line.",
        ("0",),
        ("1", r"\frac12"),
    ),
    "a vector, and the entry that was asked for": Kind(
        "$$\nX_{2}=\\left[\\begin{array}{l}\n0.367 \\\\\n0.633\n\\end{array}\\right]\n$$\n\n"
        "Therefore the probability of ending up in location 1 is 0.367 .",
        ("0.367", r"36.7\%"),
        ("0.633", "0.37"),
    ),
    "what is inferred from a general fact": Kind(
        r"Recall that the desired matrix has $i^{\text {th }}$ column equal to"
        r" $\operatorname{proj}_{\mathbf{u}}\left(\mathbf{e}_{i}\right)$. Therefore, the matrix is"
        "\n\n$$\n\\frac{1}{2}\\left[\\begin{array}{rr}\n1 & -2 \\\\\n-2 & 4\n\\end{array}"
        "\\right] .\n$$",
        (r"\begin{pmatrix}\frac12&-1\\-1&2\end{pmatrix}",),
        (r"\begin{pmatrix}\frac12&-1\\1&2\end{pmatrix}",),
    ),
    "equations, and their unique solution": Kind(
        r"We need $5 x-3 y=2 x-2 y$ and $4=2 y$. The unique solution is $x=\frac{2}{3}$ and $y=2$.",
        (r"(\frac23, 2)", r"y=2, x=2/3"),
        (r"x=2, y=2/3", r"x=2/3", r"x=\frac23, y=3"),
    ),
    "an equation, and what it makes of the unknown": Kind(
        r"The equation simplifies to $X=B+B$, so $X=\left[\begin{array}{rr}0 & 6 \\ 2 & -2"
        r"\end{array}\right]$.",
        (r"\begin{pmatrix}0&6\\2&-2\end{pmatrix}", r"X=\begin{pmatrix}0&6\\2&-2\end{pmatrix}"),
        (r"\begin{pmatrix}0&6\\2&2\end{pmatrix}", r"Y=\begin{pmatrix}0&6\\2&-2\end{pmatrix}"),
    ),
    "an equation that is led in by words": Kind(
        r"It is the hyperplane given by the equation $x-2 y-3 z+2 w=0$.",
        (r"2x-4y-6z+4w=0", r"x+2w=2y+3z"),
        (r"x-2y-3z-2w=0", r"x-2y-3z+2w=1"),
    ),
    "a line as a column of names": Kind(
        r"We have $\left[\begin{array}{l}x \\ y\end{array}\right]=\left[\begin{array}{l}1 \\ 0"
        r"\end{array}\right]+(2-s)\left[\begin{array}{l}1 \\ 1\end{array}\right]="
        r"\left[\begin{array}{l}3 \\ 2\end{array}\right]"
        r"+s\left[\begin{array}{r}-1 \\ -1\end{array}\right]$.",
        (
            r"\begin{bmatrix}x\\y\end{bmatrix}=\begin{bmatrix}3\\2\end{bmatrix}"
            r"+s\begin{bmatrix}-1\\-1\end{bmatrix}",
            r"\begin{bmatrix}3-s\\2-s\end{bmatrix}",
        ),
        (r"\begin{bmatrix}3-s\\2+s\end{bmatrix}",),
        (r"\mathbf{r}=\begin{bmatrix}3-s\\2-s\end{bmatrix}",),
    ),
    "a value, and what it is": Kind(
        r"$\hat{\mu}^{3}=32.768 \mathrm{~cm}^{3}$ is the MLE",
        (r"32.768", r"32.768 \text{ cm}^3"),
        (r"32.769", r"32.768 \text{ cm}"),
    ),
    "a value, and why": Kind(
        r"$3\left(2^{5}\right)-3=93$ (we subtract 3 because the three are each counted twice).",
        ("93", r"3\cdot 2^5-3"),
        ("96",),
    ),
    "a set, and the same in words": Kind(
        r"$\{x \mid x \in \mathbb{R}\}$, i.e., all $x$",
        (r"\mathbb{R}", r"(-\infty,\infty)", r"\text{all real numbers}"),
        (r"(0,\infty)",),
    ),
    "a chain in rows": Kind(
        "$$\n\\begin{aligned}\n& {\\left[\\begin{array}{cc}\n1 & 1 \\\\\n0 & 2\n\\end{array}"
        "\\right]^{-1} } \\\\\n= & {\\left[\\begin{array}{cc}\n1 & -\\frac12 \\\\\n0 & \\frac12\n"
        "\\end{array}\\right] }\n\\end{aligned}\n$$",
        (r"\begin{pmatrix}1&-0.5\\0&0.5\end{pmatrix}",),
        (r"\begin{pmatrix}1&0.5\\0&0.5\end{pmatrix}",),
    ),
    "one of several vectors": Kind(
        r"Only $\mathbf{w}$ is a unit vector.",
        (r"\mathbf{w}", r"\vec{w}", "w"),
        (r"\mathbf{u}", r"\mathbf{u}, \mathbf{w}"),
        (r"\begin{bmatrix}1\\1\end{bmatrix}", r"\mathbf{w}=\begin{bmatrix}1\\1\end{bmatrix}"),
    ),
    "what was found of a set": Kind(
        r"Therefore, the set $R$ is linearly independent.",
        (r"\text{linearly independent}", r"\text{Linearly Independent}"),
        (r"\text{linearly dependent}", r"\text{not linearly independent}"),
        (r"\text{Yes}", r"\text{No}"),
    ),
    "a choice that there is not": Kind(
        r"There is no possible choice of $k$ which will make these matrices commute.",
        (r"\text{no solution}", r"\text{None}"),
        ("4", "k=4"),
        (r"\text{No}", r"\text{impossible}"),
    ),
    "a text in quotes": Kind(
        'Ciphertext: "ZRUJPZV".',
        (r"\text{ZRUJPZV}", "ZRUJPZV"),
        (),
        (r"\text{ZRUJPVZ}", "ZRUJPVZ"),
    ),
    "a matrix that has no inverse": Kind(
        r"$C$ is not invertible",
        (r"C \text{ is not invertible}", r"\text{C is not invertible}"),
        (r"C \text{ is invertible}",),
        (r"\text{singular}", r"\begin{pmatrix}1&2\\3&4\end{pmatrix}"),
    ),
    "two notations for all numbers": Kind(
        r"$\{$ All real numbers. $\}: \mathbb{R}$",
        (r"\mathbb{R}", r"(-\infty,\infty)"),
        (r"(0,\infty)", r"\emptyset"),
    ),
    "what is orthogonal to what": Kind(
        r"$\mathbf{u}_{1} \perp \mathbf{u}_{2}, \mathbf{u}_{1} \perp \mathbf{u}_{4}$, and"
        r" $\mathbf{u}_{2} \perp \mathbf{u}_{3}$.",
        (r"u_2 \perp u_1, u_4\perp u_1, u_2\perp u_3",),
        (
            r"u_1 \perp u_2, u_1 \perp u_3, u_2 \perp u_3",
            r"u_1 \perp u_2, u_1 \perp u_4, u_2 \perp u_3, u_3\perp u_4",
        ),
        (r"(u_1,u_2),(u_1,u_4),(u_2,u_3)", r"u_1 \perp u_2, u_1 \perp u_4", r"\text{None}"),
    ),
    "a minimum, and what is none": Kind(
        r"$\min$ at $x=-3 / 2$, neither at $x=0$",
        (r"\text{min at } x=-\frac32, \text{ neither at } x=0", r"\text{minimum at } x=-1.5"),
        (r"\text{min at } x=\frac32, \text{ neither at } x=0",),
        (r"\text{max at } x=-\frac32, \text{ neither at } x=0",),
    ),
    "labels that begin with a number": Kind(
        r"4 rectangles: $41 / 4=10.25$, 8 rectangles: $183 / 16=11.4375$",
        (
            r"\frac{41}{4}, \frac{183}{16}",
            r"\text{8 rectangles: } 11.4375, \text{ 4 rectangles: } 10.25",
        ),
        (r"10.25, 11.4", r"\text{4 rectangles: } 11.4375, \text{ 8 rectangles: } 10.25"),
        (r"11.4375, 10.25",),
    ),
    "the normal distribution's function": Kind(
        r"$\psi\left(\mu, \sigma^{2}\right)=\Phi((3-\mu) / \sigma)$",
        (r"\Phi\left(\frac{3-\mu}{\sigma}\right)", r"\psi(\mu,\sigma^2)=\Phi((3-\mu)/\sigma)"),
        (r"\Phi(\frac{3+\mu}{\sigma})", r"\frac{\Phi(3-\mu)}{\sigma}"),
        (r"\Phi(\frac1\sigma(3-\mu))", r"1-\Phi(\frac{\mu-3}{\sigma})"),
    ),
    "a function by cases of a minimum": Kind(
        r"$F_{X, Y}(x, y)= \begin{cases}0 & \min [x,y / 4]<0 \\ 1 & \min [x,y / 4] \geq 0"
        r"\end{cases}$",
        (r"F_{X,Y}(x,y)=\begin{cases}0&\min(x,y/4)<0\\1&\min(x,\frac{y}{4})\ge 0\end{cases}",),
        (r"F_{X,Y}(x,y)=\begin{cases}0&\min(x,y/4)<0\\2&\min(x,\frac{y}{4})\ge 0\end{cases}",),
        (r"F_{X,Y}(x,y)=\begin{cases}0&x<0\\1&\text{otherwise}\end{cases}",),
    ),
    "a density in words": Kind(
        r"$f_{Y}(y)=y^{-1 / 2} \sin \left(y^{1 / 2}\right) / 4$ for $0<y<\pi^{2}$ and 0 otherwise",
        (
            r"f_Y(y)=\begin{cases}\frac{\sin\sqrt y}{4\sqrt y} & 0<y<\pi^2\\0 &"
            r" \text{otherwise}\end{cases}",
        ),
        (
            r"f_Y(y)=\begin{cases}\frac{\sin\sqrt y}{2\sqrt y} & 0<y<\pi^2\\0 &"
            r" \text{otherwise}\end{cases}",
        ),
        (r"\frac{\sin\sqrt y}{4\sqrt y}", r"f_Y(y)=\frac{\sin\sqrt y}{4\sqrt y}, 0<y<\pi^2"),
    ),
    "probabilities at two values": Kind(
        r"$p_{Y}(y)=1 / 2$ for $y=1$, 2; otherwise, $p_{Y}(y)=0$",
        (r"p_Y(y)=\begin{cases}\frac12 & y=1,2\\0 & \text{otherwise}\end{cases}",),
        (r"p_Y(y)=\begin{cases}\frac13 & y=1,2\\0 & \text{otherwise}\end{cases}",),
        (r"\frac12", r"p_Y(1)=p_Y(2)=\frac12"),
    ),
    "probabilities one by one": Kind(
        r"$p_{Z}(1)=p_{Z}(5)=1 / 4, p_{Z}(0)=1 / 2$, and $p_{Z}(z)=0$ otherwise",
        (
            r"p_Z(0)=\frac12, p_Z(1)=\frac14, p_Z(5)=\frac14",
            r"p_Z(1)=p_Z(5)=0.25, p_Z(0)=0.5",
        ),
        (r"p_Z(1)=p_Z(2)=0.25, p_Z(0)=0.5", r"p_Z(1)=p_Z(5)=0.25, p_Z(0)=0.25"),
        (
            r"\frac12, \frac14, \frac14",
            r"p_Z(z)=\begin{cases}1/4 & z=1,5\\1/2&z=0\\0&\text{otherwise}\end{cases}",
            r"p_Z(1)=p_Z(5)=0.25, p_Z(0)=0.5, p_Z(z)=0 \text{ otherwise}",
        ),
    ),
    "intervals of two kinds that run with an integer": Kind(
        r"$\bigcup_{k=-\infty}^{\infty}\left\{\left[\frac{(6 k-1) \pi}{3}, \frac{(6 k+1) \pi}{3}"
        r"\right] \cup\left(\frac{(4 k+1) \pi}{2}, \frac{(4 k+3) \pi}{2}\right)\right\}$",
        (
            r"[2n\pi-\frac{\pi}{3}, 2n\pi+\frac{\pi}{3}]"
            r" \cup (2n\pi+\frac{\pi}{2}, 2n\pi+\frac{3\pi}{2}), n\in\mathbb{Z}",
            r"\bigcup_{k \in \mathbb{Z}} (2k\pi-\frac{3\pi}{2}, 2k\pi-\frac{\pi}{2})"
            r"\cup[2k\pi-\frac{\pi}{3}, 2k\pi+\frac{\pi}{3}]",
        ),
        (
            r"[2n\pi-\frac{\pi}{3}, 2n\pi+\frac{\pi}{3})"
            r" \cup (2n\pi+\frac{\pi}{2}, 2n\pi+\frac{3\pi}{2}), n\in\mathbb{Z}",
            r"[2n\pi-\frac{\pi}{3}, 2n\pi+\frac{\pi}{3}], n\in\mathbb{Z}",
            r"[2n\pi-\frac{\pi}{3}, 2n\pi+\frac{\pi}{3}]"
            r" \cup (4n\pi+\frac{\pi}{2}, 4n\pi+\frac{3\pi}{2}), n\in\mathbb{Z}",
        ),
        (r"[-\frac{\pi}{3}, \frac{\pi}{3}] \cup (\frac{\pi}{2}, \frac{3\pi}{2})",),
    ),
    "an acceleration that may be told in g": Kind(
        r"9.8 \mathrm{~m/s^2}",
        ("9.8", r"9.8 \text{ m/s}^2"),
        (r"9.9 \text{ m/s}^2", r"1 \text{ gram}", r"9.8 \text{ m}"),
        (r"1 \text{ g}", "1 g", "g"),
    ),
    "things whose name holds a sign": Kind(
        "762", ("762 M&Ms", r"762 \text{ M\&Ms}"), ("763 M&Ms", "726 M&Ms")
    ),
    "a set of solutions with its name inside": Kind(
        r"\{x = 2k \mid k \in \mathbb{Z}\}",
        (r"\{x = 2n \mid n \in \mathbb{Z}\}", r"\{x \mid x = 2k, k \in \mathbb{Z}\}"),
        (r"\{x = 3k \mid k \in \mathbb{Z}\}", r"\{x = k^2 \mid k \in \mathbb{Z}\}"),
    ),
    "a family that is linear": Kind(
        r"\left\{ a = \frac{\pi}{8} + \frac{k\pi}{2} \mid k \in \mathbb{Z} \right\}",
        (r"\{a = \frac{\pi}{8} - \frac{n\pi}{2} \mid n \in \mathbb{Z}\}",),
        (r"\{a = \frac{\pi}{8} + \frac{2}{k\pi} \mid k \in \mathbb{Z}\}",),
        (r"\{a = \frac{\pi}{8} + \frac{k^2\pi}{2} \mid k \in \mathbb{Z}\}",),
    ),
    "how wide and how tall": Kind(
        "1.5 meters wide by 1.25 meters tall",
        (
            r"1.5 \text{ m wide by } 1.25 \text{ m tall}",
            r"\text{height: } 1.25 \text{ m}, \text{width: } 1.5 \text{ m}",
            "1.5, 1.25",
        ),
        (
            r"1.25 \text{ meters wide by } 1.5 \text{ meters tall}",
            r"1.5 \text{ meters wide by } 1.3 \text{ meters tall}",
        ),
        ("1.25, 1.5", r"1.5 \times 1.25"),
    ),
    "formulas under a condition": Kind(
        r"y=|x|+1, x>0",
        (r"y=1+|x| \text{ for } x > 0",),
        (r"y=|x|+2, x>0", r"y=|x|+1, x>1"),
        (r"y=x+1, x>0",),
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
    verdicts = {text: compare(gold, text).equal for text in kind.right}
    assert verdicts == dict.fromkeys(verdicts, True)
    verdicts = {text: compare(gold, text).equal for text in kind.wrong}
    assert verdicts == dict.fromkeys(verdicts, False)
    verdicts = {text: compare(gold, text).equal for text in kind.unclear}
    assert verdicts == dict.fromkeys(verdicts, None)
    assert cascade.preflight(kind.gold) is None


@pytest.mark.parametrize(
    "gold",
    [
        r"$x=2$. Thus $y=3$.",
        r"$x=2$. Therefore the width is 4.",
        r"The length is $x=8$. Therefore, the width is $4$.",
        r"$3 \cdot 4=12$. The area is about $12$.",
        r"$m=100 \times .001=.1$. Thus $P=1-e^{-.1}=.0952$.",
        r"$2+3=5$. The other number is $7$.",
        r"$A=\begin{pmatrix}1\end{pmatrix}$. Then $B=\begin{pmatrix}2\end{pmatrix}$.",
        r"We have $x=2$ and $y=3$. So the sum is $5$.",
        r"Only $2$ of $5$ is a prime.",
        r"$X$ has mean $2$. So the variance is $4$.",
    ],
)
def test_of_several_results_none_is_read_as_the_only_one(gold: str) -> None:
    assert gold_answer(gold) == gold
