"""The one seam labelers see: ask for more rollouts of a prefix, get judged ones."""

from typing import Protocol

from schemas import Prefix, Rollout


class Rollouts(Protocol):
    """Judged rollouts of one problem's prefixes."""

    async def sample(self, prefix: Prefix, *, start: int = 0, count: int) -> tuple[Rollout, ...]:
        """Return the rollouts of `prefix` with sample indices start, ..., start + count - 1.

        A rollout is paid for once: the same prefix and index give the same rollout again.
        """
        ...

    def prefixes(self, solution: Rollout) -> tuple[Prefix, ...]:
        """Return the prefixes of a solution, one per step; the last is the whole solution."""
        ...
