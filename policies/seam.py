"""The seam behind which a model lives: a prefix goes in, completions come out.

It also scores: how likely it finds a text that it is made to read behind a prefix.
"""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from schemas import Completion, CompletionRequest, Score, ScoreRequest


class Policy(Protocol):
    """A model that continues a prefix, and scores texts behind it.

    One limit on sequences in flight lives inside; callers may have thousands of requests wait.
    A completion is a function of prompt, prefix, sampling and seed as far as the backend allows,
    never of how requests were grouped.
    """

    @property
    def identity(self) -> str:
        """What a completion depends on besides its request: backend and model, for the journal."""
        ...

    @property
    def caveat(self) -> str:
        """What its completions do not keep to, for people; empty where all is well."""
        ...

    @property
    def in_flight(self) -> int:
        """Sequences being generated now."""
        ...

    @property
    def idle(self) -> int:
        """Sequences it could begin at once, nothing being in the queue; 0 where that is unknown."""
        ...

    @property
    def cannot_score(self) -> str:
        """Why this policy cannot score texts, and the remedy, for people; empty where it can."""
        ...

    async def complete(self, request: CompletionRequest) -> tuple[Completion, ...]:
        """Return one completion per seed, in the order of the seeds.

        Raises PolicyError when the model cannot answer any more.
        """
        ...

    async def score(self, request: ScoreRequest) -> tuple[Score, ...]:
        """Return one score per continuation, in their order.

        A score is a function of prompt, prefix and continuation as far as the backend allows.
        Raises PolicyError when the model cannot answer any more, ConfigError when the backend
        cannot score: `cannot_score`.
        """
        ...


@dataclass(frozen=True, slots=True)
class Examined:
    """What a policy would be, for people."""

    told: tuple[str, ...]
    """One line or more: the first says which model."""
    doubtful: bool = False
    """Whether it answers, but not as asked."""


class PolicySettings(Protocol):
    """Frozen settings of one backend: a member of the union `AnyPolicy`, picked by `kind`."""

    def open(self, run_dir: Path) -> AbstractAsyncContextManager[Policy]:
        """Load or start the model; leaving the context stops it. Logs go into `run_dir`."""
        ...

    async def examine(self) -> Examined:
        """Say within seconds what would be opened, loading nothing.

        Raises ConfigError or PolicyError where `open` could only fail.
        """
        ...
