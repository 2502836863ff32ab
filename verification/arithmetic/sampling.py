r"""Where two expressions with variables are evaluated, and how often they must agree.

Points depend on the names of the variables and the constants around them, never on chance, so a
verdict is the same on every machine. What is enough evidence depends on the functions involved:

- *smooth*: polynomials, rational functions, exponentials, sines. Analytic, so agreement at a few
  random points means agreement everywhere.
- *branching*: roots, logarithms, absolute values, maxima. Analytic in pieces, whose borders lie
  where the constants are: `|x-100|` is `100-x` for all small x. Points reach past the constants.
- *whole*: factorials, `(-1)^n`, sums to n. Integers only, both parities, more than a polynomial of
  the degrees met here could agree at by chance.
- *stepwise*: floors and remainders, constant in between, so `\lfloor(2n-1)/5\rfloor` must be told
  from `\lfloor(2n-3)/5\rfloor` at nearly every integer; letters that usually are real numbers are
  tried between the integers, too.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from verification.tree.syntax import Expression, Number
from verification.tree.traits import Traits, walk

Point = dict[str, Fraction]

_STEPWISE = {"floor", "ceiling", "mod", "gcd", "lcm"}
_PIECEWISE = {"abs", "max", "min"}
_WHOLE_LETTERS = set("abcdijklmnpqNKM")
_PRIMES = (10_007, 10_009, 10_037, 10_039, 10_061, 10_067)
_LARGEST_SCALE = 10**6


@dataclass(frozen=True, slots=True)
class Sample:
    """Points to compare at, and how many of them must have a value on both sides and agree."""

    points: tuple[Point, ...]
    needed: int


def sample(traits: Traits, *trees: Expression) -> Sample:
    """Return the sample that the functions in the expressions call for."""
    names = sorted(traits.variables)
    source = random.Random("/".join(names))
    if traits.functions & _STEPWISE:
        whole = list(_whole_points(names, source, 30))
        if all(name[:1] in _WHOLE_LETTERS for name in names):
            return Sample(tuple(whole), 20)
        return Sample((*_real_points(names, source, _scales(trees, 20)), *whole), 40)
    if traits.of_integers:
        return Sample(tuple(_whole_points(names, source, 18)), 9)
    if traits.branching or traits.functions & _PIECEWISE:
        return Sample(tuple(_real_points(names, source, _scales(trees, 16))), 6)
    return Sample(tuple(_real_points(names, source, [Fraction(1)] * 12)), 3)


def _whole_points(names: list[str], source: random.Random, count: int) -> Iterator[Point]:
    """Yield consecutive integers for one variable, random small ones for several."""
    for k in range(count):
        if len(names) == 1:
            yield {names[0]: Fraction(k + 2)}
        else:
            yield {name: Fraction(source.randint(2, 14)) for name in names}


def _scales(trees: tuple[Expression, ...], count: int) -> list[Fraction]:
    """Return magnitudes around 1 and around the largest constant of the expressions."""
    numbers = [abs(n.value) for tree in trees for n in walk(tree) if isinstance(n, Number)]
    largest = max([Fraction(1), *(n for n in numbers if n <= _LARGEST_SCALE)])
    return [Fraction(1) if k % 4 != 3 else largest for k in range(count)]


def _real_points(
    names: list[str], source: random.Random, scales: list[Fraction]
) -> Iterator[Point]:
    """Yield rational points: positive, all negative, of mixed signs, and close to 0."""
    for k, scale in enumerate(scales):
        point: Point = {}
        for name in names:
            value = scale * Fraction(source.randint(2_000, 60_000), source.choice(_PRIMES))
            mixed = k % 3 != 0 and source.random() < 0.5
            point[name] = -value if k == 1 or mixed else value
        if k % 5 == 2:
            point = {name: value / 71 for name, value in point.items()}
        yield point
