"""What an idle policy takes in advance saves time, and is no evidence unless it is asked for."""

import asyncio

import pytest

from rollouts import Journal, ShardRollouts
from schemas import ROOT, Completion, CompletionRequest, PolicyError, Rollout

from .worlds import PROBLEM, CharacterPolicy, shard

pytestmark = pytest.mark.anyio


class GatedPolicy(CharacterPolicy):
    """Answers the first so many requests; the others wait until they are cancelled, or fail."""

    def __init__(self, first: int, *, fails: bool = False) -> None:
        super().__init__()
        self.first, self.fails = first, fails
        self.stopped = 0

    async def complete(self, request: CompletionRequest) -> tuple[Completion, ...]:
        """Answer, or wait."""
        self.first -= 1
        if self.first < 0:
            if self.fails:
                raise PolicyError("gone")
            try:
                await asyncio.Event().wait()
            finally:
                self.stopped += 1
        return await super().complete(request)


async def three(rollouts: ShardRollouts) -> tuple[Rollout, ...]:
    """Ask for three of eight samples, one behind the other."""
    problem = rollouts.of(PROBLEM)
    async with problem.ahead(ROOT, start=0, count=8):
        for index in range(3):
            await problem.sample(ROOT, start=index, count=1)
            for _ in range(20):
                await asyncio.sleep(0)
    return problem.taken


async def test_what_is_asked_for_is_the_same_and_what_is_not_is_no_evidence(
    journal: Journal,
) -> None:
    idle, busy = CharacterPolicy(), CharacterPolicy()
    taken = await three(shard(journal, idle, spare=lambda: 99))
    assert idle.written == 8
    assert [one.sample_index for one in taken] == [0, 1, 2]
    again = shard(journal, busy)
    assert await three(again) == taken
    assert busy.written == 0, "what was taken in advance is in the journal"
    await again.of(PROBLEM).sample(ROOT, count=8)
    assert busy.written == 0


async def test_a_busy_policy_is_asked_for_nothing_in_advance(journal: Journal) -> None:
    policy = CharacterPolicy()
    await three(shard(journal, policy))
    assert policy.written == 3


async def test_no_more_is_taken_in_advance_than_there_is_room_for(journal: Journal) -> None:
    policy = CharacterPolicy()
    await three(shard(journal, policy, spare=lambda: 3 - policy.written))
    assert 3 <= policy.written <= 4


async def test_what_is_not_needed_any_more_is_stopped(journal: Journal) -> None:
    policy = GatedPolicy(first=1)
    problem = shard(journal, policy, spare=lambda: 99).of(PROBLEM)
    async with problem.ahead(ROOT, start=0, count=8):
        await problem.sample(ROOT, count=1)
        for _ in range(5):
            await asyncio.sleep(0)
    assert policy.stopped == 7
    assert len(problem.taken) == 1


async def test_who_needs_what_failed_in_advance_hears_of_it(journal: Journal) -> None:
    problem = shard(journal, GatedPolicy(first=1, fails=True), spare=lambda: 99).of(PROBLEM)
    async with problem.ahead(ROOT, start=0, count=8):
        await problem.sample(ROOT, count=1)
        for _ in range(20):
            await asyncio.sleep(0)
        with pytest.raises(PolicyError, match="gone"):
            await problem.sample(ROOT, start=1, count=1)
