"""How many problems are open at once: the next shard begins when others' tails leave room."""

import asyncio


class Window:
    """Room for a number of open problems, counted over all shards that are worked on.

    A shard's last problems take as long as its slowest. Were the next shard opened only when one
    is committed, all shards that began together would thin out together and the policy would run
    half empty; so it is opened as soon as as many problems have ended as it has, wherever.
    """

    def __init__(self, problems: int) -> None:
        self._room = problems
        self._open: dict[int, int] = {}
        self._left = asyncio.Event()

    @property
    def open(self) -> int:
        """Problems entered and not yet ended."""
        return sum(self._open.values())

    async def enter(self, shard: int, problems: int) -> None:
        """Wait until a shard's problems find room; one larger than all the room enters alone."""
        while self.open and self.open + problems > self._room:
            self._left.clear()
            await self._left.wait()
        self._open[shard] = problems

    def ended(self, shard: int) -> None:
        """Make room for one problem; a shard that is tried again makes none twice."""
        self._open[shard] = max(0, self._open.get(shard, 0) - 1)
        self._left.set()

    def leave(self, shard: int) -> None:
        """Give back all the room of a shard."""
        self._open.pop(shard, None)
        self._left.set()
