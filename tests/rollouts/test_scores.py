"""A score is taken once: remembered, waited for, replayed."""

import asyncio
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollouts import Costs, Journal, ShardRollouts
from rollouts.journal import HEADER
from schemas import ROOT, Continuation, PolicyError, Prefix, Problem, Score, Tokens

from .worlds import PROBLEM, CharacterPolicy, completion, score, shard

TWIN = Problem(id="p-2", source="s", question="What?", answer="2")
OTHER = Problem(id="p-3", source="s", question="Why?", answer="1")
STEP = Prefix(steps=("1\n",), token_ids=None)
TEXTS = tuple(Continuation(text=text) for text in ("#### 1", "#### 22", "no"))


def test_scores_are_the_policys_in_the_order_of_asking(journal: Journal) -> None:
    policy = CharacterPolicy()
    scores = asyncio.run(shard(journal, policy).of(PROBLEM).score(STEP, TEXTS))
    assert scores == tuple(score("1\n", c.text) for c in TEXTS)
    assert policy.score_requests[0].prompt == shard(journal, policy).of(PROBLEM).prompt
    assert policy.scored == 3


def test_a_text_is_scored_once_however_often_it_is_asked_for(journal: Journal) -> None:
    policy = CharacterPolicy()
    problem = shard(journal, policy).of(PROBLEM)

    async def ask() -> None:
        first = await problem.score(STEP, TEXTS[:2])
        again = await problem.score(STEP, (TEXTS[2], TEXTS[1], TEXTS[1], TEXTS[0]))
        assert again[1:] == (first[1], first[1], first[0])

    asyncio.run(ask())
    asked = [[c.text for c in request.continuations] for request in policy.score_requests]
    assert asked == [["#### 1", "#### 22"], ["no"]]
    assert problem.costs.scored == 3


def test_who_asks_at_the_same_time_pays_once(journal: Journal) -> None:
    policy = CharacterPolicy()
    problem = shard(journal, policy).of(PROBLEM)

    async def ask() -> list[tuple[Score, ...]]:
        async with asyncio.TaskGroup() as group:
            runs = [group.create_task(problem.score(STEP, TEXTS[i:])) for i in (1, 0, 2, 0)]
        return [run.result() for run in runs]

    tail, whole, last, again = asyncio.run(ask())
    assert policy.scored == 3
    assert whole == again == (whole[0], *tail)
    assert last == tail[1:]


def test_who_waits_for_a_cancelled_ask_takes_over(journal: Journal) -> None:
    problem = shard(journal, CharacterPolicy()).of(PROBLEM)

    async def ask() -> tuple[Score, ...]:
        owner = asyncio.create_task(problem.score(STEP, TEXTS))
        waiter = asyncio.create_task(problem.score(STEP, TEXTS))
        await asyncio.sleep(0)
        owner.cancel()
        return await waiter

    assert len(asyncio.run(ask())) == 3


def test_an_empty_prefix_and_a_whole_solution_can_be_scored(journal: Journal) -> None:
    problem = shard(journal, CharacterPolicy()).of(PROBLEM)

    async def ask() -> None:
        (solution,) = await problem.sample(ROOT, count=1)
        text, tokens = solution.completion.text, solution.completion.tokens
        (whole,) = await problem.score(ROOT, [Continuation(text=text, tokens=tokens)])
        assert whole.covers(solution.text)
        (behind,) = await problem.score(problem.prefixes(solution)[-1], [Continuation(text="!")])
        assert behind == score(solution.text, "!")
        assert await problem.score(ROOT, ()) == ()

    asyncio.run(ask())


def test_prefix_text_tokens_prompt_and_policy_tell_scores_apart(journal: Journal) -> None:
    policy = CharacterPolicy()
    as_sampled = Tokens(ids=(9, 9), ends=(1, 2))

    async def ask() -> None:
        rollouts = shard(journal, policy)
        await rollouts.of(PROBLEM).score(STEP, [Continuation(text="no")])
        await rollouts.of(PROBLEM).score(STEP, [Continuation(text="no", tokens=as_sampled)])
        await rollouts.of(PROBLEM).score(ROOT, [Continuation(text="no")])
        await rollouts.of(PROBLEM).score(
            Prefix(steps=STEP.steps, token_ids=(1, 2)), [Continuation(text="no")]
        )
        await rollouts.of(OTHER).score(STEP, [Continuation(text="no")])
        policy.identity = "characters-2"
        await shard(journal, policy).of(PROBLEM).score(STEP, [Continuation(text="no")])
        assert policy.scored == 6
        await shard(journal, policy, run_seed=7).of(TWIN).score(STEP, [Continuation(text="no")])
        assert policy.scored == 6, "neither seed nor gold answer is part of a score"

    asyncio.run(ask())


