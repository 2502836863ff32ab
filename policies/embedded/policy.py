"""The embedded policy: requests queue in order, one worker thread decodes them all.

The event loop is never blocked: it hands requests over and gets completions back. Waiting
sequences take over slots between two decoding steps, whatever problem they belong to; there too
one pass of scoring is done, so that neither kind of request waits for the other's queue.
"""

import threading
from collections import deque
from typing import Any, TypeVar

from policies.embedded.batch import Batch, CompletionJob
from policies.embedded.jobs import Job
from policies.embedded.loading import LoadedModel, load_model
from policies.embedded.scorer import ScoreJob, Scorer
from policies.embedded.settings import TransformersFields
from policies.embedded.slots import Starts
from policies.tokens import first_tokens, truncated_at_once, unscored
from schemas import (
    Completion,
    CompletionRequest,
    ConfigError,
    PolicyError,
    Score,
    ScoreRequest,
)

T = TypeVar("T")
J = TypeVar("J", CompletionJob, ScoreJob)


class EmbeddedPolicy:
    """A loaded model that answers requests; the running form of `TransformersSettings`."""

    cannot_score = ""
    caveat = ""

    def __init__(self, model: LoadedModel) -> None:
        self.identity = model.identity
        self._model = model
        # A quarter of the slots' memory, and the longest beginning at least.
        starts = Starts(model.slots, max(model.slots.size, 4) * model.context // 4)
        self._batch = Batch(model, starts)
        self._scorer = Scorer(model.slots, starts)
        self._queue: deque[CompletionJob] = deque()
        self._to_score: deque[ScoreJob] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._failure: PolicyError | None = None
        self._jobs: set[Job[Any]] = set()
        self._thread = threading.Thread(target=self._work, name="stepmint-policy", daemon=True)

    @classmethod
    def load(cls, settings: TransformersFields) -> "EmbeddedPolicy":
        """Load the model and start the worker."""
        policy = cls(load_model(settings))
        policy._thread.start()
        return policy

    @property
    def in_flight(self) -> int:
        """Sequences being generated now."""
        return len(self._batch)

    @property
    def idle(self) -> int:
        """Slots that no sequence is in or waits for."""
        return max(0, self._model.slots.size - sum(job.size for job in tuple(self._jobs)))

    async def complete(self, request: CompletionRequest) -> tuple[Completion, ...]:
        """Return one completion per seed; PolicyError when the model has failed or was closed."""
        ids = self._model.tokenizer.encode(request.prompt, request.prefix)
        self._check(request, ids)
        if len(ids) >= self._model.context or not request.seeds:
            return tuple(truncated_at_once(seed, len(ids)) for seed in request.seeds)
        seeds = request.seeds
        job = CompletionJob(ids=ids, size=len(seeds), sampling=request.sampling, seeds=seeds)
        return await self._answer(self._queue, job)

    async def score(self, request: ScoreRequest) -> tuple[Score, ...]:
        """Return one score per continuation; PolicyError when the model failed or was closed."""
        ids = self._model.tokenizer.encode(request.prompt, request.prefix)
        _check_not_empty(ids)
        room = self._model.context - len(ids)
        if room <= 0 or not request.continuations:
            return tuple(unscored(len(ids)) for _ in request.continuations)
        pieces = [self._model.tokenizer.pieces(c, ids) for c in request.continuations]
        job = ScoreJob(
            ids=ids,
            size=len(pieces),
            continuations=tuple(first_tokens(tokens, room) for tokens in pieces),
        )
        return await self._answer(self._to_score, job)

    def close(self) -> None:
        """Stop after the current step; requests still waiting get a PolicyError."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _check(self, request: CompletionRequest, ids: tuple[int, ...]) -> None:
        _check_not_empty(ids)
        if request.sampling.max_tokens > self._model.context:
            raise ConfigError(
                f"max_tokens={request.sampling.max_tokens} does not fit in the context of "
                f"{self._model.context} tokens: lower it, or raise the policy's `context` if the "
                "model allows more."
            )

    async def _answer(self, queue: deque[Any], job: Job[T]) -> tuple[T, ...]:
        """Hand a job to the worker and wait for its answer."""
        with self._changed:
            if self._failure:
                raise self._failure
            if self._closed:
                raise PolicyError("the policy was closed: open it again.")
            self._jobs.add(job)
            queue.append(job)
            self._changed.notify()
        try:
            return await job.answer
        finally:
            self._jobs.discard(job)
            job.cancelled = True

    def _work(self) -> None:
        try:
            while self._wait_for_work():
                self._batch.drop_cancelled()
                self._admit()
                if len(self._batch):
                    self._batch.step()
                self._score()
        except Exception as error:  # noqa: BLE001 - whatever breaks the model, all who wait must know
            self._fail(PolicyError(f"the model stopped working: {type(error).__name__}: {error}"))
        self._fail(PolicyError("the policy was closed while a request was waiting."))

    def _wait_for_work(self) -> bool:
        """Wait until something is to be decoded or scored; return False when the policy closes."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._closed or self._queue or self._to_score or len(self._batch)
            )
            return not self._closed

    def _admit(self) -> None:
        while self._batch.has_room and (job := self._next(self._queue)):
            self._batch.admit(job)

    def _score(self) -> None:
        """Do one pass of scoring for whoever asked first."""
        if job := self._next(self._to_score):
            self._scorer.step(job)

    def _next(self, queue: deque[J]) -> J | None:
        """Return the first job of which something is still to start; drop those before it."""
        with self._changed:
            while queue and (queue[0].cancelled or not queue[0].waiting):
                queue.popleft()
            return queue[0] if queue else None

    def _fail(self, error: PolicyError) -> None:
        with self._changed:
            self._failure = self._failure or error
            jobs = tuple(self._jobs)
        for job in jobs:
            job.settle(self._failure)


def _check_not_empty(ids: tuple[int, ...]) -> None:
    if not ids:
        raise ConfigError("the prompt is empty: give the policy at least one token of text.")
