"""Servers that answer and write nothing, and servers that are merely slow."""

import asyncio
import logging

import pytest

from policies.served.fleet import Endpoint
from tests.policies.asking import Opened, ask, until
from tests.policies.served.fake_server import QUICK, FakeServer

pytestmark = pytest.mark.anyio

QUICKLY = QUICK.model_copy(update={"stall_s": 0.08, "request_timeout_s": 600, "outage_s": 60})


class Slow(FakeServer):
    """Writes a token between any two looks."""

    looks = 0

    def metrics(self) -> str:
        self.looks += 1
        self.written += 1
        return super().metrics()


def asides(policy: object) -> list[Endpoint]:
    return [one for one in policy.fleet.endpoints if one.stalls]  # type: ignore[attr-defined]


async def test_what_a_server_that_writes_nothing_was_asked_for_goes_to_another(
    opened: Opened,
) -> None:
    async with (
        FakeServer().running() as one,
        FakeServer().running() as two,
        opened(one, two, patience=QUICKLY) as policy,
    ):
        one.gate.clear()  # all it says of itself it still says
        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(policy.complete(ask(name))) for name in ("Tom", "Ann")]
        assert [task.result()[0].text for task in asked] == ["3:1é.", "3:1é."]
        (aside,) = asides(policy)
        assert aside.url == one.url
        await policy.complete(ask("Bob"))
        one.gate.set()
        await until(lambda: not asides(policy))
        before = len(one.requests)
        for name in ("Eve", "Sue", "Kim"):
            async with asyncio.TaskGroup() as group:
                for other in range(4):
                    group.create_task(policy.complete(ask(f"{name} {other}")))
        assert len(one.requests) > before


async def test_a_server_that_is_slow_but_writes_is_waited_for(opened: Opened) -> None:
    server = Slow()
    async with server.running(), opened(server, patience=QUICKLY) as policy:
        server.gate.clear()
        asked = asyncio.create_task(policy.complete(ask("Tom")))
        await until(lambda: server.looks > 40)
        assert not asides(policy)
        assert len(server.requests) == 1
        server.gate.set()
        assert (await asked)[0].text == "3:1é."


async def test_a_server_that_still_writes_what_it_is_asked_for_has_not_stalled(
    opened: Opened,
) -> None:
    async with FakeServer().running() as server, opened(server, patience=QUICKLY) as policy:
        server.faults = ["hang"]
        asked = asyncio.create_task(policy.complete(ask("Tom", seeds=(1, 2))))
        await until(lambda: len(server.requests) > 3)
        assert {body["max_tokens"] for _, body in server.requests[1:]} == {1}
        assert not any("n" in body for _, body in server.requests[1:])
        assert not asides(policy)
        asked.cancel()


async def test_a_server_that_does_not_count_tokens_is_given_several_times_what_it_took(
    opened: Opened,
) -> None:
    async with (
        FakeServer(vllm=False).running() as server,
        opened(server, patience=QUICKLY) as policy,
    ):
        server.gate.clear()
        first = asyncio.create_task(policy.complete(ask("Tom")))
        await until(lambda: server.open_requests)
        (endpoint,) = policy.fleet.endpoints
        assert endpoint.longest_s == float("inf"), "before its first one it is waited for"
        server.gate.set()
        await first
        server.gate.clear()
        second = asyncio.create_task(policy.complete(ask("Tom")))
        await until(lambda: asides(policy))
        server.gate.set()
        assert await second == await first


async def test_servers_that_all_write_nothing_for_too_long_end_the_run_with_the_reason(
    opened: Opened, caplog: pytest.LogCaptureFixture
) -> None:
    patience = QUICKLY.model_copy(update={"outage_s": 0.1})
    with caplog.at_level(logging.WARNING, "policies"):
        async with FakeServer().running() as server, opened(server, patience=patience) as policy:
            server.gate.clear()
            with pytest.raises(Exception, match="it answers but writes no token"):
                await policy.complete(ask("Tom"))
    assert "it answers but writes no token" in caplog.text
