"""How many problems are open at once: the next shard begins when others' tails leave room."""

import asyncio
import contextlib
from collections.abc import Callable

_LOOK_S = 0.1
"""Seconds between two looks at the policy."""
_MOST = 16
"""Times the room that are open at most, in a policy that is never full."""


class Window:
    """Room for a number of open problems, counted over all shards that are worked on.

    A shard's last problems take as long as its slowest. Were the next shard opened only when one
    is committed, all shards that began together would thin out together and the policy would run
    half empty; so it is opened as soon as as many problems have ended as it has, wherever, or as
    soon as the policy has room for more sequences than open problems ask for.
    """

    def __init__(self, problems: int) -> None:
        self._room = problems
        self._idle: Callable[[], int] = lambda: 0
        self._all_open = False
        self._open: dict[int, int] = {}
        self._left = asyncio.Event()

    @property
    def open(self) -> int:
        """Problems entered and not yet ended."""
        return sum(self._open.values())

    async def enter(self, shard: int, problems: int) -> None:
        """Wait until a shard's problems find room; one larger than all the room enters alone."""
        await self.room(problems)
        self._open[shard] = problems

    async def room(self, problems: int) -> None:
        """Wait until so many problems would find room."""
        while self.open and self.open + problems > self._room and not self._starves():
            self._left.clear()
            # Not wait_for: Python 3.11's forgets that it was cancelled when both come at once.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_S):
                    await self._left.wait()

    def feeds(self, idle: Callable[[], int]) -> None:
        """Name who says how many sequences the policy could begin at once."""
        self._idle = idle

    def close(self) -> None:
        """Say that no shard is left to enter."""
        self._all_open = True

    def spare(self) -> int:
        """Return how many sequences the policy could begin that no problem could ask it for."""
        return self._idle() if self._all_open else 0

    def _starves(self) -> bool:
        """Tell whether the policy waits for work, and open problems are not too many by far."""
        return self._idle() > 0 and self.open < _MOST * self._room

    def ended(self, shard: int) -> None:
        """Make room for one problem; a shard that is tried again makes none twice."""
        self._open[shard] = max(0, self._open.get(shard, 0) - 1)
        self._left.set()

    def leave(self, shard: int) -> None:
        """Give back all the room of a shard."""
        self._open.pop(shard, None)
        self._left.set()
