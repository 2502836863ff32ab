"""Trees as pages show them: what is drawn of a large one, and where the rest is."""

from collections.abc import Iterator

from pages.tree import Grown, Told, TreeNode, tree

TOLD = Told(nodes="steps", legend="")


def node(key: str, parent: str, visits: int = 1) -> Grown:
    return Grown(key=key, parent=parent, text=key, visits=visits, value=None)


def nodes(root: TreeNode) -> Iterator[TreeNode]:
    yield root
    for one in root.children:
        yield from nodes(one)


def test_a_deep_tree_is_cut_off_where_the_rest_unfolds() -> None:
    chain = [node("0", ""), *(node(str(n), str(n - 1)) for n in range(1, 5_000))]
    made = tree(chain, TOLD, more=lambda key: f"more/{key}")
    cut = [one for one in nodes(made.root) if one.left]
    assert (made.nodes, made.shown) == (5_000, 61)
    assert [(one.left, one.more) for one in cut] == [(4_939, "more/60")]


def test_of_a_wide_tree_the_most_visited_nodes_are_shown() -> None:
    wide = [node("root", "", 9_000), *(node(str(n), "root", n) for n in range(3_000))]
    made = tree(wide, TOLD)
    assert [one.grown.visits for one in made.root.children] == list(range(2_999, 2_000, -1))
    assert made.root.left == 2_001
    assert made.shown + made.root.left == made.nodes
