"""The seam of the instrument: worlds whose solutions have a known first error."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from rollouts.seam import Rollouts
from schemas import Prefix, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One problem and the truth about its solutions."""

    problem: Problem
    truths: Mapping[int, int]
    """Sample index at the root to the solution's true first error (0-based, -1 none)."""
    finals: Mapping[int, bool]
    """Sample index at the root to whether the solution's final answer is right; same keys."""
    kinds: Mapping[int, str] = field(default_factory=dict)
    """Sample index at the root to the kind of the first error, where the world tells kinds."""


class World(Protocol):
    """Problems, their judged rollouts, and the truth.

    Draw 0 and draw 1 of a case have the same solutions and root rollouts, and independent
    rollouts of every other prefix: a labeler run on both shows how far its labels are chance.
    """

    @property
    def name(self) -> str:
        """What tables and files call it."""
        ...

    @property
    def num_solutions(self) -> int:
        """Root rollouts to label per problem."""
        ...

    @property
    def root_rollouts(self) -> int:
        """Root rollouts every labeler may count on; all problems have right and wrong ones."""
        ...

    def cases(self) -> Sequence[Case]:
        """Return the cases; the same objects every time."""
        ...

    def rollouts(self, case: Case, *, draw: int) -> Rollouts:
        """Return the judged rollouts of a case, with nothing remembered of earlier asking."""
        ...

    def is_right(self, case: Case, rollouts: Rollouts, prefix: Prefix) -> bool:
        """Tell whether a prefix that these rollouts passed through holds no wrong step."""
        ...

    def folds(self) -> Sequence[tuple["World", "World"]]:
        """Return pairs of a world to learn from and one to measure in; no case is in both.

        The second ones together have all cases of this world.
        """
        ...
