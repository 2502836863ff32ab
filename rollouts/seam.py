"""The one seam labelers see: ask for more rollouts of a prefix, get judged ones.

Or ask how likely the policy finds a text behind it.
"""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Protocol

from schemas import Continuation, Prefix, Rollout, Score


class Rollouts(Protocol):
    """Judged rollouts of one problem's prefixes, and scores of texts behind them."""

    @property
    def cannot_score(self) -> str:
        """Why the policy cannot score texts, and the remedy, for people; empty where it can."""
        ...

    async def sample(self, prefix: Prefix, *, start: int = 0, count: int) -> tuple[Rollout, ...]:
        """Return the rollouts of `prefix` with sample indices start, ..., start + count - 1.

        A rollout is paid for once: the same prefix and index give the same rollout again.
        """
        ...

    async def given(self) -> tuple[Rollout, ...]:
        """Return the solutions that came with the problem, judged; none where they are sampled.

        They are no rollouts of the policy and cost nothing: their sample indices are -1, -2, ...
        """
        return ()

    def ahead(self, prefix: Prefix, *, start: int, count: int) -> AbstractAsyncContextManager[None]:
        """Say that samples start, ..., start + count - 1 may be asked for one after another.

        While the context is open a policy that idles may take them in advance; leaving it stops
        what is still under way. That costs time less, and changes no answer.
        """
        return nullcontext()

    async def score(
        self, prefix: Prefix, continuations: Sequence[Continuation]
    ) -> tuple[Score, ...]:
        """Return how likely the policy finds each continuation behind `prefix`, in their order.

        A text is scored once: the same prefix and continuation give the same score again. The
        prefix may be empty, or a whole solution. Ask for all texts behind a prefix at once: that
        is cheaper than one by one. Raises ConfigError where the policy cannot score.
        """
        ...

    async def segment(self, solutions: Sequence[Rollout]) -> None:
        """Have a model tell the steps of these solutions apart, where one is to: before `prefixes`.

        A text is shown to it once; how it is cut does not depend on what else is shown.
        """
        return

    def prefixes(self, solution: Rollout) -> tuple[Prefix, ...]:
        """Return the prefixes of a solution, one per step; the last is the whole solution."""
        ...
