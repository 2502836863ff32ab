"""The seam behind which answers are judged: text goes in, a verdict comes out."""

from typing import Protocol

from schemas import Verdict


class Verifier(Protocol):
    """Judges stated final answers. Deterministic: no verdict depends on machine load."""

    async def judge(self, gold: str, text: str, *, finished: bool) -> Verdict:
        """Judge the final answer that `text`, a whole solution, states.

        `finished` is false where the policy was cut at its token limit: without a stated answer
        the outcome is then *truncated* rather than *no answer*. `text` is untrusted; nothing in
        it is ever evaluated. Never raises for a hard answer: that is *undecided*.
        """
        ...

    async def preflight(self, gold: str) -> str | None:
        """Return why this gold answer cannot be judged against, or None if it can."""
        ...
