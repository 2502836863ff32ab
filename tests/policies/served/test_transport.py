"""What a request over HTTP comes to: an answer, or one of two errors, or nothing left behind."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest

from policies.served.transport import BrokenError, UnreachableError, transport

pytestmark = pytest.mark.anyio

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


@contextlib.asynccontextmanager
async def listening(talk: Talk) -> AsyncIterator[str]:
    """Serve on loopback; yields the URL."""
    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_a_cancelled_request_closes_its_connection_so_that_the_server_stops_writing() -> None:
    asked, gone = asyncio.Event(), asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n{}")
        asked.set()
        with contextlib.suppress(ConnectionError):
            await reader.read()
        gone.set()

    async with listening(talk) as url, transport(api_key=None, timeout_s=60, proxies=False) as http:
        request = asyncio.create_task(http.post(url, {}))
        await asked.wait()
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request
        await asyncio.wait_for(gone.wait(), 20)


async def test_nobody_at_an_address_and_a_connection_that_breaks_are_told_apart() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"{}")
        writer.close()

    async with transport(api_key=None, timeout_s=60, proxies=False) as http:
        async with listening(talk) as url:
            with pytest.raises(BrokenError):
                await http.post(url, {})
        with pytest.raises(UnreachableError, match="Connect"):
            await http.post(url, {})


async def test_an_answer_that_does_not_come_in_time_is_a_broken_one() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with listening(talk) as url, transport(api_key=None, timeout_s=60, proxies=False) as http:
        with pytest.raises(BrokenError, match="Timeout"):
            await http.post(url, {}, timeout_s=0.1)


async def test_a_connection_is_kept_and_a_redirect_is_an_answer_like_others() -> None:
    connections = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        with contextlib.suppress(asyncio.IncompleteReadError):
            while await reader.readuntil(b"{}"):
                writer.write(
                    b"HTTP/1.1 307 Elsewhere\r\nlocation: http://127.0.0.1:9/\r\n"
                    b"retry-after: 7\r\ncontent-length: 2\r\n\r\nok"
                )
        writer.close()

    async with listening(talk) as url, transport(api_key="k", timeout_s=60, proxies=False) as http:
        for _ in range(3):
            answer = await http.post(url, {})
            assert (answer.status, answer.content, answer.retry_after) == (307, b"ok", "7")
            assert not answer.is_success
    assert len(connections) == 1


async def test_thousands_of_requests_may_be_under_way_at_once() -> None:
    count, waiting, gate = 1_500, 0, asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal waiting
        await reader.readuntil(b"{}")
        waiting += 1
        if waiting == count:
            gate.set()
        await gate.wait()
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        writer.close()

    async with (
        listening(talk) as url,
        transport(api_key=None, timeout_s=60, proxies=False) as http,
        asyncio.TaskGroup() as group,
    ):
        answers = [group.create_task(http.post(url, {})) for _ in range(count)]
    assert all(answer.result().content == b"ok" for answer in answers)
