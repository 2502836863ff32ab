import asyncio

import pytest

from tasks.window import Window

pytestmark = pytest.mark.anyio


async def entered(window: Window, shard: int, problems: int) -> asyncio.Task[None]:
    task = asyncio.create_task(window.enter(shard, problems))
    await asyncio.sleep(0)
    return task


async def test_a_shard_enters_once_as_many_problems_have_ended_anywhere() -> None:
    window = Window(4)
    await window.enter(0, 2)
    await window.enter(1, 2)
    third = await entered(window, 2, 2)
    window.ended(0)
    await asyncio.sleep(0)
    assert not third.done()
    window.ended(1)
    await third
    assert window.open == 4


async def test_a_shard_larger_than_all_the_room_enters_alone() -> None:
    window = Window(4)
    await window.enter(0, 9)
    second = await entered(window, 1, 1)
    assert not second.done()
    window.leave(0)
    await second


async def test_the_next_shard_enters_an_idle_policy_whatever_is_open() -> None:
    window, idle = Window(4), 5
    await window.enter(0, 4)
    second = await entered(window, 1, 4)
    assert not second.done()
    window.feeds(lambda: idle)
    await second
    idle = 0
    third = await entered(window, 2, 4)
    await asyncio.sleep(0.15)
    assert not third.done()
    third.cancel()


async def test_a_policy_that_is_never_full_does_not_open_all_problems() -> None:
    window = Window(4)
    window.feeds(lambda: 1)
    for shard in range(16):
        await window.enter(shard, 4)
    more = await entered(window, 16, 4)
    await asyncio.sleep(0.15)
    assert not more.done()
    more.cancel()


async def test_a_shard_that_is_tried_again_makes_no_room_twice() -> None:
    window = Window(4)
    await window.enter(0, 2)
    for _ in range(5):
        window.ended(0)
    await window.enter(1, 4)
    third = await entered(window, 2, 1)
    assert not third.done()
    third.cancel()
