import random
from dataclasses import dataclass
from math import log, sqrt

import pytest

from labelers.tree import Ucb, Visited, back_up


@dataclass(slots=True, eq=False, kw_only=True)
class Place(Visited):
    name: str
    below: "tuple[Place, ...]" = ()


def place(name: str, *values: float | None, below: tuple[Place, ...] = ()) -> Place:
    made = Place(name=name, below=below)
    for value in values:
        made.visit(value)
    return made


def way(root: Place, weight: float, seed: int = 0) -> list[str]:
    trail = Ucb(weight=weight).descend(root, lambda one: one.below, random.Random(seed))
    return [one.name for one in trail]


def test_the_bound_is_that_of_the_formula() -> None:
    root, child = place("root", 1.0, 0.0, 0.5, 0.5), place("a", 1.0, 0.5)
    assert Ucb(weight=2.0).priority(root, child) == pytest.approx(0.75 + 2 * sqrt(log(4) / 2))


def test_what_came_to_nothing_counts_in_n_and_not_in_q() -> None:
    child = place("a", 1.0, None)
    assert (child.visits, child.decided, child.total, child.q_value) == (2, 1, 1.0, 1.0)
    assert place("b", None).q_value is None
    assert Ucb(weight=0.0).priority(place("root", None), place("b", None)) == 0.0


def test_what_was_never_visited_goes_first_and_has_no_bound() -> None:
    root = place("root", 1.0, below=(place("a", 1.0), place("b"), place("c")))
    assert {way(root, 0.0, seed)[-1] for seed in range(20)} == {"b", "c"}
    with pytest.raises(ValueError, match="goes first"):
        Ucb(weight=1.0).priority(root, place("b"))


def test_exploration_sends_a_way_where_few_went() -> None:
    often, seldom = place("often", 1.0, 1.0, 1.0, 1.0), place("seldom", 0.5)
    root = place("root", 1.0, 1.0, 1.0, 1.0, 0.5, below=(often, seldom))
    # Q: 1 and 0.5; sqrt(ln 5 / N): 0.634 and 1.269. They cross at a weight of 0.788.
    assert way(root, 0.78) == ["root", "often"]
    assert way(root, 0.80) == ["root", "seldom"]


def test_of_equals_the_first_is_gone_to_and_the_way_ends_where_nothing_is_below() -> None:
    inner = place("a1", 1.0)
    root = place("root", 1.0, 1.0, below=(place("a", 1.0, below=(inner,)), place("b", 1.0)))
    assert way(root, 2.0) == ["root", "a", "a1"]


def test_a_reward_is_backed_up_along_its_way_alone() -> None:
    root, a, b = place("root"), place("a"), place("b")
    back_up([root, a], 0.75)
    back_up([root, b], None)
    back_up([root, a], 0.25)
    assert [(one.visits, one.total) for one in (root, a, b)] == [(3, 1.0), (2, 1.0), (1, 0.0)]
