r"""Which leaves of a tree are sampled next: PUCT (Rosin 2011; Silver et al. 2017).

From the root on, the child with the greatest

    Q(s, a) + c_puct * P(s, a) * sqrt(N(s)) / (1 + N(s, a))

until a prefix at which nothing was sampled yet: a leaf. N(s, a) and Q(s, a) are the visits and the
value of the child, P(s, a) its prior (`TreeNode`, `Branch`). A child without a decided visit has
the value of its parent.

Several leaves are selected at a time, so that a problem keeps several requests in flight. So that
they are not all behind one child, each leaf selected counts as `losses` visits that failed, on its
way from the root, until the round ends (virtual loss; Chaslot et al. 2008). The whole round is
backed up before the next one begins: what is selected depends on settings and seeds, never on
which answer came first.
"""

import math
from collections import Counter
from dataclasses import dataclass

from labelers.tree.nodes import Branch, Tree, TreeNode


@dataclass(frozen=True, slots=True, kw_only=True)
class Puct:
    """The rule, with its constants."""

    c_puct: float
    """Weight of exploration."""
    depth: int
    """Leaves have fewer steps than this."""
    losses: int
    """Visits that failed, as which a leaf counts until its rollouts are there."""

    def leaves(self, tree: Tree, count: int) -> list[TreeNode]:
        """Return `count` leaves in the order of selection; fewer where the tree has no more."""
        selection = _Selection(self, tree)
        found: list[TreeNode] = []
        while len(found) < count and (leaf := selection.next_leaf()) is not None:
            found.append(leaf)
        return found

    def priority(self, parent: TreeNode, branch: Branch, lost: Counter[str] | None = None) -> float:
        """Return Q + U of a branch; `lost`: visits that count as failed, by prefix key."""
        lost = lost or Counter()
        child = branch.node
        value = _value(child, lost)
        if value is None:
            value = _value(parent, lost) or 0.0
        visits = child.visits + lost[child.prefix.key]
        parents = parent.visits + lost[parent.prefix.key]
        return value + self.c_puct * branch.prior * math.sqrt(parents) / (1 + visits)


def _value(node: TreeNode, lost: Counter[str]) -> float | None:
    decided = node.decided + lost[node.prefix.key]
    return node.total / decided if decided else None


class _Selection:
    """The selection of one round: what is selected already is not selected again."""

    def __init__(self, rule: Puct, tree: Tree) -> None:
        self._rule = rule
        self._tree = tree
        self._lost = Counter[str]()
        self._closed: set[str] = set()
        """Prefixes behind which no leaf is left in this round."""

    def next_leaf(self) -> TreeNode | None:
        """Go down once; None where no leaf is left."""
        root = self._tree.root
        while root.prefix.key not in self._closed:
            trail = self._descend(root)
            last = trail[-1]
            self._closed.add(last.prefix.key)  # it is selected, or there is nothing behind it
            if not last.expanded:
                self._lost.update({one.prefix.key: self._rule.losses for one in trail})
                return last
        return None

    def _descend(self, root: TreeNode) -> list[TreeNode]:
        trail = [root]
        while trail[-1].expanded and (open_ones := self._open(trail[-1])):
            parent = trail[-1]
            # Of equals `max` takes the first, and branches have one order.
            best = max(open_ones, key=lambda one: self._rule.priority(parent, one, self._lost))
            trail.append(best.node)
        return trail

    def _open(self, node: TreeNode) -> list[Branch]:
        return [one for one in node.branches if self._is_open(one.node)]

    def _is_open(self, node: TreeNode) -> bool:
        shallow = node.expanded or len(node.prefix.steps) < self._rule.depth
        return shallow and not node.terminal and node.prefix.key not in self._closed
