r"""Unions of intervals that run with an integer: `\bigcup_k [2k, 2k+1) \cup (2k+1, 2k+2)`.

Ends that are linear in the integer repeat with a period. Two such sets are the same if they hold
the same of all their ends and of the points half-way between two ends, within one period.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from verification.arithmetic.precision import Real
from verification.arithmetic.terms import Terms
from verification.comparing.families import lines_of
from verification.tree.bounds import UndecidedError
from verification.tree.syntax import Answer, SetOperation, Tuple, Value

_MOST = 200
"""Ends within a period."""
_CLOSE = 1e-20


@dataclass(frozen=True, slots=True)
class _Run:
    """Intervals of one length, a step apart."""

    low: Real
    high: Real
    step: Real
    closed: tuple[bool, bool]

    def holds(self, x: Real) -> bool:
        """Say whether one of the intervals holds a point."""
        first = math.floor(float((x - self.high) / self.step)) - 1
        last = math.ceil(float((x - self.low) / self.step)) + 1
        return any(self._holds_at(x - k * self.step) for k in range(first, last + 1))

    def _holds_at(self, x: Real) -> bool:
        if abs(x - self.low) < _CLOSE:
            return self.closed[0]
        if abs(x - self.high) < _CLOSE:
            return self.closed[1]
        return bool(self.low < x < self.high)


def same_runs(left: Answer, right: Answer, terms: Terms) -> bool | None:
    """Compare unions of intervals that run with an integer; None where one is something else."""
    ours, theirs = _runs(left, terms), _runs(right, terms)
    if not ours or not theirs:
        return None
    runs = (*ours, *theirs)
    period = _period([run.step for run in runs])
    ends = [
        (end + k * run.step) % period
        for run in runs
        for end in (run.low, run.high)
        for k in range(round(float(period / run.step)))
    ]
    if len(ends) > _MOST:
        raise UndecidedError("many intervals that run")
    ends = sorted([*ends, min(ends) + period])
    middles = [(a + b) / 2 for a, b in pairwise(ends)]
    return all(_held(ours, x) == _held(theirs, x) for x in (*ends, *middles))


def _held(runs: Sequence[_Run], x: Real) -> bool:
    return any(run.holds(x) for run in runs)


def _period(steps: Sequence[Real]) -> Real:
    """Return the least common multiple of steps that are whole multiples of one length."""
    ratios = [Fraction(str(step / steps[0])).limit_denominator(1000) for step in steps]
    for step, ratio in zip(steps, ratios, strict=True):
        if abs(step / steps[0] * ratio.denominator - ratio.numerator) > _CLOSE:
            raise UndecidedError("intervals without a common period")
    return steps[0] * math.lcm(*(r.numerator for r in ratios))


def _runs(answer: Answer, terms: Terms) -> list[_Run]:
    """Return the runs that an answer is the union of, none where it is not one."""
    union = isinstance(answer, SetOperation) and answer.kind == "union"
    parts = answer.parts if isinstance(answer, SetOperation) and union else (answer,)
    runs: list[_Run] = []
    for part in parts:
        run = _run(part, terms) if isinstance(part, Tuple) and len(part.items) == 2 else None
        if run is None:
            return []
        runs.append(run)
    return runs


def _run(interval: Tuple, terms: Terms) -> _Run | None:
    ends = [item.expression for item in interval.items if isinstance(item, Value)]
    lines = lines_of(ends, terms) if len(ends) == 2 else None
    if lines is None or abs(lines[0][1] - lines[1][1]) > _CLOSE:
        return None
    inhabited = lines[0][0] <= lines[1][0]
    closed = (inhabited and interval.opening == "[", inhabited and interval.closing == "]")
    return _Run(lines[0][0].real, lines[1][0].real, lines[0][1].real, closed)
