r"""A critic without a model: it checks the sums that a step displays, and errs as often as told.

It reads a prompt as `stepmint critique` writes it, and replies with a verdict on each step up to
the first that displays a false equality of whole numbers, e.g. `3 + 5 = 9`, and with its index.
"""

import asyncio
import random
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import accumulate
from pathlib import Path
from typing import Literal

from pydantic import Field

from policies.seam import Examined, Policy
from policies.words import WORD, text_of
from schemas import (
    Completion,
    CompletionRequest,
    ConfigError,
    Score,
    ScoreRequest,
    Settings,
    Tokens,
)

_STEP = re.compile(r"^<paragraph_(\d{1,6})>\n(.*?)\n</paragraph_\1>$", re.DOTALL | re.MULTILINE)
_SUM = re.compile(r"(?<![\d.*/+-])(\d{1,15}) ?([+*/-]) ?(\d{1,15}) ?= ?(-?\d{1,15})(?![\d.])")


class ScriptedCriticSettings(Settings):
    """A critic of sums for tests and dry runs; at temperature 0 it never errs."""

    kind: Literal["scripted_critic"] = "scripted_critic"
    error: float = Field(default=0.1, ge=0, le=1)
    """Probability that a verdict on a step is the wrong one."""
    babble: float = Field(default=0.0, ge=0, le=1)
    """Probability that a reply is beside the point, so that nothing can be read in it."""

    @asynccontextmanager
    async def open(self, run_dir: Path) -> AsyncIterator[Policy]:
        """Return the policy; nothing is loaded or started."""
        yield _ScriptedCritic(self)

    async def examine(self) -> Examined:
        """Say that there is nothing to open."""
        return Examined(("scripted_critic: checks sums in critiques' dry runs, no model",))

    def write(self, request: CompletionRequest, seed: int) -> Completion:
        """Return the reply to a request under one of its seeds."""
        prompt = text_of(request.prompt)
        rng = random.Random("\x1f".join((repr(self), prompt, str(seed))))
        sure = request.sampling.temperature == 0
        text = self._reply([step for _, step in _STEP.findall(prompt)], None if sure else rng)
        pieces = WORD.findall(text)
        kept = pieces[: request.sampling.max_tokens]
        return Completion(
            text="".join(kept),
            tokens=Tokens(ids=(0,) * len(kept), ends=tuple(accumulate(map(len, kept)))),
            finish_reason="length" if len(kept) < len(pieces) else "stop",
            seed=seed,
            prompt_tokens=len(WORD.findall(prompt)),
            cached_tokens=0,
            completion_tokens=len(kept),
            logprob=None,
        )

    def _reply(self, steps: Sequence[str], rng: random.Random | None) -> str:
        if rng and rng.random() < self.babble:
            return "What a nice problem. Let me think about something else."
        lines, error = [], -1
        for index, step in enumerate(steps):
            false = _false_sum(step)
            right = not false
            if rng and rng.random() < self.error:
                right = not right
            told = f"{false} is false." if false else "I see no false sum."
            verdict = "correct" if right else "incorrect"
            lines.append(f"Paragraph {index}: {told} The step is \\boxed{{{verdict}}}.")
            if not right:
                error = index
                break
        return "\n\n".join((*lines, f"\\boxed{{{error}}}"))


class _ScriptedCritic:
    """The running form of `ScriptedCriticSettings`."""

    in_flight = 0
    idle = 0
    caveat = ""
    cannot_score = "a scripted critic gives no probabilities: choose another policy"

    def __init__(self, settings: ScriptedCriticSettings) -> None:
        self._settings = settings
        self.identity = f"scripted_critic:{settings.model_dump_json(exclude={'kind'})}"

    async def complete(self, request: CompletionRequest) -> tuple[Completion, ...]:
        """Return one reply per seed, in the order of the seeds."""
        await asyncio.sleep(0)
        return tuple(self._settings.write(request, seed) for seed in request.seeds)

    async def score(self, request: ScoreRequest) -> tuple[Score, ...]:
        """Raise ConfigError: `cannot_score`."""
        raise ConfigError(self.cannot_score)


def _false_sum(step: str) -> str:
    """Return the first equality of a step that is false; empty where there is none."""
    for found in _SUM.finditer(step):
        left, sign, right, result = int(found[1]), found[2], int(found[3]), int(found[4])
        values = {"+": left + right, "-": left - right, "*": left * right}
        true = left == result * right if sign == "/" else values[sign] == result
        if not true:
            return found[0]
    return ""
