"""The Verifier of a run: the cascade without ever blocking the event loop."""

from collections.abc import Mapping

import anyio

from schemas import Verdict
from verification.cascade import Cascade, Options, Unsettled


class Judge:
    """Judges answers for async code; many tasks may ask at once.

    Cheap stages run inline, microseconds each; what needs a worker waits in a thread, and tasks
    that ask the same question meanwhile share its reply.
    """

    def __init__(self, cascade: Cascade, *, concurrency: int) -> None:
        self._cascade = cascade
        self._limiter = anyio.CapacityLimiter(concurrency)
        self._asked: dict[tuple[str, str], anyio.Event] = {}

    @property
    def stages(self) -> Mapping[str, int]:
        """How many verdicts each stage decided, for reports."""
        return self._cascade.stages

    def stated(self, text: str, *, finished: bool) -> str | None:
        """Return the final answer that `text` states; None where it states none."""
        return self._cascade.extract(text, finished=finished).answer

    async def judge(
        self, gold: str, text: str, *, finished: bool, options: Options = ()
    ) -> Verdict:
        """Judge the final answer that `text` states; see `verification.seam.Verifier`."""
        found = self._cascade.extract(text, finished=finished)
        while True:
            verdict = self._cascade.glance(
                gold, found, finished=finished, defer_large=True, options=options
            )
            if isinstance(verdict, Verdict):
                return verdict
            asked = self._asked.get((gold, verdict.answer))
            if asked is None:
                return await self._settle(verdict)
            await asked.wait()

    async def preflight(self, gold: str) -> str | None:
        """Return why this gold answer cannot be judged against, or None if it can."""
        return await anyio.to_thread.run_sync(self._cascade.preflight, gold, limiter=self._limiter)

    async def _settle(self, unsettled: Unsettled) -> Verdict:
        key = unsettled.gold, unsettled.answer
        self._asked[key] = anyio.Event()
        try:
            return await anyio.to_thread.run_sync(
                self._cascade.settle, unsettled, limiter=self._limiter
            )
        finally:
            self._asked.pop(key).set()
