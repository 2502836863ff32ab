"""What is read off solutions by scoring them: regret per step, net information per prefix."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from labelers.scoring import Answers, answers, net_information, regret, step_regret
from labelers.solutions import Solution
from schemas import ROOT, Continuation, Outcome, Prefix, Score
from tests.labelers.worlds import KnownWorld, rollout

RIGHT, WRONG = Outcome.CORRECT, Outcome.INCORRECT
STEPS = ("a\n", "b\n", "#### 7")


def stated(index: int, text: str, answer: str | None, outcome: Outcome) -> Any:
    return rollout(ROOT, index, text, outcome, extracted=answer)


def test_answers_are_the_commonest_of_each_side_in_the_form_the_rollouts_use() -> None:
    rollouts = [
        stated(0, "so\n#### 7", "7", RIGHT),
        stated(1, "#### 9", "9", WRONG),
        stated(2, "#### 8", "8", WRONG),
        stated(3, "#### 8", "8", WRONG),
        stated(4, r"thus \boxed{6}", "6", WRONG),
        stated(5, "I cannot tell", None, Outcome.NO_ANSWER),
    ]
    known = answers("7", rollouts, most=2)
    assert known is not None
    assert known.right == ("#### 7",)
    assert known.wrong == ("#### 8", "#### 6")


def test_the_gold_answer_stands_in_where_no_rollout_was_right() -> None:
    known = answers("7", [stated(0, "The answer is 8.", "8", WRONG)], most=4)
    assert known is not None
    assert (known.right, known.wrong) == (("The answer is 7.",), ("The answer is 8.",))


def test_without_a_wrong_answer_there_is_nothing_to_compare() -> None:
    assert answers("7", [stated(0, "#### 7", "7", RIGHT)], most=4) is None
    assert answers("7", [stated(0, "?", None, Outcome.NO_ANSWER)], most=4) is None


def test_net_information_is_the_lead_of_the_right_answers_over_that_before_the_first_step() -> None:
    world = KnownWorld(
        [],
        {},
        scores={
            ("", "#### 7"): -3.0,
            ("", "#### 8"): -2.0,
            ("", "#### 9"): -5.0,
            ("a\n", "#### 7"): -1.0,
            ("a\n", "#### 8"): -4.0,
            ("a\n", "#### 9"): -2.0,
        },
    )
    rollouts = [
        stated(0, "#### 7", "7", RIGHT),
        stated(1, "#### 8", "8", WRONG),
        stated(2, "#### 9", "9", WRONG),
    ]
    known = answers("7", rollouts, most=4)
    assert known is not None
    gains = asyncio.run(net_information(world, [Prefix(steps=("a\n",))], known))
    assert list(gains) == [pytest.approx((-1 - -2) - (-3 - -2))]


def test_a_steps_regret_is_what_its_tokens_fall_behind_the_likeliest() -> None:
    world = KnownWorld([], {}, scores={("a\n", "b\n"): -2.5})
    solution = Solution(
        rollout=stated(0, "".join(STEPS), "7", WRONG),
        prefixes=tuple(Prefix(steps=STEPS[: n + 1]) for n in range(3)),
    )
    assert asyncio.run(regret(world, solution)) == (0.0, 2.5, 0.0)
    assert world.scored == [("", "".join(STEPS))]


def test_a_token_counts_for_the_step_it_ends_in_and_what_had_no_room_is_not_known() -> None:
    score = Score(
        logprobs=(-1.0, -2.0, -4.0),
        best=(-1.0, -0.5, -1.0),
        ends=(2, 5, 7),
        prompt_tokens=1,
        cached_tokens=0,
    )
    assert step_regret(score, [4, 7, 9]) == (0.0, 4.5, None)
    nothing = Score(logprobs=(), best=(), ends=(), prompt_tokens=1, cached_tokens=0)
    assert step_regret(nothing, [3]) == (None,)


class Cramped(KnownWorld):
    """A policy whose context ends behind prefixes of two steps."""

    async def score(
        self, prefix: Prefix, continuations: Sequence[Continuation]
    ) -> tuple[Score, ...]:
        if len(prefix.steps) < 2:
            return await super().score(prefix, continuations)
        nothing = Score(logprobs=(), best=(), ends=(), prompt_tokens=1, cached_tokens=0)
        return (nothing,) * len(continuations)


def test_nothing_is_known_of_a_prefix_that_leaves_no_room_for_an_answer() -> None:
    world = Cramped([], {}, scores={("a\n", "#### 8"): -4.0})
    known = Answers(right=("#### 7",), wrong=("#### 8",))
    prefixes = [Prefix(steps=("a\n", "b\n")[:n]) for n in (1, 2)]
    assert asyncio.run(net_information(world, prefixes, known)) == (4.0, None)


def test_an_answer_is_found_as_a_word_of_its_own() -> None:
    line = r"So 5 of 15 make $\boxed{5}$ in 2015."
    known = answers("7", [stated(0, line, "5", WRONG)], most=1)
    assert known is not None
    assert known.right == (r"So 5 of 15 make $\boxed{7}$ in 2015.",)
