"""A small tree worked out by hand, from the question's four rollouts to the last leaf.

Two rollouts per leaf, one leaf at a time, equal priors, c_puct = 1. N: visits, W: correct.
"""

import asyncio
from math import sqrt

import pytest

from labelers import UCT
from labelers.tree import Puct, Tree
from labelers.uct.labeler import Growth
from schemas import ROOT, Evidence, Labelling, Prefix, Problem, StopRule
from tests.labelers.omega_prm.stories import RIGHT, WRONG, Story, Told

TOLD = {
    "": [
        Told("a\nb\n1", RIGHT),
        Told("a\nc\n2", WRONG),
        Told("d\n3", WRONG),
        Told("a\nb\n2", WRONG),
    ],
    "a\n": [Told("b\n1", RIGHT), Told("e\n4", WRONG)],
    "d\n": [Told("3", WRONG), Told("f\n1", RIGHT)],
    "d\nf\n": [Told("1", RIGHT), Told("9", WRONG)],
    "a\nb\n": [Told("1", RIGHT), Told("1", RIGHT)],
    "a\nc\n": [Told("2", WRONG), Told("2", WRONG)],
    "a\ne\n": [Told("4", WRONG), Told("4", WRONG)],
}
PROBLEM = Problem(id="p", source="s", question="?", answer="1")
ORDER = ["a\n", "d\n", "d\nf\n", "a\nb\n", "a\nc\n", "a\ne\n"]


def settings(simulations: int) -> UCT:
    return UCT(
        num_solutions=4,
        num_rollouts=2,
        simulations=simulations,
        parallel_leaves=1,
        min_rollouts=2,
        prior="uniform",
        screen=None,
    )


def grown(simulations: int) -> tuple[Tree, Story]:
    story = Story(TOLD)

    async def grow() -> Tree:
        growth = Growth(settings(simulations), story)
        await growth.grow(await story.sample(ROOT, count=4))
        return growth.tree

    return asyncio.run(grow()), story


def counts(tree: Tree) -> dict[str, tuple[int, int]]:
    """Return N and W of every unfinished prefix."""
    return {one.prefix.text: (one.visits, int(one.total)) for one in tree if not one.terminal}


def priorities(tree: Tree, prefix: Prefix) -> dict[str, float]:
    rule = Puct(c_puct=1.0, depth=40, losses=2)
    node = tree[prefix]
    return {one.node.prefix.steps[-1]: rule.priority(node, one) for one in node.branches}


def test_the_first_steps_of_the_questions_rollouts_are_its_children() -> None:
    tree, _ = grown(1)
    assert [one.node.prefix.text for one in tree.root.branches] == ["a\n", "d\n"]
    assert [one.prior for one in tree.root.branches] == [1 / 2, 1 / 2]


def test_after_the_first_leaf() -> None:
    # Q + U: a 1/3 + 1/2 * sqrt(4)/4, d 0 + 1/2 * sqrt(4)/2.
    tree, story = grown(1)
    assert story.asked == [("a\n", 0), ("a\n", 1)]
    assert counts(tree) == {
        "": (6, 2),
        "a\n": (5, 2),
        "a\nb\n": (3, 2),
        "a\nc\n": (1, 0),
        "d\n": (1, 0),
        "a\ne\n": (1, 0),
    }
    assert priorities(tree, ROOT) == pytest.approx(
        {"a\n": 2 / 5 + sqrt(6) / 12, "d\n": 0 + sqrt(6) / 4}
    )
    third = 1 / 3
    assert priorities(tree, Prefix(steps=("a\n",))) == pytest.approx(
        {
            "b\n": 2 / 3 + third * sqrt(5) / 4,
            "c\n": third * sqrt(5) / 2,
            "e\n": third * sqrt(5) / 2,
        }
    )


def test_after_the_third_leaf_two_children_are_equal() -> None:
    tree, _ = grown(3)
    assert counts(tree) == {
        "": (10, 4),
        "a\n": (5, 2),
        "a\nb\n": (3, 2),
        "a\nc\n": (1, 0),
        "d\n": (5, 2),
        "a\ne\n": (1, 0),
        "d\nf\n": (3, 2),
    }
    assert priorities(tree, ROOT) == pytest.approx(
        {"a\n": 2 / 5 + sqrt(10) / 12, "d\n": 2 / 5 + sqrt(10) / 12}
    )


def test_a_whole_solution_is_neither_sampled_nor_in_the_way() -> None:
    tree, story = grown(100)
    assert story.asked == [(text, index) for text in ORDER for index in (0, 1)]
    assert counts(tree) == {
        "": (16, 6),
        "a\n": (11, 4),
        "a\nb\n": (5, 4),
        "a\nc\n": (3, 0),
        "d\n": (5, 2),
        "a\ne\n": (3, 0),
        "d\nf\n": (3, 2),
    }


def labelled(changes: dict[str, object] | None = None) -> Labelling:
    chosen = settings(100).model_copy(update=changes or {})
    return asyncio.run(chosen.label(PROBLEM, Story(TOLD)))


def adaptive(correct: int, incorrect: int) -> Evidence:
    return Evidence(correct=correct, incorrect=incorrect, stop_rule=StopRule.ADAPTIVE)


def test_the_nodes_hold_the_draws_at_each_prefix() -> None:
    labelling = labelled()
    assert {one.prefix.text: one.evidence for one in labelling.nodes} == {
        "": Evidence(correct=1, incorrect=3, stop_rule=StopRule.FIXED),
        "a\n": adaptive(2, 3),
        "d\n": adaptive(1, 2),
        "a\nb\n": adaptive(4, 1),
        "a\nc\n": adaptive(0, 3),
        "a\ne\n": adaptive(0, 3),
        "d\nf\n": adaptive(2, 1),
    }


def test_the_ends_of_all_paths_are_labelled_once_each() -> None:
    labelling = labelled()
    assert [
        (one.solution_index, "".join(one.steps), one.first_error) for one in labelling.solutions
    ] == [
        (0, "a\nb\n1", -1),
        (1, "a\nc\n2", 1),
        (2, "d\n3", 1),
        (3, "a\nb\n2", 2),
        (4, "a\ne\n4", 1),
        (5, "d\nf\n1", -1),
        (6, "d\nf\n9", 2),
    ]
    assert labelling.solutions[6].evidence == (
        adaptive(1, 2),
        adaptive(2, 1),
        Evidence(incorrect=1, stop_rule=StopRule.TERMINAL),
    )


def test_the_questions_own_rollouts_alone_can_be_labelled() -> None:
    labelling = labelled({"solutions": "root"})
    assert [one.solution_index for one in labelling.solutions] == [0, 1, 2, 3]


def test_counts_of_a_fixed_number_leave_out_what_only_passes_through() -> None:
    labelling = labelled({"counts": "own", "simulations": 1})
    fixed = StopRule.FIXED
    assert {one.prefix.text: one.evidence for one in labelling.nodes} == {
        "": Evidence(correct=1, incorrect=3, stop_rule=fixed),
        "a\n": Evidence(correct=1, incorrect=1, stop_rule=fixed),
    }


def test_a_first_error_is_open_where_the_search_saw_too_little() -> None:
    labelling = labelled({"simulations": 1})
    # Behind `a` the prefix `c` failed once, and `d` failed once.
    assert [one.first_error for one in labelling.solutions] == [-1, None, None, 2, None]
    assert labelling.solutions[1].evidence[1] == Evidence()
