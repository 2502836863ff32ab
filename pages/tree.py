"""The tree of a problem's prefixes: what passes through each, and what was sampled there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from exporters.records import Sampled
from exporters.tree_edges import Edge, edges_of
from pages.library import OpenRun
from pages.problem import read_rollouts, read_solutions
from schemas import ROOT, Evidence, StopRule

_WIDTH, _ROW = 1000.0, 22.0
"""Units of the picture: all visits, and one step."""
_LEAST = 1.0
"""A node that is narrower is not drawn; the outline has it."""
_DEEPEST = 60
"""Steps behind which a tree is cut off."""
_OPEN = 0.12
"""Nodes with this share of all visits are unfolded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeNode:
    """A prefix with what passes through it."""

    key: str
    step: str
    """Its last step; empty of the root."""
    depth: int
    visits: int
    """N: rollouts sampled at it or behind it, or that pass through it."""
    correct: int
    decided: int
    share: float
    """Of all visits, in [0, 1]."""
    terminal: bool
    sampled: bool
    """Whether rollouts began here."""
    unfolded: bool
    children: Sequence["TreeNode"]

    @property
    def value(self) -> float | None:
        """Q = correct / decided; None where none was decided."""
        return self.correct / self.decided if self.decided else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A node in the picture: as wide as its visits, as deep as its steps."""

    node: TreeNode
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchTree:
    """The tree of one problem."""

    problem_id: str
    root: TreeNode
    nodes: int
    tiles: Sequence[Tile]
    width: float
    height: float

    @property
    def branches(self) -> bool:
        """Whether it is more than some solutions side by side."""
        return any(len(one.children) > 1 for one in _all(self.root) if one.depth)


def tree_of(run: OpenRun, problem_id: str) -> SearchTree:
    """Read the tree of a problem; raises RunError where there is no such problem."""
    shard = run.shard_of(problem_id)
    rollouts = read_rollouts(run, shard, problem_id)
    solutions = read_solutions(run, shard, problem_id)
    edges = edges_of(
        {"".join(one.steps): one.steps for one in solutions},
        [
            Sampled(prefix_steps=one.prefix.steps, text=one.text, outcome=one.verdict.outcome)
            for one in rollouts
        ],
    )
    counts = Evidence.of((one.verdict.outcome for one in rollouts), StopRule.ADAPTIVE)
    sampled = {one.prefix.key for one in rollouts}
    root = _grown(edges, counts, sampled)
    tiles = tuple(_tiles(root, 0.0, _WIDTH))
    deepest = max((one.y + one.height for one in tiles), default=_ROW)
    return SearchTree(
        problem_id=problem_id,
        root=root,
        nodes=len(edges) + 1,
        tiles=tiles,
        width=_WIDTH,
        height=deepest,
    )


def _grown(edges: Mapping[str, Edge], counts: Evidence, sampled: set[str]) -> TreeNode:
    """Return the root with all below it, the most visited first."""
    below: dict[str, list[Edge]] = {}
    for edge in edges.values():
        below.setdefault(edge.parent.key, []).append(edge)
    total = max(counts.total, 1)

    def node(key: str, edge: Edge | None) -> TreeNode:
        seen, depth = (edge.counts, len(edge.prefix.steps)) if edge else (counts, 0)
        grown = [node(one.prefix.key, one) for one in below.get(key, ()) if depth < _DEEPEST]
        return TreeNode(
            key=key,
            step=edge.prefix.steps[-1] if edge else "",
            depth=depth,
            visits=seen.total,
            correct=seen.correct,
            decided=seen.decided,
            share=seen.total / total,
            terminal=edge is not None and edge.terminal,
            sampled=key in sampled,
            unfolded=seen.total / total >= _OPEN,
            children=sorted(grown, key=lambda one: (-one.visits, one.step)),
        )

    return node(ROOT.key, None)


def _tiles(node: TreeNode, x: float, width: float) -> Iterator[Tile]:
    yield Tile(node=node, x=x, y=node.depth * _ROW, width=width, height=_ROW)
    # Rollouts may pass through more children than were counted here: those share what there is.
    visits = max(node.visits, sum(one.visits for one in node.children), 1)
    for child in node.children:
        taken = width * child.visits / visits
        if taken >= _LEAST:
            yield from _tiles(child, x, taken)
        x += taken


def _all(node: TreeNode) -> Iterator[TreeNode]:
    yield node
    for child in node.children:
        yield from _all(child)
