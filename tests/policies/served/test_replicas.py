"""Equal servers: a problem keeps to the one that knows it, and each is tested at the start."""

import asyncio
import itertools
import logging

import pytest

from policies.served.fleet import Fleet
from policies.served.transport import transport
from schemas import ROOT
from tests.policies.asking import STEP, Opened, ask
from tests.policies.served.fake_server import QUICK, FakeServer

pytestmark = pytest.mark.anyio


async def test_a_problem_stays_with_the_server_that_holds_its_prefixes(opened: Opened) -> None:
    servers = [FakeServer(), FakeServer()]
    async with servers[0].running(), servers[1].running(), opened(*servers) as policy:
        for _ in range(3):
            async with asyncio.TaskGroup() as group:
                for name in ("Tom", "Ann", "Bob", "Eve"):
                    group.create_task(policy.complete(ask(name)))
    homes = [{tuple(body["prompt"]) for _, body in server.requests} for server in servers]
    assert not homes[0] & homes[1]
    assert [len(home) for home in homes] == [2, 2]


async def test_a_problem_leaves_a_server_that_is_far_behind_and_one_that_is_gone() -> None:
    urls = ("http://127.0.0.1:1", "http://127.0.0.1:2")
    async with transport(api_key=None, timeout_s=9, proxies=False) as requests:
        fleet = Fleet(requests, urls, QUICK)
        first, second = fleet.endpoints
        assert await fleet._pick("p") is first
        first.outstanding = 32
        assert await fleet._pick("p") is first
        first.outstanding = 33
        assert await fleet._pick("p") is second
        first.outstanding = 0
        assert await fleet._pick("p") is second, "it has moved"
        second.down_since = 1.0
        second.next_probe = float("inf")
        assert await fleet._pick("p") is first


async def test_a_router_is_told_what_belongs_together(opened: Opened) -> None:
    async with FakeServer().running() as server, opened(server) as policy:
        for name in ("Tom", "Ann", "Tom"):
            await policy.complete(ask(name, prefix=STEP if server.sessions else ROOT))
    assert all(one == other for one, other in server.sessions)
    first, second, third = (one for one, _ in server.sessions)
    assert first == third != second


class Deaf(FakeServer):
    """Counts its answers instead of heeding seeds."""

    counter = itertools.count()

    def seed(self, asked: int) -> int:
        return next(self.counter)


class Stubborn(FakeServer):
    """Has one seed."""

    def seed(self, asked: int) -> int:
        return 7


class Doubling(FakeServer):
    """Gives all choices of a request its seed."""

    def _complete(self, body: dict[str, object]) -> dict[str, object]:
        answer = super()._complete(body)
        for choice in answer["choices"]:
            choice["text"] = answer["choices"][-1]["text"]
        return answer


@pytest.mark.parametrize(
    ("server", "caveat"),
    [
        (FakeServer(), ""),
        (FakeServer(vllm=False), ""),
        (Deaf(), "ignores seeds"),
        (Stubborn(), "one text for all seeds"),
        (Doubling(), "one text for all choices"),
    ],
)
async def test_a_server_that_does_not_heed_seeds_is_named(
    opened: Opened, server: FakeServer, caveat: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "policies"):
        async with server.running(), opened(server) as policy:
            assert policy.caveat == caveat
            assert not server.requests
    assert caveat in caplog.text
    assert bool(caplog.records) == bool(caveat)
