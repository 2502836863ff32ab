"""The scripted policy: what it says a prefix is worth is what its continuations are worth."""

import math
import random
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from policies import AnyPolicy, ScriptedSettings
from policies.scripted import toy_question
from schemas import (
    ROOT,
    ChatPrompt,
    Completion,
    CompletionRequest,
    Continuation,
    Message,
    Prefix,
    Sampling,
    TextPrompt,
)
from tests.policies.asking import STEP, spans, to_score

NUMBERS = (3, 5, 9, 12)
QUESTION = toy_question(NUMBERS)
WORLD = ScriptedSettings(error=0.3, recovery=0.2)

pytestmark = pytest.mark.anyio


def _request(prompt: str, prefix: str = "", seed: int = 0, **sampling: Any) -> CompletionRequest:
    steps = (prefix,) if prefix else ()
    return CompletionRequest(
        prompt=TextPrompt(text=prompt),
        prefix=Prefix(steps=steps, token_ids=None if steps else ()),
        sampling=Sampling(**sampling),
        seeds=(seed,),
    )


def _solve(
    world: ScriptedSettings,
    prefix: str = "",
    seed: int = 0,
    prompt: str = QUESTION,
    **sampling: Any,
) -> Completion:
    return world.write(_request(prompt, prefix, seed, **sampling), seed)


def _is_right(text: str) -> bool:
    return text.endswith(f"#### {sum(NUMBERS)}")


@pytest.mark.parametrize(
    "prefix",
    ["", "3 + 5 = 8\n", "3 + 5 = 9\n", "3 + 5 = 9\nWait: 8 + 9 =", "3 + 5 = 18\n18 + 9 = 27\n"],
)
def test_the_value_of_a_prefix_is_the_share_of_its_continuations_that_end_right(
    prefix: str,
) -> None:
    tries = 3000
    right = sum(_is_right(prefix + _solve(WORLD, prefix, seed).text) for seed in range(tries))
    value = WORLD.value(QUESTION, prefix)
    assert 0 < value < 1
    assert abs(right / tries - value) < 4 * math.sqrt(value * (1 - value) / tries)


def test_without_errors_every_prefix_of_a_solution_is_worth_one() -> None:
    world = ScriptedSettings(error=0)
    text = _solve(world).text
    assert text == "3 + 5 = 8\n8 + 9 = 17\n17 + 12 = 29\n#### 29"
    assert {world.value(QUESTION, text[:end]) for end in range(len(text) + 1)} == {1}


def test_the_value_follows_from_the_error_rates_by_hand() -> None:
    world = ScriptedSettings(error=0.4, recovery=0.0, no_answer=0.1)
    sound = math.prod(1 - world.error_rate(QUESTION, t) for t in range(3))
    assert world.value(QUESTION, "") == pytest.approx(0.9 * sound)
    assert world.value(QUESTION, "3 + 5 = 9\n") == 0


@given(seed=st.integers(0, 10**6), cut=st.floats(0, 1))
@settings(max_examples=60)
def test_a_solution_cut_anywhere_is_continued_to_a_whole_solution(seed: int, cut: int) -> None:
    text = _solve(WORLD, seed=seed).text
    prefix = text[: int(cut * len(text))]
    whole = prefix + _solve(WORLD, prefix, seed + 1).text
    line = r"(Wait: )?\d+ \+ \d+ = \d+\n"
    assert re.fullmatch(rf"({line}){{3}}#### \d+", whole)
    assert 0 <= WORLD.value(QUESTION, prefix) <= 1


@pytest.mark.parametrize(
    ("last", "value"),
    [("#### 29", 1), ("#### 29\n", 1), ("I cannot tell.", 0), ("#### 30", 0), ("#### 30\n", 0)],
)
def test_a_finished_solution_is_worth_one_or_nothing_and_is_continued_by_nothing(
    last: str, value: float
) -> None:
    world = ScriptedSettings(error=0.3, no_answer=0.2)
    solution = f"3 + 5 = 8\n8 + 9 = 17\n17 + 12 = 29\n{last}"
    assert world.value(QUESTION, solution) == value
    assert _solve(world, solution).text == ""


def test_lines_from_elsewhere_count_as_steps_done_right() -> None:
    assert _solve(ScriptedSettings(error=0), "Let me think.\n").text.startswith("8 + 9 = 17\n")
    assert _solve(ScriptedSettings(error=0), "Let me th").text.startswith("\n8 + 9 = 17\n")


def test_tokens_are_words_whose_ends_tile_the_text() -> None:
    completion = _solve(WORLD, seed=4)
    assert completion.tokens is not None
    assert completion.tokens.ends[-1] == len(completion.text)
    assert len(completion.tokens.ids) == completion.completion_tokens
    assert all(len(completion.text[:end].rstrip()) < end for end in completion.tokens.ends[:-1])


def test_the_log_probability_is_that_of_the_choices() -> None:
    world = ScriptedSettings(error=0.4, recovery=0.0)
    completion = next(c for c in (_solve(world, seed=s) for s in range(99)) if _is_right(c.text))
    assert completion.logprob == pytest.approx(math.log(world.value(QUESTION, "")))


def test_stop_strings_and_the_token_limit_cut() -> None:
    stopped = _solve(WORLD, stop=("\n",))
    assert stopped.text == _solve(WORLD).text.split("\n")[0]
    assert stopped.finish_reason == "stop"
    assert stopped.stopped_by == "\n"
    cut = _solve(WORLD, max_tokens=3)
    assert cut.text == "3 + 5 "
    assert cut.finish_reason == "length"
    assert cut.stopped_by == _solve(WORLD).stopped_by == ""


