"""Which solution a person should mark next: the one that teaches a model most.

Those that the labeler is least sure of, each problem once before any comes again: one problem's
solutions share their rollouts and their difficulty, and marks of them repeat each other. What
other orders gain, random ones and the disagreement of a committee of models among them, is measured
by `python -m benchmarks.marks`.
"""

from collections.abc import Hashable, Sequence
from itertools import zip_longest


def least_sure(confidences: Sequence[float]) -> list[int]:
    """Return places, those of the lowest confidence first."""
    return sorted(range(len(confidences)), key=confidences.__getitem__)


def spread(order: Sequence[int], groups: Sequence[Hashable]) -> list[int]:
    """Return an order in which every group comes once before any comes again."""
    rounds: dict[Hashable, int] = {}
    turns = {}
    for place in order:
        turns[place] = rounds[groups[place]] = rounds.get(groups[place], -1) + 1
    return sorted(order, key=turns.__getitem__)


def in_turn(first: Sequence[int], second: Sequence[int]) -> list[int]:
    """Return one order out of two that take turns; what comes again is left out."""
    both = (place for pair in zip_longest(first, second) for place in pair if place is not None)
    return list(dict.fromkeys(both))
