import asyncio
import gc
import weakref
from dataclasses import replace

import pytest

from rollouts import Costs, Journal, ShardRollouts
from schemas import ROOT, Outcome, PolicyError, Prefix, Problem, Rollout, Sampling

from .worlds import PROBLEM, CharacterPolicy, LastNumberVerifier, completion, shard

OTHER = Problem(id="p-2", source="s", question="What?", answer="1")


async def explore(rollouts: ShardRollouts) -> tuple[Rollout, ...]:
    """Sample the root and every step of four solutions, all at the same time."""
    problem = rollouts.of(PROBLEM)
    solutions = await problem.sample(ROOT, count=4)
    async with asyncio.TaskGroup() as group:
        for solution in solutions:
            for prefix in problem.prefixes(solution)[:-1]:
                group.create_task(problem.sample(prefix, count=3))
    return problem.taken


def test_a_rollout_is_the_policys_completion_with_its_verdict(journal: Journal) -> None:
    rollouts = shard(journal, CharacterPolicy())
    (first, *_) = asyncio.run(rollouts.of(PROBLEM).sample(ROOT, start=2, count=2))
    assert first.sample_index == 2
    assert first.completion == completion("", first.completion.seed)
    assert first.problem_id == "p-1"
    if first.completion.finish_reason == "stop":
        right = first.completion.text.endswith("#### 1")
        assert first.verdict.outcome is (Outcome.CORRECT if right else Outcome.INCORRECT)


def test_the_verifier_is_given_the_options_of_a_multiple_choice(journal: Journal) -> None:
    choice = replace(PROBLEM, answer="B", options=("7", "1"))
    plain, letters = (
        asyncio.run(shard(journal, CharacterPolicy()).of(problem).sample(ROOT, count=20))
        for problem in (PROBLEM, choice)
    )
    assert [one.verdict for one in letters] == [one.verdict for one in plain]
    assert {one.verdict.outcome for one in letters} >= {Outcome.CORRECT, Outcome.INCORRECT}


def test_the_templates_stop_strings_join_the_samplings(journal: Journal) -> None:
    policy = CharacterPolicy()
    rollouts = shard(journal, policy, sampling=Sampling(stop=("END",)))
    asyncio.run(rollouts.of(PROBLEM).sample(ROOT, count=1))
    assert policy.requests[0].sampling.stop == ("END", "Q:")


def test_missing_samples_are_asked_for_in_runs_of_neighbours(journal: Journal) -> None:
    policy = CharacterPolicy()
    problem = shard(journal, policy).of(PROBLEM)

    async def ask() -> None:
        await problem.sample(ROOT, start=2, count=2)
        await problem.sample(ROOT, start=0, count=6)

    asyncio.run(ask())
    base = policy.requests[0].seeds[0] - 2
    offsets = [[seed - base for seed in request.seeds] for request in policy.requests]
    assert offsets == [[2, 3], [0, 1], [4, 5]]


def test_asks_that_overlap_in_time_share_their_requests(journal: Journal) -> None:
    policy = CharacterPolicy()
    problem = shard(journal, policy).of(PROBLEM)

    async def ask() -> list[tuple[Rollout, ...]]:
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(problem.sample(ROOT, start=start, count=4)) for start in (0, 2, 0)
            ]
        return [task.result() for task in tasks]

    first, second, third = asyncio.run(ask())
    assert policy.written == 6
    assert first == third
    assert first[2:] == second[:2]


def test_who_waits_for_a_cancelled_ask_takes_over(journal: Journal) -> None:
    problem = shard(journal, CharacterPolicy()).of(PROBLEM)

    async def ask() -> tuple[Rollout, ...]:
        owner = asyncio.create_task(problem.sample(ROOT, count=3))
        waiter = asyncio.create_task(problem.sample(ROOT, count=3))
        await asyncio.sleep(0)
        owner.cancel()
        return await waiter

    assert len(asyncio.run(ask())) == 3


def test_a_second_run_over_the_same_journal_pays_for_nothing(journal: Journal) -> None:
    first, second = CharacterPolicy(), CharacterPolicy()
    before = shard(journal, first)
    after = shard(journal, second)
    assert asyncio.run(explore(before)) == asyncio.run(explore(after))
    assert first.written > 10
    assert second.written == 0
    assert after.costs.replayed == before.costs.sampled
    assert after.costs.completion_tokens == before.costs.completion_tokens
    assert after.costs.replayed_tokens == after.costs.completion_tokens


