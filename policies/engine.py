"""The embedded policy: requests queue in order, one worker thread decodes them all.

The event loop is never blocked: it hands requests over and gets completions back. Waiting
sequences take over slots between two decoding steps, whatever problem they belong to.
"""

import asyncio
import contextlib
import threading
from collections import deque
from typing import TYPE_CHECKING

from policies.batch import Batch, Job
from policies.loading import LoadedModel, load_model
from policies.tokens import truncated_at_once
from schemas import Completion, CompletionRequest, ConfigError, PolicyError

if TYPE_CHECKING:
    from policies.embedded import TransformersSettings

_Answer = asyncio.Future[tuple[Completion, ...]]


class Engine:
    """A loaded model that answers requests; the running form of `TransformersSettings`."""

    def __init__(self, model: LoadedModel) -> None:
        self.identity = model.identity
        self._model = model
        self._batch = Batch(model)
        self._queue: deque[Job] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._failure: PolicyError | None = None
        self._answers: set[_Answer] = set()
        self._thread = threading.Thread(target=self._work, name="stepmint-policy", daemon=True)

    @classmethod
    def load(cls, settings: "TransformersSettings") -> "Engine":
        """Load the model and start the worker."""
        engine = cls(load_model(settings))
        engine._thread.start()
        return engine

    @property
    def in_flight(self) -> int:
        """Sequences being generated now."""
        return len(self._batch)

    async def complete(self, request: CompletionRequest) -> tuple[Completion, ...]:
        """Return one completion per seed; PolicyError when the model has failed or was closed."""
        ids = self._model.tokenizer.encode(request.prompt, request.prefix)
        self._check(request, ids)
        if len(ids) >= self._model.context or not request.seeds:
            return tuple(truncated_at_once(seed, len(ids)) for seed in request.seeds)
        loop = asyncio.get_running_loop()
        answer: _Answer = loop.create_future()
        job = Job(
            ids=ids,
            sampling=request.sampling,
            seeds=request.seeds,
            on_done=lambda done: _from_thread(loop, answer, done),
            waiting=deque(range(len(request.seeds))),
        )
        self._submit(job, answer)
        try:
            return await answer
        finally:
            self._answers.discard(answer)
            job.cancelled = True

    def close(self) -> None:
        """Stop after the current step; requests still waiting get a PolicyError."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _check(self, request: CompletionRequest, ids: tuple[int, ...]) -> None:
        if not ids:
            raise ConfigError("the prompt is empty: give the policy at least one token of text.")
        if request.sampling.max_tokens > self._model.context:
            raise ConfigError(
                f"max_tokens={request.sampling.max_tokens} does not fit in the context of "
                f"{self._model.context} tokens: lower it, or raise the policy's `context` if the "
                "model allows more."
            )

    def _submit(self, job: Job, answer: _Answer) -> None:
        with self._changed:
            if self._failure:
                raise self._failure
            if self._closed:
                raise PolicyError("the policy was closed: open it again.")
            self._answers.add(answer)
            self._queue.append(job)
            self._changed.notify()

    def _work(self) -> None:
        try:
            while self._wait_for_work():
                self._batch.drop_cancelled()
                self._admit()
                if len(self._batch):
                    self._batch.step()
        except Exception as error:  # noqa: BLE001 - whatever breaks the model, all who wait must know
            self._fail(PolicyError(f"the model stopped working: {type(error).__name__}: {error}"))
        self._fail(PolicyError("the policy was closed while a request was waiting."))

    def _wait_for_work(self) -> bool:
        """Wait until something is to be decoded; return False when the policy closes."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._queue or len(self._batch))
            return not self._closed

    def _admit(self) -> None:
        while self._batch.has_room:
            with self._changed:
                while self._queue and (self._queue[0].cancelled or not self._queue[0].waiting):
                    self._queue.popleft()
                if not self._queue:
                    return
                job = self._queue[0]
            self._batch.admit(job)

    def _fail(self, error: PolicyError) -> None:
        with self._changed:
            self._failure = self._failure or error
            answers = tuple(self._answers)
        for answer in answers:
            _from_thread(answer.get_loop(), answer, self._failure)


def _from_thread(
    loop: asyncio.AbstractEventLoop,
    answer: _Answer,
    result: tuple[Completion, ...] | PolicyError,
) -> None:
    """Settle a future of the event loop from the worker thread."""

    def settle() -> None:
        if answer.done():
            return
        if isinstance(result, PolicyError):
            answer.set_exception(result)
        else:
            answer.set_result(result)

    with contextlib.suppress(RuntimeError):  # the loop was closed: nobody waits
        loop.call_soon_threadsafe(settle)
