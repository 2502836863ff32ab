"""A search tree over the prefixes of one question, with exact counts in every node.

A rollout is a path from the prefix it was sampled at to its end. It counts at every node of its
way in one of two manners, which are not to be confused:

*evidence*: at the prefix it was sampled at, and at each prefix that it passes through behind it.
Given that it passes through s, what follows is a draw from the policy at s like any other.

*visit*: at those, and at all prefixes before the one it was sampled at. These are not draws from
the policy: the search chose to sample there, mostly where it is promising. So they make up N(s)
and Q(s), by which the search goes, and are no evidence of s.

A truncated rollout counts where it was sampled and as a visit of what lies before; its steps,
of which the last is torn, make no nodes. An empty one likewise.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from schemas import DECIDED, ROOT, Evidence, Outcome, Prefix, Rollout, StopRule


@dataclass(slots=True, eq=False, kw_only=True)
class Visited:
    """A node as a search goes by it: what the ways through it came to."""

    visits: int = 0
    """N(s): the ways through it."""
    decided: int = 0
    """Those that came to something; the others count for nothing in Q."""
    total: float = 0.0
    """W(s): the sum of what they came to, each in [0, 1]."""

    @property
    def q_value(self) -> float | None:
        """Q(s) = W(s) / decided visits, in [0, 1]; None where none was decided."""
        return self.total / self.decided if self.decided else None

    def visit(self, value: float | None) -> None:
        """Count a way through it that came to this; None: to nothing that was decided."""
        self.visits += 1
        if value is not None:
            self.decided += 1
            self.total += value


def back_up(trail: Iterable[Visited], value: float | None) -> None:
    """Count a way at all nodes that it led through."""
    for node in trail:
        node.visit(value)


def value_of(outcome: Outcome) -> float | None:
    """Return what a rollout is worth: 1 where its answer is right; None: it counts as nothing."""
    return float(outcome is Outcome.CORRECT) if outcome in DECIDED else None


@dataclass(frozen=True, slots=True)
class Branch:
    """A child that a search may go down to."""

    node: "TreeNode"
    prior: float
    """P(s, a): how likely the policy is to write this step next, in [0, 1]; those of the branches
    of one node sum to 1."""


@dataclass(slots=True, eq=False)
class TreeNode(Visited):
    """A prefix, and what became of the rollouts through it.

    Its visits are the rollouts sampled at it, before it and through it, or behind it.
    """

    prefix: Prefix
    own: Counter[Outcome] = field(default_factory=Counter)
    """Of rollouts that were sampled at this prefix."""
    passed: Counter[Outcome] = field(default_factory=Counter)
    """Of rollouts that were sampled before this prefix and pass through it, or end there."""
    children: dict[str, "TreeNode"] = field(default_factory=dict, repr=False)
    """By prefix key, in the order they were met; equal next steps are one child."""
    branches: tuple[Branch, ...] = ()
    """The children that a search may go down to; set when the node is expanded."""
    terminal: bool = False
    """Whether a rollout ended here: a whole solution, of which nothing is sampled."""

    @property
    def expanded(self) -> bool:
        """Whether rollouts were sampled at this prefix."""
        return bool(self.own)

    def evidence(self, *, pooled: bool) -> Evidence:
        """Return the counts of the rollouts that are draws from the policy at this prefix.

        Those sampled here were so many as was fixed before. `pooled` adds those that pass through,
        whose number the search decided by what it had seen; at the root there are none.
        """
        if not pooled or not self.passed:
            rule = StopRule.FIXED if self.own else StopRule.NOT_SAMPLED
            return Evidence.of(self.own.elements(), rule)
        return Evidence.of((self.own + self.passed).elements(), StopRule.ADAPTIVE)


class Tree:
    """All prefixes of one question that its rollouts passed through."""

    def __init__(self) -> None:
        self.root = TreeNode(ROOT)
        self._nodes: dict[str, TreeNode] = {ROOT.key: self.root}
        self._hung: set[tuple[str, int]] = set()

    def __iter__(self) -> Iterator[TreeNode]:
        """Yield all nodes in the order in which they were met, the root first."""
        return iter(self._nodes.values())

    def __getitem__(self, prefix: Prefix) -> TreeNode:
        """Return the node of a prefix; KeyError where no rollout passed through it."""
        return self._nodes[prefix.key]

    def trail(self, node: TreeNode) -> Sequence[TreeNode]:
        """Return the nodes from the root to this one, both included."""
        steps = node.prefix.steps
        above = (self._nodes[Prefix(steps=steps[:n]).key] for n in range(len(steps)))
        return (*above, node)

    def hang(self, rollout: Rollout, path: Sequence[Prefix]) -> None:
        """Back a rollout up from where it was sampled, and hang its steps below.

        `path`: its cumulative prefixes, one per step; those up to its own prefix may be missing.
        Empty where it has no steps to hang. Raises ValueError for a rollout that hangs already,
        KeyError for one of an unknown prefix.
        """
        origin = self._nodes[rollout.prefix.key]
        name = rollout.prefix.key, rollout.sample_index
        if name in self._hung:
            raise ValueError(f"rollout {name[1]} of prefix {name[0]} is in the tree already")
        self._hung.add(name)
        outcome = rollout.verdict.outcome
        origin.own[outcome] += 1
        back_up(self.trail(origin), value_of(outcome))
        if outcome is Outcome.TRUNCATED:
            return
        node, behind = origin, len(origin.prefix.text)
        for prefix in path:
            if len(prefix.text) > behind:
                node = self._child(node, prefix)
                node.passed[outcome] += 1
                node.visit(value_of(outcome))
        node.terminal |= node is not origin

    def _child(self, parent: TreeNode, prefix: Prefix) -> TreeNode:
        node = self._nodes.setdefault(prefix.key, TreeNode(prefix))
        return parent.children.setdefault(prefix.key, node)
