import pytest

from benchmarks import made
from labelers.tree import Tree
from rollouts.cutting import prefixes
from rollouts.steps import Newline
from schemas import ROOT, Evidence, Outcome, Prefix, StopRule

RIGHT, WRONG = Outcome.CORRECT, Outcome.INCORRECT
A, AB = Prefix(steps=("a\n",)), Prefix(steps=("a\n", "b\n"))


def hang(tree: Tree, at: Prefix, text: str, outcome: Outcome, index: int) -> None:
    one = made.rollout(text, outcome, prefix=at, index=index)
    tree.hang(one, prefixes(one, Newline()))


def grown() -> Tree:
    """Two rollouts of the question, two of `a`, one of `a, b`."""
    tree = Tree()
    hang(tree, ROOT, "a\nb\n1", RIGHT, 0)
    hang(tree, ROOT, "c\n2", WRONG, 1)
    hang(tree, A, "b\n2", WRONG, 0)
    hang(tree, A, "1", RIGHT, 1)
    hang(tree, AB, "1", RIGHT, 0)
    return tree


def test_a_rollout_is_evidence_where_it_was_sampled_and_of_what_it_passes_through() -> None:
    tree = grown()
    adaptive = StopRule.ADAPTIVE
    assert tree[A].evidence(pooled=True) == Evidence(correct=2, incorrect=1, stop_rule=adaptive)
    # One each of the question's, of a's and its own.
    assert tree[AB].evidence(pooled=True) == Evidence(correct=2, incorrect=1, stop_rule=adaptive)


def test_a_rollout_is_a_visit_but_no_evidence_of_what_lies_before_it() -> None:
    tree = grown()
    assert tree.root.evidence(pooled=True) == Evidence(
        correct=1, incorrect=1, stop_rule=StopRule.FIXED
    )
    assert (tree.root.visits, tree.root.q_value) == (5, 3 / 5)
    assert (tree[A].visits, tree[A].q_value) == (4, 3 / 4)


def test_the_rollouts_sampled_at_a_prefix_alone_have_a_number_fixed_before() -> None:
    tree = grown()
    assert tree[A].evidence(pooled=False) == Evidence(
        correct=1, incorrect=1, stop_rule=StopRule.FIXED
    )
    assert tree[Prefix(steps=("c\n",))].evidence(pooled=False) == Evidence()


def test_equal_next_steps_are_one_child() -> None:
    tree = grown()
    assert [one.prefix.text for one in tree[A].children.values()] == ["a\nb\n", "a\n1"]
    assert [one.prefix.text for one in tree] == [
        *("", "a\n", "a\nb\n", "a\nb\n1", "c\n", "c\n2", "a\nb\n2", "a\n1")
    ]
    assert tree[Prefix(steps=("a\n", "1"))].terminal
    assert not tree[AB].terminal


def test_a_rollout_counts_once() -> None:
    tree = grown()
    with pytest.raises(ValueError, match=r"rollout 1 of prefix .* is in the tree already"):
        hang(tree, A, "1", RIGHT, 1)


def test_truncated_and_undecided_rollouts_are_visits_without_a_value() -> None:
    tree = grown()
    hang(tree, AB, "x\ny", Outcome.TRUNCATED, 1)
    hang(tree, AB, "z", Outcome.UNDECIDED, 2)
    counts = tree[AB].evidence(pooled=True)
    assert (counts.correct, counts.incorrect, counts.truncated, counts.undecided) == (2, 1, 1, 1)
    assert (tree.root.visits, tree.root.q_value) == (7, 3 / 5)
    # The last step of what was cut off is torn, so its steps are no children.
    texts = [one.prefix.text for one in tree]
    assert texts[-1] == "a\nb\nz"


def test_a_prefix_whose_rollouts_were_not_decided_has_no_value() -> None:
    tree = Tree()
    hang(tree, ROOT, "a\n?", Outcome.UNDECIDED, 0)
    assert tree.root.q_value is None


def test_a_rollout_that_ends_at_once_makes_no_child() -> None:
    tree = grown()
    hang(tree, AB, "", RIGHT, 1)
    assert not tree[AB].terminal
    assert tree[AB].own[RIGHT] == 2
