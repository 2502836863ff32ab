"""What servers refuse is told at once: at the start, in mid-run, and by one replica of several."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest

from policies.served.settings import Patience
from schemas import LastingPolicyError, PolicyError
from tests.policies.asking import Opened, ask
from tests.policies.served.fake_server import FakeServer

pytestmark = pytest.mark.anyio

PATIENT = Patience(backoff_s=600, longest_pause_s=600, outage_s=600)
"""A single pause of it would outlast the test."""


@pytest.mark.parametrize("refusing", [0, 1])
@pytest.mark.parametrize("status", [400, 401, 403])
async def test_a_replica_that_refuses_at_the_start_ends_the_run_at_once(
    opened: Opened, status: int, refusing: int
) -> None:
    async with AsyncExitStack() as stack, asyncio.timeout(10):
        servers = [await stack.enter_async_context(FakeServer().running()) for _ in range(2)]
        servers[refusing].refuses = status
        with pytest.raises(PolicyError, match=rf"answered {status}.*`api_key_env`"):
            async with opened(*servers, patience=PATIENT):
                pass


async def many(policy: Any) -> None:
    """Ask for many problems at once, some from every replica."""
    await asyncio.gather(*(policy.complete(ask(f"Tom {number}")) for number in range(30)))


@pytest.mark.parametrize("replicas", [1, 3])
@pytest.mark.parametrize("status", [400, 401, 403])
async def test_a_replica_that_refuses_in_mid_run_ends_it_at_once_and_for_good(
    opened: Opened, status: int, replicas: int
) -> None:
    async with AsyncExitStack() as stack, asyncio.timeout(10):
        servers = [await stack.enter_async_context(FakeServer().running()) for _ in range(replicas)]
        async with opened(*servers, patience=PATIENT) as policy:
            await policy.complete(ask())
            servers[-1].faults = [str(status)] * 99
            with pytest.raises(LastingPolicyError, match=rf"refused the request with {status}"):
                await many(policy)


async def test_a_replica_that_comes_back_without_our_key_ends_the_run_at_once(
    opened: Opened,
) -> None:
    patience = PATIENT.model_copy(update={"backoff_s": 0.01})
    async with FakeServer().running() as one, AsyncExitStack() as stack, asyncio.timeout(30):
        other = FakeServer()
        async with other.running():
            port = int(other.url.rsplit(":", 1)[1])
            policy = await stack.enter_async_context(opened(one, other, patience=patience))
        await policy.complete(ask(seeds=(1, 3, 5)))
        assert len(one.requests) == 3, "the other is set aside"
        other.refuses, other.faults = 401, ["401"] * 99
        await stack.enter_async_context(other.running(port))

        async def go_on() -> None:
            while True:
                await many(policy)

        with pytest.raises(LastingPolicyError, match="refused the request with 401"):
            await go_on()