def test_after_a_kill_scores_come_from_the_journal(tmp_path: Path) -> None:
    first, second = CharacterPolicy(), CharacterPolicy()
    with Journal(tmp_path / "j") as journal:
        before = shard(journal, first)
        scores = asyncio.run(before.of(PROBLEM).score(STEP, TEXTS[:2]))
    with Journal(tmp_path / "j") as journal:
        after = shard(journal, second)
        assert asyncio.run(after.of(PROBLEM).score(STEP, TEXTS))[:2] == scores
    assert second.scored == 1
    assert (after.costs.scored, after.costs.replayed_scores) == (3, 2)


def test_what_was_scored_before_the_policy_broke_is_kept(journal: Journal) -> None:
    broken, repaired = CharacterPolicy(fail_after=2), CharacterPolicy()

    async def ask(rollouts: ShardRollouts) -> None:
        for continuation in TEXTS:
            await rollouts.of(PROBLEM).score(STEP, [continuation])

    with pytest.raises(PolicyError, match="does not answer"):
        asyncio.run(ask(shard(journal, broken)))
    asyncio.run(ask(shard(journal, repaired)))
    assert (broken.scored, repaired.scored) == (2, 1)


def test_costs_count_what_was_read_for_scores_apart_from_rollouts(journal: Journal) -> None:
    rollouts = shard(journal, CharacterPolicy())

    async def ask() -> None:
        await rollouts.of(PROBLEM).score(STEP, TEXTS)
        await rollouts.of(OTHER).score(STEP, TEXTS[:1])

    asyncio.run(ask())
    read = [10 + 2 - 4 + len(c.text) for c in TEXTS]
    assert rollouts.costs == Costs(scored=4, scored_tokens=sum(read) + read[0])


SCORES = st.lists(st.tuples(st.floats(max_value=0, allow_nan=False), st.integers(0, 9))).flatmap(
    lambda pairs: st.builds(
        Score,
        logprobs=st.just(tuple(logprob for logprob, _ in pairs)),
        best=st.just(tuple(logprob / 3 for logprob, _ in pairs)),
        ends=st.just(tuple(sum(w for _, w in pairs[: n + 1]) for n in range(len(pairs)))),
        prompt_tokens=st.integers(0, 10**6),
        cached_tokens=st.integers(0, 10**6),
    )
)


@given(scores=st.lists(SCORES, max_size=4))
def test_scores_are_replayed_to_the_bit_between_completions(
    tmp_path_factory: pytest.TempPathFactory, scores: list[Score]
) -> None:
    path = tmp_path_factory.mktemp("journal") / "j"
    with Journal(path) as journal:
        for n, one in enumerate(scores):
            journal.append_score(f"{n:032x}", one)
            journal.append(f"{n + 99:032x}", completion("", n))
    assert path.read_bytes().startswith(HEADER)
    with Journal(path) as journal:
        for n, one in enumerate(scores):
            assert journal.get_score(f"{n:032x}") == one
            assert journal.get(f"{n + 99:032x}") == completion("", n)
        assert journal.get_score("f" * 32) is None


def test_a_score_adds_up_and_tells_whether_it_reaches_the_texts_end() -> None:
    whole = Score(
        logprobs=(-0.5, -1.0), best=(-0.5, -0.5), ends=(2, 5), prompt_tokens=3, cached_tokens=0
    )
    assert math.isclose(whole.logprob, -1.5)
    assert whole.covers("12345")
    assert not whole.covers("123456")
    nothing = Score(logprobs=(), best=(), ends=(), prompt_tokens=3, cached_tokens=0)
    assert (nothing.logprob, nothing.covers(""), nothing.covers("1")) == (0, True, False)
