"""Shards of work beside labelling: as many at once as the policy is busy with, until a budget ends.

What critiques and recipes share. Each piece of work may wait for ever in the purse once a limit is
reached; what is not done when the purse says that it is over is cancelled and left open.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from typing import Any

from rollouts import Purse
from tasks.window import Window


async def through_shards(
    shards: Iterable[tuple[int, int]],
    work: Callable[[int], Coroutine[Any, Any, None]],
    *,
    window: Window,
    purse: Purse,
) -> None:
    """Do the work of shards, each given as number and size, while they find room in the window.

    Work tells the window what ended; its shard leaves it here. Ends early when the budget is over.
    """

    async def one(shard: int) -> None:
        try:
            await work(shard)
        finally:
            window.leave(shard)

    async with asyncio.TaskGroup() as group:
        for shard, size in shards:
            await window.enter(shard, size)
            if purse.over.is_set():
                window.leave(shard)
                break
            group.create_task(one(shard))


async def all_or_over(work: Iterable[Coroutine[Any, Any, None]], purse: Purse) -> int:
    """Do some work at once; return how many pieces of it the budget left open."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one) for one in work]
        end = group.create_task(_stop(tasks, purse.over.wait))
        if tasks:
            await asyncio.wait(tasks)
        end.cancel()
    return sum(task.cancelled() for task in tasks)


async def _stop(tasks: Sequence[asyncio.Task[None]], over: Callable[[], Awaitable[object]]) -> None:
    """Cancel what is not done when the budget is over."""
    await over()
    for task in tasks:
        task.cancel()
