"""The seam behind which a model lives: a prefix goes in, completions come out."""

from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

from schemas import Completion, CompletionRequest


class Policy(Protocol):
    """A model that continues a prefix.

    One limit on sequences in flight lives inside; callers may have thousands of requests wait.
    A completion is a function of prompt, prefix, sampling and seed as far as the backend allows,
    never of how requests were grouped.
    """

    @property
    def identity(self) -> str:
        """What a completion depends on besides its request: backend and model, for the journal."""
        ...

    @property
    def in_flight(self) -> int:
        """Sequences being generated now."""
        ...

    async def complete(self, request: CompletionRequest) -> tuple[Completion, ...]:
        """Return one completion per seed, in the order of the seeds.

        Raises PolicyError when the model cannot answer any more.
        """
        ...


class PolicySettings(Protocol):
    """Frozen settings of one backend: a member of the union `AnyPolicy`, picked by `kind`."""

    def open(self, run_dir: Path) -> AbstractAsyncContextManager[Policy]:
        """Load or start the model; leaving the context stops it. Logs go into `run_dir`."""
        ...
