"""Which solutions of a pool are worth people's or rollouts' labels (Lightman et al., 2305.20050).

Pure: scores and verdicts come in, choices go out.
"""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from schemas import DECIDED, Outcome

SelectedBy = Literal["wrong", "rest", "uniform"]
"""A convincing wrong answer; one of the most convincing of what was left; or drawn by lot."""
Key = tuple[str, int]
"""Problem id and solution index."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One solution of the pool."""

    key: Key
    score: float
    """What the reward model makes of it, in [0, 1]; no gold answer has a part in it."""
    outcome: str


def ranks(pool: Sequence[Scored]) -> dict[Key, int]:
    """Return the rank of each wrong answer among those of its problem, 1 the most convincing."""
    found: dict[Key, int] = {}
    seen: defaultdict[str, int] = defaultdict(int)
    for one in _best_first(pool):
        if one.outcome == Outcome.INCORRECT:
            seen[one.key[0]] += 1
            found[one.key] = seen[one.key[0]]
    return found


def convincing(pool: Sequence[Scored], count: int, *, share: float) -> dict[Key, SelectedBy]:
    """Choose the most convincing wrong answers, then the most convincing of what is left.

    `share` of `count` are wrong answers; where there are fewer, fewer are chosen. What was cut, or
    could not be decided, is no solution to label.
    """
    ranked = [one for one in _best_first(pool) if one.outcome in DECIDED]
    wanted = round(share * count)
    wrong = [one.key for one in ranked if one.outcome == Outcome.INCORRECT][:wanted]
    taken = set(wrong)
    rest = [one.key for one in ranked if one.key not in taken][: count - wanted]
    found: dict[Key, SelectedBy] = dict.fromkeys(wrong, "wrong")
    return found | dict.fromkeys(rest, "rest")


def uniform(pool: Sequence[Scored], count: int, *, seed: str) -> dict[Key, SelectedBy]:
    """Draw from all that was decided: what an active selection is measured against."""
    keys = [one.key for one in pool if one.outcome in DECIDED]
    drawn = random.Random(seed).sample(keys, min(count, len(keys)))
    return dict.fromkeys(drawn, "uniform")


def by_problem(pool: Sequence[Scored]) -> Iterator[tuple[str, list[Scored]]]:
    """Yield the pool of each problem, in the order of problems."""
    found: dict[str, list[Scored]] = {}
    for one in pool:
        found.setdefault(one.key[0], []).append(one)
    yield from found.items()


def _best_first(pool: Sequence[Scored]) -> list[Scored]:
    """Return the pool by score; of equals the first comes first."""
    return sorted(pool, key=lambda one: -one.score)
