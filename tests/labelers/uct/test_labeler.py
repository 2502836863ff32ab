import asyncio
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from labelers import UCT
from labelers.uct.labeler import Growth
from policies.scripted import ScriptedSettings
from rollouts import Journal, ShardRollouts
from rollouts.seam import Rollouts
from schemas import (
    ROOT,
    ConfigError,
    Continuation,
    Evidence,
    Outcome,
    Prefix,
    Problem,
    Rollout,
    Score,
)
from schemas.views import Beta, Hard, Soft
from tests.labelers.omega_prm.stories import RIGHT, WRONG, Story, Told
from tests.labelers.test_scripted_policy import PROBLEMS, shard

PROBLEM = Problem(id="p", source="s", question="?", answer="1")
SMALL = UCT(num_solutions=6, num_rollouts=3, simulations=12, min_rollouts=3, screen=None)
WORLD = ScriptedSettings(error=0.25, recovery=0.3, no_answer=0.1)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal") as journal:
        yield journal


class Late(Rollouts):
    """Rollouts that come back in an order of chance."""

    def __init__(self, rollouts: Rollouts, seed: int) -> None:
        self._rollouts = rollouts
        self._chance = random.Random(seed)

    @property
    def cannot_score(self) -> str:
        return self._rollouts.cannot_score

    async def sample(self, prefix: Prefix, *, start: int = 0, count: int) -> tuple[Rollout, ...]:
        await self._wait()
        return await self._rollouts.sample(prefix, start=start, count=count)

    async def score(
        self, prefix: Prefix, continuations: Sequence[Continuation]
    ) -> tuple[Score, ...]:
        await self._wait()
        return await self._rollouts.score(prefix, continuations)

    def prefixes(self, solution: Rollout) -> tuple[Prefix, ...]:
        return self._rollouts.prefixes(solution)

    async def _wait(self) -> None:
        for _ in range(self._chance.randrange(20)):
            await asyncio.sleep(0)


def grown(journal: Journal, settings: UCT, problem: Problem) -> tuple[Growth, tuple[Rollout, ...]]:
    """Return a grown tree and all rollouts that it asked for."""

    async def grow() -> tuple[Growth, tuple[Rollout, ...]]:
        async with WORLD.open(Path()) as policy:
            rollouts = shard(journal, policy).of(problem)
            growth = Growth(settings, rollouts)
            await growth.grow(await rollouts.sample(ROOT, count=settings.roots))
            return growth, rollouts.taken

    return asyncio.run(grow())


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("parallel", [1, 4])
def test_the_counts_of_every_node_are_those_of_the_rollouts_that_pass_through(
    journal: Journal, number: int, parallel: int
) -> None:
    settings = SMALL.model_copy(update={"parallel_leaves": parallel})
    growth, taken = grown(journal, settings, PROBLEMS[number])
    assert len(taken) > 30
    for node in growth.tree:
        here = node.prefix.text
        own = [one for one in taken if one.prefix.text == here]
        through = [one for one in taken if one.text.startswith(here)]
        draws = [one for one in through if len(one.prefix.text) <= len(here)]
        assert node.own.total() == len(own)
        assert node.visits == len(through)
        assert node.total == sum(one.verdict.outcome is Outcome.CORRECT for one in through)
        assert node.evidence(pooled=True).total == len(draws)
        assert len(own) in (0, settings.roots if not here else settings.num_rollouts)


def test_what_a_parent_drew_is_among_what_its_children_drew(journal: Journal) -> None:
    growth, _ = grown(journal, SMALL, PROBLEMS[0])
    for node in growth.tree:
        if node.children:
            drawn = sum(child.passed.total() for child in node.children.values())
            assert drawn == node.own.total() + node.passed.total()
            assert node.visits == sum(child.visits for child in node.children.values())


@pytest.mark.parametrize("prior", ["token_likelihood", "likelihood", "uniform"])
def test_the_order_of_arrival_changes_nothing(tmp_path: Path, prior: str) -> None:
    settings = SMALL.model_copy(update={"prior": prior})

    async def label(seed: int | None) -> Any:
        with Journal(tmp_path / f"{prior}-{seed}") as journal:
            async with WORLD.open(Path()) as policy:
                some = PROBLEMS[:4]
                of = shard(journal, policy).of
                lent = [of(one) if seed is None else Late(of(one), seed) for one in some]
                work = (settings.label(one, its) for one, its in zip(some, lent, strict=True))
                return await asyncio.gather(*work)

    first = asyncio.run(label(None))
    assert asyncio.run(label(1)) == first
    assert asyncio.run(label(2)) == first


def test_labelling_again_over_the_same_journal_pays_for_nothing(journal: Journal) -> None:
    async def label() -> tuple[Any, ShardRollouts]:
        async with WORLD.open(Path()) as policy:
            lent = shard(journal, policy)
            return [await SMALL.label(one, lent.of(one)) for one in PROBLEMS[:4]], lent

    before, paid = asyncio.run(label())
    after, free = asyncio.run(label())
    assert before == after
    assert paid.costs.scored > 0
    assert (free.costs.sampled, free.costs.replayed) == (0, paid.costs.sampled)
    assert free.costs.replayed_scores == paid.costs.scored


