"""What policies are asked in tests, and how their tests wait."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from itertools import pairwise
from typing import Any

from schemas import (
    ROOT,
    CompletionRequest,
    Continuation,
    Prefix,
    Prompt,
    Sampling,
    ScoreRequest,
    TextPrompt,
)

Opened = Callable[..., AbstractAsyncContextManager[Any]]
"""Opens a policy with the settings given; its tests look inside it, so it has no type here."""

PROMPT = TextPrompt(text="Tom has 3 apples and")
STEP = Prefix(steps=(" buys 14 more.\n",), token_ids=None)


def ask(
    prompt: Prompt | str = "Tom has 3 apples",
    *,
    seeds: tuple[int, ...] = (1,),
    prefix: Prefix = ROOT,
    **sampling: object,
) -> CompletionRequest:
    """Return a request for short completions."""
    prompt = TextPrompt(text=prompt) if isinstance(prompt, str) else prompt
    options = {"temperature": 1.0, "max_tokens": 24, **sampling}
    return CompletionRequest(
        prompt=prompt, prefix=prefix, sampling=Sampling.model_validate(options), seeds=seeds
    )


def to_score(
    *texts: str | Continuation, prompt: Prompt = PROMPT, prefix: Prefix = STEP
) -> ScoreRequest:
    """Return a request for the scores of texts."""
    continuations = tuple(t if isinstance(t, Continuation) else Continuation(text=t) for t in texts)
    return ScoreRequest(prompt=prompt, prefix=prefix, continuations=continuations)


def spans(ends: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Return where each token of a score begins and ends in its text."""
    return pairwise((0, *ends))


async def until(condition: Callable[[], object]) -> None:
    """Wait for what another task, thread or process brings about."""
    async with asyncio.timeout(60):
        for _ in iter(lambda: bool(condition()), True):
            await asyncio.sleep(0.001)
