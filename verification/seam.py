"""The seam behind which answers are judged: text goes in, a verdict comes out."""

from collections.abc import Sequence
from typing import Protocol

from schemas import Verdict


class Verifier(Protocol):
    """Judges stated final answers. Deterministic: no verdict depends on machine load."""

    async def judge(
        self, gold: str, text: str, *, finished: bool, options: Sequence[str] = ()
    ) -> Verdict:
        """Judge the final answer that `text`, a whole solution, states.

        `finished` is false where the policy was cut at its token limit: without a stated answer
        the outcome is then *truncated* rather than *no answer*. `options` are the texts of a
        multiple choice in the order of their letters: an answer may then be the right one's value.
        `text` is untrusted; nothing in it is ever evaluated. Never raises for a hard answer: that
        is *undecided*.
        """
        ...

    async def preflight(self, gold: str) -> str | None:
        """Return why this gold answer cannot be judged against, or None if it can."""
        ...
