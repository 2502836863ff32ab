"""Any tree as a page shows it: as wide as visits, as coloured as values, unfolding.

Whoever grew a tree tells of its nodes (`Grown`, `pages/trees.py`); all else is the same.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from heapq import heappop, heappush

from schemas import Outcome

_WIDTH, _ROW = 1000.0, 22.0
"""Units of the picture: all visits, and one step."""
_LEAST = 1.0
"""A node that is narrower is not drawn; the outline has it."""
_DEEPEST = 60
"""Steps behind which a tree is cut off."""
_MOST = 1_000
"""Nodes of a tree that are shown, the most visited; others unfold where they stand."""
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
    left: int
    """Nodes behind it that are not shown."""
    more: str
    """The address of its own tree, which shows them; empty: there is none."""


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
    shown: int
    """Of these, the ones that are shown."""
    tiles: Sequence[Tile]
    width: float
    height: float


def tree(
    grown: Iterable[Grown],
    told: Told,
    *,
    name: str = "",
    more: Callable[[str], str] = lambda key: "",
) -> SearchTree:
    """Return the tree of these nodes behind the first; `more` is the address of a node's own."""
    root, *others = grown
    below: dict[str, list[Grown]] = {}
    for one in others:
        below.setdefault(one.parent, []).append(one)
    sizes = _sizes(root, below)
    laying = _Laying(
        below=below,
        sizes=sizes,
        shown=_most_visited(root, below),
        total=max(root.visits, 1),
        more=more,
    )
    placed = laying.placed(root)
    tiles = tuple(_tiles(placed, 0.0, _WIDTH))
    return SearchTree(
        name=name,
        told=told,
        root=placed,
        nodes=sizes[root.key],
        shown=len(laying.shown),
        tiles=tiles,
        width=_WIDTH,
        height=max(one.y + one.height for one in tiles),
    )


Below = Mapping[str, Sequence[Grown]]
"""Nodes by the key of the one before them."""


def _sizes(root: Grown, below: Below) -> Mapping[str, int]:
    """Return how many nodes there are from each one on, itself included."""
    order = [root]
    for one in order:
        order += below.get(one.key, ())
    sizes: dict[str, int] = {}
    for one in reversed(order):
        sizes[one.key] = 1 + sum(sizes[child.key] for child in below.get(one.key, ()))
    return sizes


def _most_visited(root: Grown, below: Below) -> Set[str]:
    """Return the keys of the nodes that are shown, each behind the one that leads to it."""
    shown: set[str] = set()
    waiting = [(0, "", 0, root.key)]
    while waiting and len(shown) < _MOST:
        _, _, depth, key = heappop(waiting)
        shown.add(key)
        for one in below.get(key, ()) if depth < _DEEPEST else ():
            heappush(waiting, (-one.visits, one.text, depth + 1, one.key))
    return shown


@dataclass(frozen=True, slots=True, kw_only=True)
class _Laying:
    """What lays out the nodes that are shown."""

    below: Below
    sizes: Mapping[str, int]
    shown: Set[str]
    total: int
    more: Callable[[str], str]

    def placed(self, grown: Grown, depth: int = 0) -> TreeNode:
        """Return a node with all below it that is shown, the most visited first."""
        behind = self.below.get(grown.key, ())
        children = [one for one in behind if one.key in self.shown]
        left = sum(self.sizes[one.key] for one in behind if one.key not in self.shown)
        return TreeNode(
            grown=grown,
            depth=depth,
            share=grown.visits / self.total,
            unfolded=grown.visits / self.total >= _OPEN,
            children=[
                self.placed(one, depth + 1)
                for one in sorted(children, key=lambda one: (-one.visits, one.text))
            ],
            left=left,
            more=self.more(grown.key) if left and depth else "",
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