def test_temperature_zero_takes_the_likeliest_line_whatever_the_seed() -> None:
    assert len({_solve(WORLD, seed=s, temperature=0).text for s in range(20)}) == 1


async def test_a_completion_is_a_function_of_its_seed_not_of_its_company(tmp_path: Path) -> None:
    request = _request(QUESTION)
    async with WORLD.open(tmp_path) as policy:
        many = CompletionRequest(
            prompt=request.prompt,
            prefix=request.prefix,
            sampling=request.sampling,
            seeds=(7, 8, 9),
        )
        together = await policy.complete(many)
        assert together[2] == _solve(WORLD, seed=9)
        assert len({c.text for c in together}) > 1


async def test_the_last_question_of_a_prompt_counts_also_in_a_chat() -> None:
    prompt = ChatPrompt(
        messages=(
            Message(role="system", content="Example: Add up: 1, 1. 1 + 1 = 2"),
            Message(role="user", content=QUESTION),
        )
    )
    assert WORLD.value(prompt, "3 + 5 = 8\n") == WORLD.value(QUESTION, "3 + 5 = 8\n")


def test_any_other_question_gets_a_solution_too() -> None:
    text = _solve(WORLD, prompt="Tom has 3 apples and 14 pears. How many fruits?").text
    assert re.match(r"3 \+ 14 = \d+\n#### \d+$", text)
    assert "####" in _solve(WORLD, prompt="What is love?").text


def test_questions_differ_in_difficulty_as_the_seed_says() -> None:
    rng = random.Random(1)
    questions = [toy_question(tuple(rng.sample(range(50), 4))) for _ in range(200)]
    values = [WORLD.value(q, "") for q in questions]
    assert max(values) - min(values) > 0.5
    other = ScriptedSettings(error=0.3, recovery=0.2, seed=1)
    assert [other.value(q, "") for q in questions] != values


def test_a_misspelt_kind_is_answered_with_the_valid_ones() -> None:
    with pytest.raises(ValidationError, match=r"transformers.*vllm.*openai.*scripted"):
        TypeAdapter(AnyPolicy).validate_python({"kind": "scriptd"})
    found = TypeAdapter(AnyPolicy).validate_python({"kind": "scripted", "error": 0.3})
    assert found == ScriptedSettings(error=0.3)


SCORED = TextPrompt(text=toy_question((3, 5, 9)))


@pytest.mark.parametrize("separator", ["\n", "\n\n"])
@pytest.mark.parametrize("no_answer", [0.0, 0.3])
@pytest.mark.parametrize("prefix", ["", "3 + 5 =", "3 + 5 = 8\n", "3 + 5 = 9\n\n", "Hm", "Hm\n"])
async def test_scripted_scores_are_the_frequencies_of_its_completions(
    separator: str, no_answer: float, prefix: str
) -> None:
    """Every beginning of every text that its world writes, cut wherever you like."""
    settings = ScriptedSettings(
        error=0.4, recovery=0.3, no_answer=no_answer, separator=separator, seed=5
    )
    before, tries = Prefix(steps=(prefix,), token_ids=None), 3000
    request = CompletionRequest(
        prompt=SCORED, prefix=before, sampling=Sampling(), seeds=tuple(range(tries))
    )
    texts = [settings.write(request, seed).text for seed in request.seeds]
    rng = random.Random(prefix)
    cut = {t[: rng.randrange(1, len(t) + 1)] for t in set(texts)}
    starts = sorted((cut | set(texts)) - {""})
    async with settings.open(Path()) as policy:
        scores = await policy.score(to_score(*starts, prompt=SCORED, prefix=before))
    for start, score in zip(starts, scores, strict=True):
        share, seen = math.exp(score.logprob), sum(t.startswith(start) for t in texts)
        assert abs(seen - tries * share) < 4.5 * (tries * share * (1 - share)) ** 0.5 + 1e-9
        assert score.covers(start)
        assert "".join(start[a:b] for a, b in spans(score.ends)) == start


async def test_a_scripted_completion_has_the_score_it_was_written_with() -> None:
    settings = ScriptedSettings(error=0.4, recovery=0.3)
    request = CompletionRequest(
        prompt=SCORED, prefix=STEP, sampling=Sampling(), seeds=tuple(range(30))
    )
    async with settings.open(Path()) as policy:
        for completion in await policy.complete(request):
            sampled = Continuation(text=completion.text, tokens=completion.tokens)
            (score,) = await policy.score(to_score(sampled, prompt=SCORED))
            assert completion.tokens
            assert score.logprob == pytest.approx(completion.logprob)
            assert score.ends == completion.tokens.ends
            assert score.prompt_tokens == completion.prompt_tokens


async def test_what_the_scripted_world_would_not_write_has_a_floor_a_line() -> None:
    async with ScriptedSettings().open(Path()) as policy:
        texts = ("3 + 5 = 77", "Hm\nhm\n", "3 + 5 = 8\n#### 8", "3 + 5 = 8\n8 + 9 = 17\n#### 17\n")
        scores = await policy.score(to_score(*texts, prompt=SCORED, prefix=ROOT))
        (right,) = await policy.score(to_score("3 + 5 = 8\n", prompt=SCORED, prefix=ROOT))
        (ended,) = await policy.score(
            to_score("more", prompt=SCORED, prefix=Prefix(steps=("#### 17",), token_ids=None))
        )
    floor = math.log(1e-12)
    assert scores[0].logprob == floor
    assert scores[1].logprob == 2 * floor
    assert scores[1].logprobs == (floor, floor)
    assert right.best == right.logprobs, "the likeliest line is the right one"
    assert scores[0].best[0] == right.logprob
    assert scores[2].logprob == pytest.approx(right.logprob + floor)
    assert scores[3].logprob < floor < right.logprob < 0
    assert ended.logprob == floor
