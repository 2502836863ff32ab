"""A small tree worked out by hand, state by state after every search.

Four root rollouts, two of them wrong, so MC(root) = 1/2; k = 2. With len / L < 0.03 the factor
beta^(len / L) decides between rollouts of equal states only. Notation: N, MC as correct/total.
"""

import asyncio
from math import sqrt

import pytest

from labelers.omega_prm import OmegaPRM
from labelers.omega_prm.labeler import Growth
from labelers.omega_prm.search import Search
from labelers.omega_prm.tree import Constants
from schemas import Evidence, Labelling, Problem, StopRule

from .stories import RIGHT, WRONG, Story, Told

TOLD = {
    "": [
        Told("a\nb\nc\nd\n2", WRONG, 9),
        Told("z\n1", RIGHT, 4),
        Told("e\nf\n3", WRONG, 6),
        Told("y\n1", RIGHT, 4),
    ],
    "e\n": [Told("g\n1", RIGHT, 4), Told("h\ni\n4", WRONG, 5)],
    "e\nf\n": [Told("3", WRONG, 2), Told("5", WRONG, 2)],
    "e\nh\n": [Told("1", RIGHT, 2), Told("1", RIGHT, 2)],
    "e\nh\ni\n": [Told("1", RIGHT, 2), Told("6", WRONG, 2)],
    "a\nb\n": [Told("c\nd\n2", WRONG, 6), Told("2", WRONG, 2)],
    "a\n": [Told("b\n1", RIGHT, 4), Told("1", RIGHT, 2)],
}
PROBLEM = Problem(id="p", source="s", question="?", answer="1")


def settings(limit: int) -> OmegaPRM:
    return OmegaPRM(num_solutions=4, num_rollouts=2, search_limit=limit, screen=None)


def grown(limit: int) -> tuple[Growth, list[Search], Story]:
    story = Story(TOLD)
    growth = Growth(settings(limit), story)
    return growth, asyncio.run(growth.grow(4)), story


def states(growth: Growth) -> dict[str, tuple[int, str]]:
    """Return N and MC of every state by its text."""
    return {
        state.prefix.text: (state.visits, f"{state.evidence.correct}/{state.evidence.total}")
        for state in growth.tree.states
    }


def pool(growth: Growth) -> list[tuple[str, str]]:
    """Return the pool as (state, rollout)."""
    return [(one.state.prefix.text, one.rollout.completion.text) for one in growth.tree.pool]


def test_the_root_fills_the_pool_with_its_wrong_rollouts() -> None:
    growth, searches, _ = grown(limit=1)
    assert searches[0].selection.rollout.sample_index == 2  # the shorter of two equal states
    fresh = Growth(settings(1), Story(TOLD))
    rollouts = asyncio.run(fresh._rollouts.sample(growth.tree.states[0].prefix, count=4))
    root = fresh.tree.add(growth.tree.states[0].prefix, rollouts)
    assert pool(fresh) == [("", "a\nb\nc\nd\n2"), ("", "e\nf\n3")]
    first, second = fresh.tree.pool
    half = sqrt(0.5)  # alpha^(1 - 1/2)
    assert fresh.tree.priority(first, 0) == pytest.approx(half * 0.9 ** (9 / 500))
    assert fresh.tree.priority(second, 0) == pytest.approx(half * 0.9 ** (6 / 500))
    root.visits = 1
    assert fresh.tree.priority(first, 4) == pytest.approx(half * 0.9 ** (9 / 500) + 0.125)


def test_after_the_first_search() -> None:
    growth, searches, story = grown(limit=1)
    # e|f|3: of two middles the earlier, e, lives; f is dead: the error is step 1.
    assert story.asked == [("e\n", 0), ("e\n", 1), ("e\nf\n", 0), ("e\nf\n", 1)]
    assert searches[0].dead is not None
    assert searches[0].dead.text == "e\nf\n"
    assert states(growth) == {"": (1, "2/4"), "e\n": (0, "1/2"), "e\nf\n": (0, "0/2")}
    # The searched rollout is gone; the live state's wrong one joined; the dead state's did not.
    assert pool(growth) == [("", "a\nb\nc\nd\n2"), ("e\n", "h\ni\n4")]


