"""Policies that write what a test says, and break down when told to."""

import asyncio
from abc import ABC, abstractmethod

from schemas import Completion, CompletionRequest, PolicyError, Score, ScoreRequest


class Writer(ABC):
    """A policy whose replies a subclass makes; `fail_after` completions its server is gone."""

    identity = "writer"
    caveat = ""
    cannot_score = "it writes"
    in_flight = idle = 0

    def __init__(self, *, fail_after: int | None = None) -> None:
        self.asked: list[CompletionRequest] = []
        self.written = 0
        self._fail_after = fail_after

    @abstractmethod
    def reply(self, request: CompletionRequest, seed: int) -> Completion: ...

    async def complete(self, request: CompletionRequest) -> tuple[Completion, ...]:
        self.asked.append(request)
        await asyncio.sleep(0)
        if self._fail_after is not None and self.written >= self._fail_after:
            raise PolicyError("the server at http://127.0.0.1:1 does not answer: start it")
        self.written += len(request.seeds)
        return tuple(self.reply(request, seed) for seed in request.seeds)

    async def score(self, request: ScoreRequest) -> tuple[Score, ...]:
        raise AssertionError("nothing is scored")
