"""One limit on sequences in flight, served in the order of asking."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class FairLimit:
    """At most `size` sequences at once; a large group is never overtaken by later small ones."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()
        self.in_flight = 0

    @property
    def idle(self) -> int:
        """Room that nobody holds or waits for."""
        return 0 if self._waiting else max(0, self.size - self.in_flight)

    def resize(self, size: int) -> None:
        """Let another number in; those who are in stay."""
        self.size = size
        self._admit()

    @asynccontextmanager
    async def hold(self, count: int) -> AsyncIterator[None]:
        """Wait for room for `count` sequences (at most `size`) and keep it."""
        await self._acquire(count)
        try:
            yield
        finally:
            self._release(count)

    async def _acquire(self, count: int) -> None:
        if not self._waiting and self.in_flight + count <= self.size:
            self.in_flight += count
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((count, turn))
        self._admit()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._release(count)
            raise

    def _release(self, count: int) -> None:
        self.in_flight -= count
        self._admit()

    def _admit(self) -> None:
        while self._waiting:
            count, turn = self._waiting[0]
            if turn.cancelled():
                self._waiting.popleft()
                continue
            if self.in_flight + count > self.size:
                return
            self._waiting.popleft()
            self.in_flight += count
            turn.set_result(None)
