import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from schemas import LastingPolicyError, PolicyError
from tasks.sharing import Shared


class Server:
    """A resource that remembers how often it was started and stopped, and by which task."""

    def __init__(self) -> None:
        self.starts = 0
        self.stops = 0

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Server"]:
        self.starts += 1
        starter = asyncio.current_task()
        try:
            await asyncio.sleep(0)
            yield self
        finally:
            await asyncio.sleep(0)
            assert asyncio.current_task() is starter
            self.stops += 1

    @property
    def open_now(self) -> int:
        return self.starts - self.stops


def test_many_users_share_one_server_that_stops_behind_the_last() -> None:
    server = Server()

    async def use(shared: Shared[Server], turns: int) -> None:
        async with shared.used() as found:
            for _ in range(turns):
                await asyncio.sleep(0)
            assert found.open_now == 1

    async def main() -> None:
        shared = Shared(server.open)
        async with asyncio.TaskGroup() as group:
            for turns in (1, 5, 20):
                group.create_task(use(shared, turns))

    asyncio.run(main())
    assert (server.starts, server.stops) == (1, 1)


def test_a_held_server_stays_between_uses_and_is_not_started_by_the_hold() -> None:
    server = Server()

    async def main() -> None:
        shared = Shared(server.open)
        async with shared.held():
            assert server.starts == 0
            for _ in range(3):
                async with shared.used():
                    pass
                assert server.open_now == 1
        assert server.open_now == 0

    asyncio.run(main())
    assert server.starts == 1


def test_a_broken_server_is_stopped_and_started_anew_for_the_next_user() -> None:
    server = Server()

    async def main() -> None:
        shared = Shared(server.open)
        async with shared.held():
            with pytest.raises(PolicyError):
                async with shared.used():
                    raise PolicyError("out of memory")
            assert server.open_now == 0
            async with shared.used():
                assert server.open_now == 1

    asyncio.run(main())
    assert (server.starts, server.stops) == (2, 2)


def test_a_new_user_waits_until_the_broken_server_is_gone() -> None:
    server = Server()

    async def main() -> None:
        shared = Shared(server.open)
        leave = asyncio.Event()

        async def stay() -> None:
            async with shared.used():
                await leave.wait()

        async def fail() -> None:
            with pytest.raises(PolicyError):
                async with shared.used():
                    raise PolicyError("gone")

        async def come() -> None:
            async with shared.used():
                assert server.open_now == 1

        async with shared.held(), asyncio.TaskGroup() as group:
            group.create_task(stay())
            await asyncio.sleep(0)
            await group.create_task(fail())
            group.create_task(come())
            await asyncio.sleep(0)
            leave.set()

    asyncio.run(asyncio.wait_for(main(), 10))
    assert server.starts == 2


def test_a_failing_start_reaches_every_user_and_can_be_tried_again() -> None:
    tries: list[int] = []

    @asynccontextmanager
    async def opening() -> AsyncIterator[int]:
        tries.append(1)
        await asyncio.sleep(0)
        if len(tries) == 1:
            raise PolicyError("no such model")
        yield 7

    async def use(shared: Shared[int]) -> int:
        async with shared.used() as value:
            return value

    async def main() -> list[object]:
        shared = Shared(opening)
        failed = await asyncio.gather(use(shared), use(shared), return_exceptions=True)
        return [*map(type, failed), await use(shared)]

    assert asyncio.run(asyncio.wait_for(main(), 10)) == [LastingPolicyError, LastingPolicyError, 7]


@pytest.mark.parametrize("turns", [0, 1, 2, 5])
def test_cancelling_the_only_user_stops_the_server_whatever_it_was_doing(turns: int) -> None:
    server = Server()

    async def use(shared: Shared[Server]) -> None:
        async with shared.used():
            await asyncio.Event().wait()

    async def main() -> None:
        task = asyncio.create_task(use(Shared(server.open)))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(asyncio.wait_for(main(), 10))
    assert server.open_now == 0
