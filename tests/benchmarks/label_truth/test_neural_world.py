"""The world of a real policy, with the analytic one in its place: nothing is loaded."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks import made
from benchmarks.label_truth import cache
from benchmarks.label_truth.neural import NeuralSettings, _arranged, _planted, replayed
from schemas import ROOT, Outcome, Prefix, Problem, Rollout, RunError
from sources.synthetic import SyntheticSource, first_error

SOURCE = SyntheticSource(seed=5)
PROBLEM = SOURCE.problem(0)


def rollout(problem: Problem, index: int, text: str, outcome: Outcome) -> Rollout:
    return made.rollout(
        text,
        outcome,
        problem_id=problem.id,
        prefix=ROOT,
        index=index,
        prompt_tokens=40,
        completion_tokens=len(text) // 3,
    )


def roots(problem: Problem, outcomes: Sequence[Outcome]) -> tuple[Rollout, ...]:
    assert problem.solution is not None
    right = problem.solution
    lines = right.splitlines()[:-1]
    made = []
    for index, outcome in enumerate(outcomes):
        text = right if outcome is Outcome.CORRECT else "\n".join([*lines, f"#### {index}00001"])
        made.append(rollout(problem, index, text, outcome))
    return tuple(made)


RIGHT, WRONG = Outcome.CORRECT, Outcome.INCORRECT


def test_wrong_solutions_come_first_then_right_ones_each_text_once() -> None:
    settings = NeuralSettings(kind="neural", problems=1, root_rollouts=5)
    taken = roots(PROBLEM, [RIGHT, RIGHT, WRONG, WRONG, WRONG])
    first, rest = _arranged(settings, PROBLEM, taken)
    assert [one.sample_index for one in first] == [2, 3, 0]
    assert [one.sample_index for one in rest] == [1, 4]


def test_a_planted_slip_is_where_the_oracle_finds_it() -> None:
    settings = NeuralSettings(kind="planted", problems=1, root_rollouts=4)
    for index in range(20):
        problem = SOURCE.problem(index)
        first, rest = _planted(settings, problem, roots(problem, [RIGHT, WRONG]))
        assert len(first) == 1
        assert len(rest) == 2
        assert first_error(problem, first[0].text.splitlines()) >= 0


def test_a_saved_world_replays_its_rollouts_and_refuses_what_was_never_sampled(
    tmp_path: Path,
) -> None:
    settings = NeuralSettings(kind="neural", problems=1, seed=5, root_rollouts=3)
    path = tmp_path / "world.parquet"
    about = {"settings": settings.model_dump(mode="json"), "identity": "me", "problems": [0]}
    cache.save(path, about, roots(PROBLEM, [RIGHT, WRONG, WRONG]))

    async def look() -> None:
        async with replayed(path) as world:
            (case,) = world.cases()
            rollouts = world.rollouts(case, draw=0)
            taken = await rollouts.sample(ROOT, count=3)
            assert [one.verdict.outcome for one in taken] == [WRONG, WRONG, RIGHT]
            assert [one.sample_index for one in taken] == [0, 1, 2]
            assert case.finals == {0: False, 1: False, 2: True}
            assert case.truths[2] == -1
            assert case.truths[0] == len(rollouts.prefixes(taken[0])) - 1
            with pytest.raises(RunError, match=r"never sampled: .* --sample"):
                await rollouts.sample(Prefix(steps=("x\n",), token_ids=None), count=1)

    asyncio.run(look())


def test_a_cache_grows_while_its_world_and_policy_stay_the_same(tmp_path: Path) -> None:
    path = tmp_path / "world.parquet"
    three = roots(PROBLEM, [RIGHT, WRONG, WRONG])
    cache.save(path, {"identity": "me"}, three[:2])
    cache.save(path, {"identity": "me"}, three[2:])
    assert len(cache.load(path).rows[PROBLEM.id]) == 3
    cache.save(path, {"identity": "another"}, three[:1])
    assert len(cache.load(path).rows[PROBLEM.id]) == 1


def test_a_missing_cache_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="sample them with --sample"):
        cache.load(tmp_path / "none.parquet")
