"""The tree of a problem's rollouts as edges with visits and values, whoever sampled it.

A row per prefix behind the empty one: the step that leads to it, N and Q. Both count what passes
through, so under a search they are its own N and Q (of `uct` those that PUCT went by at its end),
and no evidence: where the search chose to sample, it sampled more of what is promising. Evidence is
in the `nodes` table, and labels are what the other formats write.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypedDict

import pyarrow as pa

from exporters.records import Made, Refused, Sampled, Settled, Taken
from exporters.seam import ProblemExporter
from schemas import ROOT, Evidence, Node, Outcome, Prefix, Problem, StopRule

_TEXT, _INT = pa.string(), pa.int32()


class TreeEdgeRow(TypedDict):
    """One edge, named by the prefix it leads to."""

    parent_key: str
    """Of the prefix before the step; as in the tables `nodes` and `rollouts`."""
    prefix_key: str
    depth: int
    """Steps of the prefix, at least 1."""
    step: str
    """To the byte."""
    terminal: bool
    """Whether a whole solution ends here."""
    visits: int
    """N: rollouts that were sampled at the prefix or behind it, or pass through it."""
    decided: int
    correct: int
    q_value: float | None
    """Q = correct / decided; null where none was decided."""


@dataclass(slots=True)
class Edge:
    """A prefix with what passes through it."""

    parent: Prefix
    prefix: Prefix
    terminal: bool = False
    outcomes: list[Outcome] = field(default_factory=list)
    """Of the rollouts that pass through."""

    @property
    def counts(self) -> Evidence:
        """N, W and Q: these visits, which are no evidence."""
        return Evidence.of(self.outcomes, StopRule.ADAPTIVE)

    def row(self) -> TreeEdgeRow:
        """Return its row."""
        counts = self.counts
        return TreeEdgeRow(
            parent_key=self.parent.key,
            prefix_key=self.prefix.key,
            depth=len(self.prefix.steps),
            step=self.prefix.steps[-1],
            terminal=self.terminal,
            visits=counts.total,
            decided=counts.decided,
            correct=counts.correct,
            q_value=counts.mc_value,
        )


class TreeEdgesExporter(ProblemExporter):
    """Rows of edges; the way of a rollout is known where its text is a labelled solution.

    That is each of `uct`, but for truncated ones. Of all others the steps they were sampled behind
    count. What filters take out is no solution here.
    """

    columns: ClassVar[pa.Schema] = pa.schema(
        {
            "parent_key": _TEXT,
            "prefix_key": _TEXT,
            "depth": _INT,
            "step": _TEXT,
            "terminal": pa.bool_(),
            "visits": _INT,
            "decided": _INT,
            "correct": _INT,
            "q_value": pa.float64(),
        }
    )
    reads_view: ClassVar[bool] = False
    reads_nodes: ClassVar[bool] = False
    reads_rollouts: ClassVar[bool] = True

    format: Literal["tree_edges"] = "tree_edges"

    def rows(
        self, problem: Problem, taken: Sequence[Taken], nodes: Sequence[Node], settled: Settled
    ) -> Iterator[Made | Refused]:
        """Yield the edges of a problem, each behind those that lead to it."""
        solutions = (one.steps.solution.steps for one in taken)
        ways = {"".join(steps): steps for steps in solutions}
        edges = edges_of(ways, settled.rollouts.get(problem.id, ()))
        for edge in sorted(edges.values(), key=lambda one: len(one.prefix.steps)):
            yield Made(row=edge.row())


def edges_of(
    ways: Mapping[str, tuple[str, ...]], rollouts: Sequence[Sampled]
) -> Mapping[str, Edge]:
    """Return the edges of all ways and rollouts by the key of the prefix they lead to."""
    edges: dict[str, Edge] = {}
    root = _Met(ROOT, None)
    for steps in ways.values():
        _path(edges, root, steps)[-1].terminal = True
    for one in rollouts:
        way = () if one.outcome is Outcome.TRUNCATED else ways.get(one.text, ())
        for edge in _path(edges, root, way or one.prefix_steps):
            edge.outcomes.append(one.outcome)
    return edges


@dataclass(slots=True)
class _Met:
    """A prefix that ways lead through: made once, since its key is a digest of all its text."""

    prefix: Prefix
    edge: Edge | None
    """That leads to it; None: it is empty."""
    behind: dict[str, "_Met"] = field(default_factory=dict)
    """By the next step."""


def _path(edges: dict[str, Edge], root: _Met, steps: tuple[str, ...]) -> list[Edge]:
    path, at = [], root
    for count, step in enumerate(steps, start=1):
        if step not in at.behind:
            prefix = Prefix(steps=steps[:count])
            edge = edges.setdefault(prefix.key, Edge(at.prefix, prefix))
            at.behind[step] = _Met(prefix, edge)
        at = at.behind[step]
        if at.edge:
            path.append(at.edge)
    return path
