"""Requests on their way from the event loop through the worker thread and back."""

import asyncio
import contextlib
from collections import deque
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from schemas import PolicyError

T = TypeVar("T")


@dataclass(slots=True, kw_only=True, eq=False)
class Job(Generic[T]):
    """One request of the running event loop, which gets all its results at once."""

    ids: tuple[int, ...]
    """Those of prompt and prefix."""
    size: int
    """Results asked for."""
    waiting: deque[int] = field(init=False)
    """Indices of results for which nothing was done yet."""
    results: dict[int, T] = field(default_factory=dict)
    answer: "asyncio.Future[tuple[T, ...]]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    cancelled: bool = False
    """Nobody awaits the answer any more."""

    def __post_init__(self) -> None:
        self.waiting = deque(range(self.size))

    def finish(self, index: int, result: T) -> None:
        """Take one result from the worker thread; hand all over with the last."""
        self.results[index] = result
        if len(self.results) == self.size and not self.cancelled:
            self.settle(tuple(self.results[i] for i in range(self.size)))

    def settle(self, answer: tuple[T, ...] | PolicyError) -> None:
        """Answer from the worker thread, unless that was done."""

        def settle() -> None:
            if self.answer.done():
                return
            if isinstance(answer, PolicyError):
                self.answer.set_exception(answer)
            else:
                self.answer.set_result(answer)

        with contextlib.suppress(RuntimeError):  # the loop was closed: nobody waits
            self.answer.get_loop().call_soon_threadsafe(settle)
