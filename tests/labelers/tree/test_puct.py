from math import sqrt

import pytest

from labelers.tree import Branch, Puct, Tree, TreeNode
from schemas import ROOT, Outcome, Prefix

from .test_nodes import AB, RIGHT, WRONG, A, hang

C = Prefix(steps=("c\n",))
RULE = Puct(c_puct=1.0, depth=9, losses=0)


def opened(tree: Tree, *prefixes: Prefix) -> Tree:
    """Give each prefix all its unfinished children as branches, with equal priors."""
    for prefix in prefixes:
        nodes = [one for one in tree[prefix].children.values() if not one.terminal]
        tree[prefix].branches = tuple(Branch(one, 1 / len(nodes)) for one in nodes)
    return tree


def two_children() -> Tree:
    """`a` came right in one of two, `c` in none of one."""
    tree = Tree()
    hang(tree, ROOT, "a\nb\n1", RIGHT, 0)
    hang(tree, ROOT, "a\nd\n2", WRONG, 1)
    hang(tree, ROOT, "c\n2", WRONG, 2)
    return opened(tree, ROOT)


def texts(nodes: list[TreeNode]) -> list[str]:
    return [one.prefix.text for one in nodes]


def test_the_priority_is_that_of_the_formula() -> None:
    tree = two_children()
    a, c = tree.root.branches
    assert RULE.priority(tree.root, a) == pytest.approx(1 / 2 + 1 / 2 * sqrt(3) / 3)
    assert RULE.priority(tree.root, c) == pytest.approx(0 + 1 / 2 * sqrt(3) / 2)


def test_the_prior_can_outweigh_the_value() -> None:
    tree = two_children()
    (a, c) = tree.root.branches
    tree.root.branches = (Branch(a.node, 0.1), Branch(c.node, 0.9))
    assert texts(RULE.leaves(tree, 1)) == ["c\n"]


def test_a_child_that_was_never_decided_has_the_value_of_its_parent() -> None:
    tree = two_children()
    hang(tree, ROOT, "e\n?", Outcome.UNDECIDED, 3)
    *_, e = opened(tree, ROOT).root.branches
    assert RULE.priority(tree.root, e) == pytest.approx(1 / 3 + 1 / 3 * sqrt(4) / 2)


def test_a_leaf_is_selected_once_in_a_round_and_the_round_ends_with_the_leaves() -> None:
    assert texts(RULE.leaves(two_children(), 5)) == ["a\n", "c\n"]


def test_virtual_losses_send_the_next_leaf_of_a_round_elsewhere() -> None:
    tree = two_children()
    hang(tree, A, "b\n1", RIGHT, 0)
    opened(tree, A)
    greedy = Puct(c_puct=0.1, depth=9, losses=0)
    assert texts(greedy.leaves(tree, 2)) == ["a\nb\n", "a\nd\n"]
    losing = Puct(c_puct=0.1, depth=9, losses=20)
    assert texts(losing.leaves(tree, 2)) == ["a\nb\n", "c\n"]
    # They are gone when the round is over.
    assert texts(losing.leaves(tree, 1)) == ["a\nb\n"]


def test_nothing_is_selected_below_the_depth_or_at_a_whole_solution() -> None:
    tree = two_children()
    hang(tree, A, "1", RIGHT, 0)
    tree[A].branches = (Branch(tree[AB], 0.5), Branch(tree[Prefix(steps=("a\n", "1"))], 0.5))
    shallow = Puct(c_puct=1.0, depth=2, losses=0)
    assert texts(shallow.leaves(tree, 9)) == ["c\n"]
    assert texts(RULE.leaves(tree, 9)) == ["a\nb\n", "c\n"]


def test_of_equals_the_first_met_is_selected() -> None:
    tree = Tree()
    hang(tree, ROOT, "c\n2", WRONG, 0)
    hang(tree, ROOT, "a\n2", WRONG, 1)
    assert texts(RULE.leaves(opened(tree, ROOT), 1)) == ["c\n"]
