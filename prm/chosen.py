"""Which of a problem's solutions a process reward model would choose: best-of-N and votes.

Candidates are solutions with an answer that was judged right or wrong. *best of N* takes the one
with the highest score, *weighted* the answer with the highest sum of scores (2408.03314), *top k*
the most frequent answer of the k best samples (2110.14168), *majority* that of all; *pass* is
whether there is a right one at all, *mean* what one drawn at random is worth. A tie is worth the
share of right ones in it; of solutions that tie for the last place among the best, all vote.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from search.aggregation import AGGREGATE, AGGREGATIONS, Aggregation

_DRAWS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One solution of a problem."""

    answer: str
    """What names its answer: equal answers have one name, and so have all right ones."""
    right: bool
    times: int = 1
    """How often it was sampled."""
    grades: Sequence[float] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A share of problems in [0, 1], with its 95% interval over problems."""

    share: float
    interval: tuple[float, float]


def choices(
    problems: Sequence[Sequence[Candidate]], *, top: int, seed: int = 0
) -> dict[str, Choice]:
    """Return the share of problems that each way of choosing gets right, by its name.

    Names are `mean`, `majority`, `pass`, and `best of N, last`, `weighted, last`, `top 4, last` and
    so on for each aggregation. Problems without candidates are left out; empty where none has any.
    """
    known = [candidates for candidates in problems if candidates]
    if not known:
        return {}
    draws = np.random.default_rng(seed).integers(0, len(known), (_DRAWS, len(known)))
    found = {}
    for name, way in _ways(top).items():
        worth = np.array([way(candidates) for candidates in known])
        low, high = np.quantile(worth[draws].mean(axis=1), [0.025, 0.975])
        found[name] = Choice(share=float(worth.mean()), interval=(float(low), float(high)))
    return found


def _ways(top: int) -> dict[str, Callable[[Sequence[Candidate]], float]]:
    ways: dict[str, Callable[[Sequence[Candidate]], float]] = {
        "mean": _mean,
        "majority": partial(_voted, by=None),
        "pass": _any,
    }
    for name in AGGREGATIONS:
        ways[f"best of N, {name}"] = partial(_best, by=name)
        ways[f"weighted, {name}"] = partial(_voted, by=name)
        ways[f"top {top}, {name}"] = partial(_voted_by_the_best, by=name, top=top)
    return ways


def _score(one: Candidate, by: Aggregation) -> float:
    return AGGREGATE[by](one.grades) if one.grades else 0.0


def _mean(candidates: Sequence[Candidate]) -> float:
    return sum(one.times * one.right for one in candidates) / sum(one.times for one in candidates)


def _any(candidates: Sequence[Candidate]) -> float:
    return float(any(one.right for one in candidates))


def _best(candidates: Sequence[Candidate], by: Aggregation) -> float:
    best = max(_score(one, by) for one in candidates)
    return _mean([one for one in candidates if _score(one, by) == best])


def _voted_by_the_best(candidates: Sequence[Candidate], by: Aggregation, top: int) -> float:
    scores = sorted((_score(one, by) for one in candidates for _ in range(one.times)), reverse=True)
    least = scores[min(top, len(scores)) - 1]
    return _voted([one for one in candidates if _score(one, by) >= least], by=None)


def _voted(candidates: Sequence[Candidate], by: Aggregation | None) -> float:
    votes: defaultdict[str, float] = defaultdict(float)
    for one in candidates:
        votes[one.answer] += one.times * (1.0 if by is None else _score(one, by))
    most = max(votes.values())
    right = {one.answer for one in candidates if one.right}
    best = [answer for answer, vote in votes.items() if vote == most]
    return sum(answer in right for answer in best) / len(best)
