"""The limit on sequences in flight follows what the servers say they can take."""

import asyncio

import pytest

from policies.served.admission import LEAST, MOST, START, Load, adapting, fitting
from policies.served.fleet import Fleet
from policies.served.limits import FairLimit
from policies.served.transport import transport
from tests.policies.asking import until
from tests.policies.served.fake_server import QUICK, FakeServer

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("capacity", [80, 256, 1024, 5000])
@pytest.mark.parametrize("start", [LEAST, START, MOST])
def test_a_server_is_kept_full_with_a_short_queue_before_it(capacity: int, start: int) -> None:
    limit, seen = start, []
    for _ in range(30):
        load = Load(min(capacity, limit), max(0, limit - capacity))
        limit = fitting(limit, limit, load)
        seen.append(limit)
    assert capacity < limit <= 1.6 * capacity
    assert len(set(seen[-10:])) == 1, "and then it stays"


def test_a_run_without_more_work_asks_for_no_more_room() -> None:
    assert fitting(START, 10, Load(10, 0)) == START


def test_metrics_of_all_engines_add_up_and_strange_ones_are_passed_over() -> None:
    metrics = FakeServer().metrics().encode()
    two = metrics.replace(b"running{engine", b"running{x").replace(b" 0.0", b" 3.0")
    assert Load.read(metrics + two) == Load(3, 3)
    assert Load.read(b"vllm:num_requests_running NaN") is None
    assert Load.read(b"<html>") is None


async def test_a_queue_that_grows_makes_the_limit_fall_and_so_does_status_429() -> None:
    async with (
        FakeServer().running() as server,
        transport(api_key=None, timeout_s=9, proxies=False) as requests,
    ):
        fleet, limit = Fleet(requests, (server.url,), QUICK), FairLimit(START)
        server.open_requests = 200
        async with adapting(fleet, limit, look_s=0.01), limit.hold(200):
            await until(lambda: limit.size == LEAST)
            server.open_requests = 0
            await until(lambda: limit.size > LEAST)
            server.vllm = False
            before = limit.size = START
            fleet.pushed_back += 1
            await until(lambda: limit.size < before)
            await until(lambda: limit.size == START)


async def test_a_limit_that_grows_lets_in_those_who_wait() -> None:
    limit = FairLimit(1)
    async with limit.hold(1):
        waiting = asyncio.create_task(limit.hold(1).__aenter__())
        await asyncio.sleep(0)
        limit.resize(2)
        await waiting
        assert limit.in_flight == 2
