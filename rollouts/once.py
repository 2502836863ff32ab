"""Things that cost are taken once, whoever asks and however often."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Once(Generic[K, V]):
    """What was taken is remembered, what is under way is waited for."""

    def __init__(self) -> None:
        self.taken: dict[K, V] = {}
        """Whoever takes a value puts it here, as soon as it is there."""
        self._under_way: dict[K, asyncio.Event] = {}

    async def get(
        self, wanted: Sequence[K], take: Callable[[Sequence[K]], Awaitable[None]]
    ) -> tuple[V, ...]:
        """Return the values of these keys, in their order; `take` those that nobody is taking.

        Where another's `take` fails or is cancelled, whoever waits for it takes over.
        """
        while missing := [key for key in dict.fromkeys(wanted) if key not in self.taken]:
            free = [key for key in missing if key not in self._under_way]
            if free:
                await self._take(free, take)
            else:
                await self._under_way[missing[0]].wait()
        return tuple(self.taken[key] for key in wanted)

    async def _take(
        self, keys: Sequence[K], take: Callable[[Sequence[K]], Awaitable[None]]
    ) -> None:
        """Take keys; whoever waits for them wakes in any case."""
        done = asyncio.Event()
        self._under_way.update(dict.fromkeys(keys, done))
        try:
            await take(keys)
        finally:
            for key in keys:
                del self._under_way[key]
            done.set()
