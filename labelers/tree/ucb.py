r"""The way down a tree by UCT (Kocsis & Szepesvári 2006), without a prior.

    Q(s, a) + weight * sqrt(ln N(s) / N(s, a))

A child that no way led through yet comes before all that one did; of several such a random one.
"""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from labelers.tree.nodes import Visited

N = TypeVar("N", bound=Visited)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ucb:
    """The rule, with its constant."""

    weight: float
    """Weight of exploration; values lie between 0 and 1."""

    def priority(self, parent: Visited, child: Visited) -> float:
        """Return the bound of a child that was visited; one that came to nothing has the value 0.

        Raises ValueError for one that was not visited.
        """
        if not child.visits:
            raise ValueError("a child without visits has no bound: it goes first")
        curiosity = math.sqrt(math.log(parent.visits) / child.visits)
        return (child.q_value or 0.0) + self.weight * curiosity

    def descend(self, root: N, children: Callable[[N], Sequence[N]], rng: random.Random) -> list[N]:
        """Return the nodes from the root to the first that was not visited, or has no children.

        Of equals the first child is gone to.
        """
        trail = [root]
        while below := children(trail[-1]):
            parent = trail[-1]
            if fresh := [one for one in below if not one.visits]:
                return [*trail, rng.choice(fresh)]
            trail.append(max(below, key=lambda child: self.priority(parent, child)))
        return trail