def test_after_the_second_search() -> None:
    growth, searches, story = grown(limit=2)
    # Equal MC, but the root was visited: U(root) = .125 / 2, U(e) = .125.
    assert searches[1].selection.state.prefix.text == "e\n"
    # h|i|4 behind e: h lives (2/2), i lives (1/2): the last step is wrong.
    assert story.asked[4:] == [("e\nh\n", 0), ("e\nh\n", 1), ("e\nh\ni\n", 0), ("e\nh\ni\n", 1)]
    assert searches[1].dead is not None
    assert searches[1].dead.text == "e\nh\ni\n4"
    assert states(growth) == {
        "": (1, "2/4"),
        "e\n": (1, "1/2"),
        "e\nf\n": (0, "0/2"),
        "e\nh\n": (0, "2/2"),
        "e\nh\ni\n": (0, "1/2"),
    }
    # A state whose rollouts are all right has nothing to search.
    assert pool(growth) == [("", "a\nb\nc\nd\n2"), ("e\nh\ni\n", "6")]


def test_after_the_third_search_a_last_step_costs_no_rollout() -> None:
    growth, searches, story = grown(limit=3)
    assert searches[2].selection.state.prefix.text == "e\nh\ni\n"
    assert searches[2].probed == ()
    assert searches[2].dead is not None
    assert searches[2].dead.text == "e\nh\ni\n6"
    assert len(story.asked) == 8
    assert states(growth)["e\nh\ni\n"] == (1, "1/2")
    assert pool(growth) == [("", "a\nb\nc\nd\n2")]


def test_after_the_fourth_search_the_pool_is_empty_and_growth_ends() -> None:
    growth, searches, story = grown(limit=100)
    # a|b|c|d|2: five steps, the middle is 2 (of 2 and 3 the earlier): dead; then 1: lives.
    assert story.asked[8:] == [("a\nb\n", 0), ("a\nb\n", 1), ("a\n", 0), ("a\n", 1)]
    assert searches[3].dead is not None
    assert searches[3].dead.text == "a\nb\n"
    assert states(growth) == {
        "": (2, "2/4"),
        "e\n": (1, "1/2"),
        "e\nf\n": (0, "0/2"),
        "e\nh\n": (0, "2/2"),
        "e\nh\ni\n": (1, "1/2"),
        "a\nb\n": (0, "0/2"),
        "a\n": (0, "2/2"),
    }
    assert pool(growth) == []
    assert len(searches) == 4


def test_no_rollout_is_paid_or_selected_twice() -> None:
    _, searches, story = grown(limit=100)
    chosen = [(one.selection.state.prefix.text, one.selection.rollout.text) for one in searches]
    assert len(set(chosen)) == len(chosen)
    assert len(set(story.asked)) == len(story.asked)


def test_searched_and_right_root_rollouts_are_labelled() -> None:
    labelling: Labelling = asyncio.run(settings(100).label(PROBLEM, Story(TOLD)))
    assert [(one.solution_index, one.first_error) for one in labelling.solutions] == [
        (0, 1),
        (1, -1),
        (2, 1),
        (3, -1),
    ]
    fixed = StopRule.FIXED
    assert labelling.solutions[0].evidence == (
        Evidence(correct=2, stop_rule=fixed),
        Evidence(incorrect=2, stop_rule=fixed),
        Evidence(),
        Evidence(),
        Evidence(incorrect=1, stop_rule=StopRule.TERMINAL),
    )
    assert len(labelling.nodes) == 7
    assert labelling.nodes[0].evidence == Evidence(correct=2, incorrect=2, stop_rule=fixed)


def test_root_rollouts_that_were_not_searched_yield_no_row() -> None:
    labelling = asyncio.run(settings(1).label(PROBLEM, Story(TOLD)))
    assert [one.solution_index for one in labelling.solutions] == [1, 2, 3]


def test_the_constants_decide_what_comes_next() -> None:
    constants = Constants(beta=1.0, c_puct=0.0)
    growth = Growth(settings(1).model_copy(update={"constants": constants}), Story(TOLD))
    searches = asyncio.run(growth.grow(4))
    assert searches[0].selection.rollout.sample_index == 0  # no weight of length: the oldest
