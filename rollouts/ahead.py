"""Samples taken before anybody asks for them: what an idle policy does is free.

A search that stops at the first success asks for one sample at a time. At a run's end that leaves
the policy nearly empty, and the run waits for eight answers one behind the other. So whoever asks
says which samples may be next, and they are taken while the policy has nothing else to do. What
is asked for, and with it every row, stays the same: sample i is the same rollout whenever it is
taken, and one that nobody asked for is no evidence.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Iterable

from schemas import StepmintError


class Ahead:
    """The samples of one prefix that may be asked for next."""

    def __init__(
        self,
        indices: Iterable[int],
        *,
        room: Callable[[], int],
        take: Callable[[int], Awaitable[object]],
    ) -> None:
        self._left = deque(indices)
        self._room = room
        self._take = take
        self._tasks: list[asyncio.Task[None]] = []

    def top_up(self, asked: int) -> None:
        """Take as many as the policy has room for; those before `asked` have been asked for."""
        while self._left and self._left[0] < asked:
            self._left.popleft()
        for _ in range(min(len(self._left), self._room())):
            self._tasks.append(asyncio.create_task(self._one(self._left.popleft())))

    async def stop(self) -> None:
        """Stop what is under way; it was not needed."""
        if not self._tasks:
            return
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _one(self, index: int) -> None:
        await asyncio.sleep(0)  # what is needed goes first
        if self._room() > 0:
            # Whoever comes to need it asks again, and hears of what is wrong.
            with contextlib.suppress(StepmintError, ExceptionGroup):
                await self._take(index)