def test_a_run_that_broke_off_pays_only_for_what_had_not_come_back(journal: Journal) -> None:
    broken = shard(journal, CharacterPolicy(fail_after=9))
    with pytest.raises(ExceptionGroup) as caught:
        asyncio.run(explore(broken))
    assert caught.group_contains(PolicyError, match="does not answer")
    kept = len(journal)
    assert kept >= 9
    again = shard(journal, CharacterPolicy())
    asyncio.run(explore(again))
    assert again.costs.replayed == kept
    assert len(journal) == again.costs.rollouts


@pytest.mark.parametrize(
    "change", ["problem", "run seed", "temperature", "policy", "tokens of the prefix"]
)
def test_another_question_is_never_answered_from_the_journal(journal: Journal, change: str) -> None:
    prefix = Prefix(steps=("1\n",), token_ids=(49, 10))
    asyncio.run(shard(journal, CharacterPolicy()).of(PROBLEM).sample(prefix, count=2))
    policy = CharacterPolicy()
    if change == "policy":
        policy.identity = "characters-2"
    if change == "tokens of the prefix":
        prefix = Prefix(steps=("1\n",), token_ids=(4910,))
    rollouts = shard(
        journal,
        policy,
        sampling=Sampling(temperature=0.8) if change == "temperature" else None,
        run_seed=int(change == "run seed"),
    )
    asyncio.run(rollouts.of(OTHER if change == "problem" else PROBLEM).sample(prefix, count=2))
    assert policy.written == 2


def test_equal_completions_of_one_prompt_stay_as_many_after_a_replay(journal: Journal) -> None:
    asyncio.run(shard(journal, CharacterPolicy()).of(PROBLEM).sample(ROOT, count=200))
    again = asyncio.run(shard(journal, CharacterPolicy()).of(PROBLEM).sample(ROOT, count=200))
    assert len({rollout.text for rollout in again}) < len(again) == 200


def test_a_completion_is_in_the_journal_before_it_is_judged(journal: Journal) -> None:
    sizes: list[int] = []
    verifier = LastNumberVerifier(before=lambda text: sizes.append(len(journal)))
    rollouts = shard(journal, CharacterPolicy(), verifier=verifier)
    asyncio.run(rollouts.of(PROBLEM).sample(ROOT, count=3))
    assert sizes == [3, 3, 3]


def test_what_was_taken_comes_in_an_order_that_does_not_depend_on_arrival(
    journal: Journal,
) -> None:
    taken = asyncio.run(explore(shard(journal, CharacterPolicy())))
    places = [(len(one.prefix.steps), one.prefix.key, one.sample_index) for one in taken]
    assert places == sorted(places)
    assert len(set(places)) == len(places)


def test_what_a_shard_took_is_freed_when_it_is_left_and_not_when_garbage_is_looked_for(
    journal: Journal,
) -> None:
    gc.disable()
    try:
        with shard(journal, CharacterPolicy()) as rollouts:
            asyncio.run(explore(rollouts))
            left = weakref.ref(rollouts.of(PROBLEM))
            assert left()
        assert left() is None
    finally:
        gc.enable()


def test_a_whole_solution_is_never_sampled(journal: Journal) -> None:
    problem = shard(journal, CharacterPolicy()).of(PROBLEM)

    async def ask() -> None:
        (solution,) = await problem.sample(ROOT, count=1)
        await problem.sample(problem.prefixes(solution)[-1], count=1)

    with pytest.raises(ValueError, match="whole solution"):
        asyncio.run(ask())


def test_costs_add_up_over_problems_and_count_what_was_continued_as_text(journal: Journal) -> None:
    rollouts = shard(journal, CharacterPolicy())
    as_text = Prefix(steps=("1\n",), token_ids=None)

    async def ask() -> None:
        await rollouts.of(PROBLEM).sample(as_text, count=2)
        await rollouts.of(OTHER).sample(ROOT, count=3)

    asyncio.run(ask())
    costs = rollouts.costs
    assert (costs.sampled, costs.replayed, costs.text_fallbacks) == (5, 0, 2)
    assert costs.prompt_tokens == 2 * 12 + 3 * 10
    assert costs.cached_tokens == 5 * 4
    assert costs.judged == costs.rollouts == 5
    assert costs == rollouts.of(PROBLEM).costs + rollouts.of(OTHER).costs + Costs()


def test_equal_prefixes_of_two_solutions_are_one_with_the_first_ones_tokens(
    journal: Journal,
) -> None:
    problem = shard(journal, CharacterPolicy()).of(PROBLEM)
    (solution,) = asyncio.run(problem.sample(ROOT, count=1))
    again = problem.prefixes(solution)
    assert all(a is b for a, b in zip(problem.prefixes(solution), again, strict=True))
