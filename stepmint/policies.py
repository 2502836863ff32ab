"""Whatever a caller has for a policy becomes one: settings, an open one, or a function."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path
from typing import Any, cast

from policies import AnyPolicy, Policy
from schemas import Completion, CompletionRequest, ConfigError, PolicyError, Score, ScoreRequest
from stepmint.settings import read

Write = Callable[[CompletionRequest], Awaitable[Sequence[str | Completion]]]
"""Continues `request.prompt` behind `request.prefix.text`, once for each of `request.seeds`."""

SomePolicy = AnyPolicy | Mapping[str, Any] | Policy | Write


def opened(policy: SomePolicy, folder: Path) -> AbstractAsyncContextManager[Policy]:
    """Return what gives the policy; logs of a server that it starts go into `folder`.

    One that is open already stays so. Raises ConfigError for settings that cannot work.
    """
    if isinstance(policy, Mapping):
        settings: AnyPolicy = read("policy", AnyPolicy, policy)
        return settings.open(folder)
    if hasattr(policy, "open"):
        return policy.open(folder)
    if hasattr(policy, "complete"):
        return nullcontext(cast(Policy, policy))
    return nullcontext(_Written(policy))


class _Written:
    """A policy that is a function of the caller's."""

    caveat = ""
    in_flight = 0
    idle = 0
    cannot_score = (
        "policy: a function writes texts, and this labeler has texts scored: give a policy of kind "
        "vllm, openai or transformers, or a labeler that does not read them, e.g. double_search"
    )

    def __init__(self, write: Write) -> None:
        self._write = write
        self.identity = f"function:{getattr(write, '__qualname__', type(write).__name__)}"

    async def complete(self, request: CompletionRequest) -> tuple[Completion, ...]:
        """Return what the function wrote; raises PolicyError where it is not one text per seed."""
        texts = await self._write(request)
        if len(texts) != len(request.seeds):
            raise PolicyError(
                f"{self.identity} returned {len(texts)} texts for {len(request.seeds)} seeds: "
                "return one for each of request.seeds"
            )
        pairs = zip(texts, request.seeds, strict=True)
        return tuple(_completion(text, seed) for text, seed in pairs)

    async def score(self, request: ScoreRequest) -> tuple[Score, ...]:
        """Raise ConfigError: nothing can be scored."""
        raise ConfigError(self.cannot_score)


def _completion(text: str | Completion, seed: int) -> Completion:
    return text if isinstance(text, Completion) else Completion.of_text(text, seed=seed)
