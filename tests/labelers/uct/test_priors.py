import asyncio
import math
from collections.abc import Sequence

import pytest

from benchmarks import made
from labelers.tree import TreeNode
from labelers.uct.priors import Prior, next_step, priors
from rollouts.cutting import prefixes
from rollouts.seam import Rollouts
from rollouts.steps import Newline
from schemas import ROOT, Continuation, Outcome, Prefix, Rollout, Score, Tokens

STEPS = [Continuation(text="a b\n"), Continuation(text="c\n")]


class Scorer(Rollouts):
    """Gives each step the log-probabilities that were written down, a token each."""

    cannot_score = ""

    def __init__(self, logs: dict[str, tuple[float, ...]]) -> None:
        self._logs = logs

    async def sample(self, prefix: Prefix, *, start: int = 0, count: int) -> tuple[Rollout, ...]:
        raise AssertionError("priors ask for no rollout")

    def prefixes(self, solution: Rollout) -> tuple[Prefix, ...]:
        raise AssertionError("priors cut no solution")

    async def score(
        self, prefix: Prefix, continuations: Sequence[Continuation]
    ) -> tuple[Score, ...]:
        return tuple(map(self._score, continuations))

    def _score(self, told: Continuation) -> Score:
        logs = self._logs[told.text]
        ends = tuple(range(1, len(logs) + 1))
        return Score(logprobs=logs, best=logs, ends=ends, prompt_tokens=1, cached_tokens=0)


def shares(logs: dict[str, tuple[float, ...]], kind: Prior) -> tuple[float, ...]:
    return asyncio.run(priors(Scorer(logs), TreeNode(ROOT), STEPS, kind))


LOGS = {"a b\n": (math.log(0.5), math.log(0.5)), "c\n": (math.log(0.25),)}


def test_the_likelihood_of_a_step_is_that_of_all_its_tokens() -> None:
    assert shares(LOGS, "likelihood") == pytest.approx((0.5, 0.5))


def test_the_likelihood_of_a_token_is_the_mean_of_the_step() -> None:
    assert shares(LOGS, "token_likelihood") == pytest.approx((2 / 3, 1 / 3))


def test_equal_priors_score_nothing() -> None:
    assert shares({}, "uniform") == (0.5, 0.5)


def test_where_there_is_no_choice_nothing_is_scored() -> None:
    only = priors(Scorer({}), TreeNode(ROOT), STEPS[:1], "likelihood")
    assert asyncio.run(only) == (1.0,)


def test_a_step_without_room_has_no_share_and_where_none_has_room_all_are_equal() -> None:
    assert shares({"a b\n": (-1.0,), "c\n": ()}, "likelihood") == (1.0, 0.0)
    assert shares({"a b\n": (), "c\n": ()}, "likelihood") == (0.5, 0.5)
    assert shares({"a b\n": (-math.inf,), "c\n": (-9.0,)}, "likelihood") == (0.0, 1.0)


def rollout(prefix: Prefix, text: str) -> Rollout:
    """Return one whose tokens are its characters."""
    tokens = Tokens(ids=tuple(map(ord, text)), ends=tuple(range(1, len(text) + 1)))
    return made.rollout(text, Outcome.CORRECT, prefix=prefix, tokens=tokens)


def test_a_step_is_scored_as_the_tokens_it_was_sampled_as() -> None:
    a = Prefix(steps=("a\n",), token_ids=(97, 10))
    one = rollout(a, "bc\nd\n1")
    b, d, _ = prefixes(one, Newline())[1:]
    assert next_step(a, b, one) == Continuation(
        text="bc\n", tokens=Tokens(ids=(98, 99, 10), ends=(1, 2, 3))
    )
    assert next_step(b, d, one) == Continuation(
        text="d\n", tokens=Tokens(ids=(100, 10), ends=(1, 2))
    )


def test_a_step_is_scored_as_text_where_its_tokens_are_not_those_of_the_prefix() -> None:
    a = Prefix(steps=("a\n",), token_ids=(97, 10))
    merged = Prefix(steps=("a\n",), token_ids=(7,))
    one = rollout(a, "b\n1")
    b = prefixes(one, Newline())[1]
    assert next_step(merged, b, one) == Continuation(text="b\n")
    assert next_step(Prefix(steps=("a\n",), token_ids=None), b, one).tokens is None