def test_counts_of_a_search_are_no_ratio_but_those_of_a_fixed_number_are(
    journal: Journal,
) -> None:
    async def label(settings: UCT) -> Any:
        async with WORLD.open(Path()) as policy:
            return await settings.label(PROBLEMS[0], shard(journal, policy).of(PROBLEMS[0]))

    pooled = asyncio.run(label(SMALL)).solutions
    for one in pooled:
        assert len(Hard().labels(one)) == len(Beta().labels(one)) == len(one.steps)
    with pytest.raises(Exception, match="'adaptive', which biases it upward"):
        Soft().labels(pooled[0])
    own = asyncio.run(label(SMALL.model_copy(update={"counts": "own"}))).solutions
    assert any(value not in (0, 1, None) for one in own for value in Soft().labels(one))


# --- By hand ---


def label(told: dict[str, list[Told]], **changes: Any) -> Any:
    settings = SMALL.model_copy(update={"prior": "uniform", "num_solutions": 2, **changes})
    story = Story(told)
    return asyncio.run(settings.label(PROBLEM, story)), story


def test_truncated_and_undecided_rollouts_are_not_wrong() -> None:
    cut, unknown = Outcome.TRUNCATED, Outcome.UNDECIDED
    told = {
        "": [Told("a\n1", RIGHT), Told("b\n2", WRONG)],
        "a\n": [Told("x", cut), Told("x", cut), Told("1", RIGHT)],
        "b\n": [Told("y", cut), Told("?", unknown), Told("?", unknown)],
    }
    labelling, _ = label(told)
    # Behind `b` one rollout was decided: too few for a first error.
    assert [(one.outcome, one.first_error) for one in labelling.solutions] == [
        (RIGHT, -1),
        (WRONG, None),
        (unknown, None),
    ]
    (b,) = [one for one in labelling.nodes if one.prefix.text == "b\n"]
    assert (b.evidence.incorrect, b.evidence.truncated, b.evidence.undecided) == (1, 1, 2)


def test_nothing_is_said_where_no_rollout_of_the_question_was_right() -> None:
    told = {"": [Told("a\n2")] * 2, "a\n": [Told("2")] * 3}
    labelling, _ = label(told)
    assert [one.first_error for one in labelling.solutions] == [None]


def test_a_step_that_failed_seldom_is_no_error_if_a_later_one_came_right() -> None:
    told = {
        "": [Told("a\n1", RIGHT), Told("b\nc\n2", WRONG)],
        "a\n": [Told("1", RIGHT)] * 3,
        "b\n": [Told("c\n2"), Told("c\n1", RIGHT), Told("c\n2")],
        "b\nc\n": [Told("2")] * 3,
    }
    labelling, _ = label(told)
    assert labelling.solutions[1].first_error == 2  # `b` and `b, c` came right once each


def test_the_search_ends_at_its_limits() -> None:
    told = {
        "": [Told("a\nb\nc\n1", RIGHT), Told("2", WRONG)],
        "a\n": [Told("b\nc\n1", RIGHT, 7)] * 3,
        "a\nb\n": [Told("c\n1", RIGHT, 7)] * 3,
        "a\nb\nc\n": [Told("1", RIGHT, 7)] * 3,
    }
    assert len(label(told)[1].asked) == 9
    assert len(label(told, simulations=2)[1].asked) == 6
    assert len(label(told, depth=2)[1].asked) == 3
    assert len(label(told, token_limit=21)[1].asked) == 3
    assert len(label(told, token_limit=22)[1].asked) == 6


def test_the_search_goes_down_to_the_children_with_most_rollouts() -> None:
    told = {
        "": [Told("a\n2"), Told("b\n1", RIGHT), Told("b\n2")],
        "b\n": [Told("2")] * 3,
        "a\n": [Told("2")] * 3,
    }
    _, story = label(told, num_solutions=3, width=1)
    assert {text for text, _ in story.asked} == {"b\n"}
    _, story = label(told, num_solutions=3, width=2)
    assert {text for text, _ in story.asked} == {"a\n", "b\n"}


def test_a_policy_that_cannot_score_needs_equal_priors() -> None:
    story = Story({"": [Told("1", RIGHT)] * 16})
    with pytest.raises(ConfigError, match=r"nothing is scored here, or give labeler\.prior="):
        asyncio.run(UCT().label(PROBLEM, story))
    uniform = asyncio.run(UCT(prior="uniform", screen=None).label(PROBLEM, story))
    assert [one.evidence[-1] for one in uniform.solutions] == [
        Evidence(correct=1, stop_rule=uniform.solutions[0].evidence[-1].stop_rule)
    ]
