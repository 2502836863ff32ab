"""The one record that configures verification; opening it gives a Verifier."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import ClassVar

import anyio
from pydantic import Field

from schemas import Settings
from verification.cascade import Cascade
from verification.conventions import Conventions
from verification.finding.extraction import AnswerFormat, Auto
from verification.guarded.messages import Limits, Stage
from verification.guarded.pool import Pool
from verification.judge import Judge


class VerificationSettings(Settings):
    """How final answers are found and judged."""

    free: ClassVar[frozenset[str]] = frozenset({"workers", "jobs_per_worker", "memo_entries"})

    answer_format: AnswerFormat = Auto()
    r"""How completions state their answer: `boxed`, `hash` (`#### x`), `answer_is`, `tags`, `json`,
    `pattern`, `auto`, or a preset's name. Declare it: `auto` is for texts of unknown origin."""
    conventions: Conventions = Conventions()
    """What counts as the same answer, where people differ."""
    sympy: bool = True
    """Whether sympy is asked, in guarded workers, about what the cheaper stages leave undecided."""
    math_verify: bool = False
    """Whether math-verify has the last word on what is then still undecided, in the same workers.
    It brings its false accepts along."""
    workers: int = Field(default=2, ge=1, le=256)
    """Guarded worker processes at most; none starts before it is needed."""
    cpu_seconds: float = Field(default=1.0, gt=0, le=600)
    """CPU time in a worker after which an answer is undecided."""
    memory_mb: int = Field(default=448, ge=128)
    """Address space of a worker, in MiB."""
    jobs_per_worker: int = Field(default=500, ge=1)
    """Jobs after which a worker is replaced by a fresh one."""
    memo_entries: int = Field(default=1 << 15, ge=0)
    """Verdicts kept for pairs of gold and answer already seen, at half a kilobyte each: those of
    the problems that are open, for pairs of others do not come again."""

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Judge]:
        """Yield a verifier; its workers end with the block."""
        cascade = self.cascade()
        try:
            yield Judge(cascade, concurrency=self.workers)
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(cascade.close)

    def cascade(self) -> Cascade:
        """Return the synchronous verifier behind `open`, to be closed by the caller."""
        limits = Limits(
            cpu_seconds=self.cpu_seconds,
            memory_mb=self.memory_mb,
            jobs_per_worker=self.jobs_per_worker,
        )
        stages: list[Stage] = ["sympy"] if self.sympy else []
        stages += ["math_verify"] if self.math_verify else []
        pool = Pool(limits, self.conventions, workers=self.workers, math_verify=self.math_verify)
        return Cascade(
            self.answer_format,
            self.conventions,
            pool,
            guarded=tuple(stages),
            memo_entries=self.memo_entries,
        )
