"""Any tree as a page shows it: as wide as visits, as coloured as values, unfolding.

Whoever grew a tree tells of its nodes (`Grown`, `pages/trees.py`); all else is the same.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from schemas import Outcome

_WIDTH, _ROW = 1000.0, 22.0
"""Units of the picture: all visits, and one step."""
_LEAST = 1.0
"""A node that is narrower is not drawn; the outline has it."""
_DEEPEST = 60
"""Steps behind which a tree is cut off."""
_OPEN = 0.12
"""Nodes with this share of all visits are unfolded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grown:
    """A node as whoever grew the tree tells of it."""

    key: str
    """Unique in its tree, of letters, digits, `-` and `_`."""
    parent: str
    """The key of the node before it; empty of the root."""
    text: str
    """What was written here, or how the root is called."""
    kind: str = ""
    """What was asked for here, such as an action; empty where all nodes are steps."""
    visits: int
    value: float | None
    """In [0, 1]; None where nothing says."""
    ends: bool = False
    """Whether a whole solution ends here."""
    outcome: Outcome | None = None
    """The verdict on that solution; None where it is not told here."""
    notes: Sequence[str] = ()
    """What else is known of it, in words."""
    behind: str = ""
    """The address of what unfolds below it; empty: nothing does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeNode:
    """A node in its place."""

    grown: Grown
    depth: int
    share: float
    """Of all visits, in [0, 1]."""
    unfolded: bool
    children: Sequence["TreeNode"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A node in the picture: as wide as its visits, as deep as its steps."""

    node: TreeNode
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the parts of a tree are, in words."""

    nodes: str
    """What nodes are, in the plural."""
    legend: str
    """What width and colour mean."""
    visit: str = "visit"
    """What one visit is."""
    behind: str = ""
    """What unfolds below a node."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchTree:
    """The tree of one problem."""

    name: str
    """What tells it from other trees of its page."""
    told: Told
    root: TreeNode
    nodes: int
    tiles: Sequence[Tile]
    width: float
    height: float


def tree(grown: Iterable[Grown], told: Told, *, name: str = "") -> SearchTree:
    """Return the tree of these nodes, of which the first is the root."""
    root, *others = grown
    below: dict[str, list[Grown]] = {}
    for one in others:
        below.setdefault(one.parent, []).append(one)
    placed = _placed(root, below, depth=0, total=max(root.visits, 1))
    tiles = tuple(_tiles(placed, 0.0, _WIDTH))
    return SearchTree(
        name=name,
        told=told,
        root=placed,
        nodes=len(others) + 1,
        tiles=tiles,
        width=_WIDTH,
        height=max(one.y + one.height for one in tiles),
    )


def _placed(
    grown: Grown, below: Mapping[str, Sequence[Grown]], *, depth: int, total: int
) -> TreeNode:
    """Return a node with all below it, the most visited first."""
    children = below.get(grown.key, ()) if depth < _DEEPEST else ()
    return TreeNode(
        grown=grown,
        depth=depth,
        share=grown.visits / total,
        unfolded=grown.visits / total >= _OPEN,
        children=[
            _placed(one, below, depth=depth + 1, total=total)
            for one in sorted(children, key=lambda one: (-one.visits, one.text))
        ],
    )


def _tiles(node: TreeNode, x: float, width: float) -> Iterator[Tile]:
    yield Tile(node=node, x=x, y=node.depth * _ROW, width=width, height=_ROW)
    # Ways may lead through more children than were counted here: those share what there is.
    visits = max(node.grown.visits, sum(one.grown.visits for one in node.children), 1)
    for child in node.children:
        taken = width * child.grown.visits / visits
        if taken >= _LEAST:
            yield from _tiles(child, x, taken)
        x += taken
