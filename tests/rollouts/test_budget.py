import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from pydantic import ValidationError

from rollouts import Budget, Costs, Journal, OverBudgetError, Purse, Spent
from schemas import ROOT, Completion, CompletionRequest, Continuation, PolicyError

from .worlds import PROBLEM, CharacterPolicy, shard


@pytest.mark.parametrize("amount", ["1e9", 1e9, 1_000_000_000, "1000000000"])
def test_an_amount_may_be_written_as_yaml_reads_1e9(amount: object) -> None:
    assert Budget.model_validate({"tokens": amount}).tokens == 1_000_000_000


@pytest.mark.parametrize("amount", ["many", 1.5, "1.5", 0, -1])
def test_an_amount_that_is_none_is_refused(amount: object) -> None:
    with pytest.raises(ValidationError):
        Budget.model_validate({"rollouts": amount})


def test_only_a_problems_budget_shapes_rows() -> None:
    one = Budget.model_validate({"tokens": 5, "hours": 1, "problem": {"rollouts": 9}})
    assert one.shaping() == {"problem": {"tokens": None, "rollouts": 9}}


async def is_let_through(request: Coroutine[Any, Any, Any]) -> bool:
    """Tell whether a request passes the purse within some turns of the loop."""
    task = asyncio.ensure_future(request)
    for _ in range(50):
        await asyncio.sleep(0)
    passed = task.done()
    task.cancel()
    return passed


async def until_over(purse: Purse, *work: Coroutine[Any, Any, Any]) -> list[bool]:
    """Let work go on until the budget is over; return what of it was done then."""
    tasks = [asyncio.ensure_future(one) for one in work]
    watch = asyncio.create_task(purse.watch())
    await purse.over.wait()
    finished = [task.done() for task in tasks]
    for task in (*tasks, watch):
        task.cancel()
    return finished


def test_no_rollout_more_than_the_budget_is_asked_for_also_while_others_are_in_flight() -> None:
    async def main() -> None:
        purse = Purse(Budget(rollouts=10), spent=Spent(rollouts=4))
        await purse.admits(4)
        with purse.asking(4):
            assert not await is_let_through(purse.admits(3))
        assert purse.reached == "rollouts"

    asyncio.run(main())


def test_tokens_are_held_back_for_what_is_in_flight_as_many_as_rollouts_came_to() -> None:
    async def main() -> None:
        purse = Purse(Budget(tokens=1000), max_tokens=200)
        await purse.admits(4)
        waits = asyncio.ensure_future(purse.admits(2))
        await asyncio.sleep(0)
        assert not waits.done()  # 4 and 2 rollouts of up to 200 tokens would not fit
        with purse.asking(4):
            pass
        purse.pay(Spent(rollouts=4, tokens=80))
        await waits
        assert await is_let_through(purse.admits(40))  # 80 and 42 rollouts of 20 tokens fit
        assert not await is_let_through(purse.admits(10))
        assert not purse.reached

    asyncio.run(main())


def test_where_tokens_are_short_the_problem_opened_first_goes_first() -> None:
    async def main() -> list[int]:
        purse = Purse(Budget(tokens=100), max_tokens=100)
        order: list[int] = []

        async def ask(ticket: int) -> None:
            await purse.admits(1, ticket=ticket)
            with purse.asking(1):
                order.append(ticket)
                await asyncio.sleep(0)

        async with asyncio.TaskGroup() as group:
            for ticket in (2, 3, 1, 2, 1):
                group.create_task(ask(ticket))
        return order

    assert asyncio.run(main()) == [2, 1, 1, 2, 3]


def test_who_is_cancelled_while_it_waits_or_when_it_is_let_in_holds_nothing_back() -> None:
    async def main() -> None:
        purse = Purse(Budget(tokens=100), max_tokens=100)
        await purse.admits(1)
        waiting, let_in, third = (asyncio.ensure_future(purse.admits(1)) for _ in range(3))
        await asyncio.sleep(0)
        waiting.cancel()
        with purse.asking(1):
            pass
        let_in.cancel()
        await third

    asyncio.run(main())


def test_a_request_that_fits_exactly_is_let_through() -> None:
    async def main() -> None:
        purse = Purse(Budget(rollouts=10), spent=Spent(rollouts=4))
        assert await is_let_through(purse.admits(6))
        assert not purse.reached

    asyncio.run(main())


def test_what_comes_back_counts_and_the_last_token_ends_the_budget() -> None:
    async def main() -> None:
        purse = Purse(Budget(tokens=100))
        purse.pay(Spent(rollouts=3, tokens=99))
        assert await is_let_through(purse.admits(8))
        purse.pay(Spent(tokens=30))
        assert not await is_let_through(purse.admits(0))
        assert purse.told == "129 of 100 tokens"

    asyncio.run(main())


