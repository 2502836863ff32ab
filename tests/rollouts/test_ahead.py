"""What an idle policy takes in advance saves time, and is no evidence unless it is asked for."""

import asyncio
from functools import partial

import pytest

from rollouts import Budget, Journal, OverBudgetError, Purse, ShardRollouts, Spent
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


def problem_budget(**limits: int) -> Purse:
    """Return the purse of a run with a budget per problem."""
    return Purse(Budget.model_validate({"problem": limits}))


async def test_what_is_taken_in_advance_puts_no_problem_over_its_budget(journal: Journal) -> None:
    tokens = sum(
        one.completion.completion_tokens for one in await three(shard(journal, CharacterPolicy()))
    )
    for purse in (problem_budget(rollouts=3), problem_budget(rollouts=9, tokens=tokens)):
        rollouts = shard(journal, CharacterPolicy(), spare=lambda: 99, purse=purse)
        assert len(await three(rollouts)) == 3
        assert not rollouts.of(PROBLEM).over_budget
        await rollouts.of(PROBLEM).sample(ROOT, count=3)


async def test_what_was_taken_in_advance_counts_when_it_is_asked_for(journal: Journal) -> None:
    rollouts = shard(journal, CharacterPolicy(), spare=lambda: 99, purse=problem_budget(rollouts=5))
    taken = await three(rollouts)
    mine = rollouts.of(PROBLEM)
    with pytest.raises(OverBudgetError):
        await mine.sample(ROOT, count=6)
    assert mine.taken == taken
    await mine.sample(ROOT, count=5)
    assert not mine.over_budget
    tokens = sum(one.completion.completion_tokens for one in mine.taken)
    short = shard(
        journal, CharacterPolicy(), spare=lambda: 99, purse=problem_budget(tokens=tokens - 1)
    )
    await three(short)
    await short.of(PROBLEM).sample(ROOT, count=5)
    assert short.of(PROBLEM).over_budget


async def test_nothing_is_taken_in_advance_that_a_problem_may_never_ask_for(
    journal: Journal,
) -> None:
    policy = CharacterPolicy()
    await three(shard(journal, policy, spare=lambda: 1, purse=problem_budget(rollouts=4)))
    assert policy.written == 4


async def test_a_run_pays_for_what_it_takes_in_advance_and_a_later_one_knows(
    journal: Journal,
) -> None:
    purse = Purse()
    rollouts = shard(journal, CharacterPolicy(), spare=lambda: 99, purse=purse)
    await three(rollouts)
    assert purse.spent.rollouts == 8
    assert purse.spent == rollouts.paid
    again = shard(journal, CharacterPolicy())
    await three(again)
    assert again.paid == rollouts.paid, "what nobody asked for again was paid for"


async def test_near_its_budgets_end_a_run_takes_nothing_in_advance(journal: Journal) -> None:
    for budget, known, written in (
        ({"rollouts": 100}, False, 3),
        ({"rollouts": 100}, True, 8),
        ({"rollouts": 60}, True, 3),
        ({"tokens": 10_000}, True, 8),
        ({"tokens": 1_000}, True, 3),
    ):
        purse = Purse(Budget.model_validate(budget), spent=Spent())
        if known:  # what a problem costs
            cost = partial(Spent, rollouts=30, tokens=500)
            with purse.opened(cost):
                purse.pay(cost())
        policy = CharacterPolicy()
        run_seed = len(journal)  # nothing of it was sampled before
        rollouts = shard(journal, policy, spare=lambda: 99, purse=purse, run_seed=run_seed)
        with purse.opened(Spent):
            await three(rollouts)
        assert policy.written == written, (budget, known)
        assert not purse.reached