def test_what_is_in_flight_comes_back_and_is_kept_before_the_budget_is_over(
    journal: Journal,
) -> None:
    async def main() -> None:
        policy = CharacterPolicy()
        purse = Purse(Budget(rollouts=8))
        rollouts = shard(journal, policy, purse=purse)
        mine = rollouts.of(PROBLEM)
        first, second = mine.sample(ROOT, count=5), mine.sample(ROOT, start=5, count=5)
        assert await until_over(purse, first, second) == [True, False]
        assert (policy.written, len(journal)) == (5, 5)
        assert purse.spent.rollouts == 5

    asyncio.run(main())


def test_a_journal_is_replayed_though_nothing_is_left(journal: Journal) -> None:
    async def main() -> None:
        await shard(journal, CharacterPolicy()).of(PROBLEM).sample(ROOT, count=4)
        purse = Purse(Budget(rollouts=4), spent=Spent(rollouts=4))
        assert purse.reached == "rollouts"
        again = shard(journal, CharacterPolicy(), purse=purse).of(PROBLEM)
        finished = await until_over(
            purse, again.sample(ROOT, count=4), again.sample(ROOT, start=4, count=1)
        )
        assert finished == [True, False]

    asyncio.run(main())


def test_the_hours_of_a_session_end_at_once_whatever_is_in_flight(journal: Journal) -> None:
    class Slow(CharacterPolicy):
        async def complete(self, request: CompletionRequest) -> tuple[Completion, ...]:
            await asyncio.Event().wait()
            return ()

    async def main() -> None:
        now = [0.0]
        purse = Purse(Budget(hours=1), seconds_used=3600, clock=lambda: now[0])
        asking = shard(journal, Slow(), purse=purse).of(PROBLEM).sample(ROOT, count=1)
        assert await until_over(purse, asking) == [False]
        assert purse.told == "1 h of this session"

    asyncio.run(main())


def test_a_problem_that_asks_for_more_than_it_may_is_told_so_before_it_is_paid(
    journal: Journal,
) -> None:
    policy = CharacterPolicy()
    purse = Purse(Budget.model_validate({"problem": {"rollouts": 6}}))
    mine = shard(journal, policy, purse=purse).of(PROBLEM)

    async def ask() -> None:
        await mine.sample(ROOT, count=4)
        await mine.sample(ROOT, count=6)
        await mine.sample(ROOT, start=3, count=4)

    with pytest.raises(OverBudgetError, match="it needs more than 6 rollouts"):
        asyncio.run(ask())
    assert policy.written == 6
    assert not mine.over_budget


def test_a_problem_is_over_its_tokens_also_where_they_came_from_the_journal(
    journal: Journal,
) -> None:
    written = asyncio.run(shard(journal, CharacterPolicy()).of(PROBLEM).sample(ROOT, count=4))
    tokens = sum(one.completion.completion_tokens for one in written)
    for limit in (tokens, tokens - 1):
        purse = Purse(Budget.model_validate({"problem": {"tokens": limit}}))
        mine = shard(journal, CharacterPolicy(), purse=purse).of(PROBLEM)
        asyncio.run(mine.sample(ROOT, count=4))
        assert mine.over_budget is (limit < tokens)


def test_an_ask_that_failed_does_not_count_against_the_problem(journal: Journal) -> None:
    purse = Purse(Budget.model_validate({"problem": {"rollouts": 4}}))
    broken = shard(journal, CharacterPolicy(fail_after=0), purse=purse).of(PROBLEM)

    async def ask() -> None:
        for _ in range(3):
            with pytest.raises(PolicyError):
                await broken.sample(ROOT, count=4)

    asyncio.run(ask())
    assert not broken.over_budget


def test_scores_are_not_asked_for_when_nothing_is_left(journal: Journal) -> None:
    async def main() -> None:
        policy = CharacterPolicy()
        purse = Purse(Budget(tokens=5), spent=Spent(tokens=5))
        scores = (
            shard(journal, policy, purse=purse).of(PROBLEM).score(ROOT, [Continuation(text="1")])
        )
        assert not await is_let_through(scores)
        assert policy.scored == 0

    asyncio.run(main())


def test_problems_open_only_where_they_are_likely_to_end_within_the_budget() -> None:
    async def main() -> None:
        purse = Purse(Budget(rollouts=100))

        def cost() -> Spent:
            return Spent(rollouts=30)

        with purse.opened(cost):
            assert await is_let_through(purse.room())  # nothing is known yet
            purse.pay(cost())
        with purse.opened(cost):
            assert await is_let_through(purse.room())  # 30 spent, 30 open, 30 more: fits
            with purse.opened(cost):
                assert not await is_let_through(purse.room())
        assert await is_let_through(purse.room())  # where none is open, one may always begin

    asyncio.run(main())


def test_what_a_session_pays_leaves_out_what_was_there() -> None:
    costs = Costs(
        sampled=2, replayed=3, reused=4, completion_tokens=90, replayed_tokens=30, reused_tokens=40,
        scored=4, replayed_scores=2, scored_tokens=10,
    )  # fmt: skip
    assert Spent.of(costs) == Spent(rollouts=5, tokens=60)
    assert Spent.now(costs) == Spent(rollouts=2, tokens=25)
    assert costs.rollouts == 9
