"""Forced texts: scored as one plain forward pass of the whole sequence would."""

import asyncio
import random
from typing import Any

import pytest

from schemas import ROOT, ChatPrompt, ConfigError, Continuation, Message, PolicyError, TextPrompt
from tests.policies.asking import PROMPT, STEP, Opened, ask, spans, to_score, until
from tests.policies.embedded.plain import Plain

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.anyio

TEXTS = (
    "So Tom has 17 apples.\n#### 17",
    "#### 17",
    "#### 4",
    "naïve 😀 buyers pay 5 €.\n",
    "7",
    "",
    "First, 3 + 14 = 17.\nSo Tom has 17 apples.\nStep 1: 2 + 5 = 7",
)


@pytest.mark.parametrize("deterministic", [False, True])
async def test_scores_are_those_of_one_plain_pass_over_the_whole_sequence(
    opened: Opened, plain: Plain, deterministic: bool
) -> None:
    for prefix in (STEP, ROOT):
        before = plain.ids(PROMPT.text + prefix.text)
        async with opened(deterministic=deterministic) as policy:
            scores = await policy.score(to_score(*TEXTS, prefix=prefix))
        for text, score in zip(TEXTS, scores, strict=True):
            expected = plain.logprobs(before, plain.ids(text))
            assert score.logprobs == pytest.approx(expected, abs=1e-4)
            assert score.best == pytest.approx(plain.best(before, plain.ids(text)), abs=1e-4)
            assert score.logprob == pytest.approx(sum(expected), abs=1e-3)
            assert score.covers(text)
            assert score.prompt_tokens == len(before)


async def test_sampled_tokens_are_scored_as_they_were_sampled(opened: Opened) -> None:
    """A split character and all: what was drawn one by one is read at once."""
    async with opened() as policy:
        for completion in await policy.complete(ask(PROMPT, seeds=tuple(range(12)))):
            sampled = Continuation(text=completion.text, tokens=completion.tokens)
            (score,) = await policy.score(to_score(sampled, prefix=ROOT))
            assert score.ends == completion.tokens.ends
            if completion.finish_reason == "length":
                assert score.logprob == pytest.approx(completion.logprob, abs=1e-3)
            else:
                assert score.logprob > completion.logprob, "the end of the text is not scored"


async def test_places_are_those_of_the_tokens_also_within_a_character(
    opened: Opened, plain: Plain
) -> None:
    text = "ì 😀 2ì €"  # the bytes of ì are tokens, the character is none
    async with opened() as policy:
        (score,) = await policy.score(to_score(text))
    parts = [text[a:b] for a, b in spans(score.ends)]
    assert "".join(parts) == text
    assert len(parts) == len(plain.ids(text)) > len([p for p in parts if p])
    assert parts[:2] == ["", "ì"]


async def test_what_else_is_scored_or_decoded_changes_no_bit_in_the_deterministic_setting(
    opened: Opened,
) -> None:
    async with opened(deterministic=True) as policy:
        alone = {}
        for text in TEXTS:
            (alone[text],) = await policy.score(to_score(text))
        for shuffle in range(4):
            texts = random.Random(shuffle).sample(TEXTS, len(TEXTS))
            async with asyncio.TaskGroup() as group:
                group.create_task(policy.complete(ask(seeds=(1, 2, 3, 4, 5))))
                group.create_task(policy.score(to_score(*TEXTS, prefix=ROOT)))
                run = group.create_task(policy.score(to_score(*texts)))
            again = dict(zip(texts, run.result(), strict=True))
            assert {t: again[t].logprobs for t in TEXTS} == {t: alone[t].logprobs for t in TEXTS}


async def test_a_long_text_is_scored_in_windows_and_short_ones_in_passes(
    opened: Opened, plain: Plain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("policies.embedded.slots._SCORED_AT_ONCE", 5)
    monkeypatch.setattr("policies.embedded.scorer._TOKENS_PER_PASS", 24)
    before = plain.ids(PROMPT.text + STEP.text)
    async with opened() as policy:
        scores = await policy.score(to_score(*TEXTS))
    for text, score in zip(TEXTS, scores, strict=True):
        assert score.logprobs == pytest.approx(plain.logprobs(before, plain.ids(text)), abs=1e-4)


async def test_a_prefix_is_read_once_however_many_texts_stand_behind_it(opened: Opened) -> None:
    async with opened() as policy:
        read, prefill = list[tuple[int, ...]](), policy._model.slots.prefill

        def noted(ids: tuple[int, ...]) -> Any:
            read.append(ids)
            return prefill(ids)

        policy._model.slots.prefill = noted
        scores = await policy.score(to_score(*TEXTS))
        await policy.score(to_score("17"))
    assert len(read) == 1
    (first, *others) = scores
    assert first.cached_tokens == 0
    assert {s.cached_tokens for s in others} == {first.prompt_tokens - 1}


async def test_where_the_context_has_no_room_the_last_tokens_are_missing(
    opened: Opened, plain: Plain
) -> None:
    text = TEXTS[0]
    before, ids = plain.ids(PROMPT.text + STEP.text), plain.ids(text)
    async with opened(context=len(before) + 4) as policy:
        cut, whole = await policy.score(to_score(text, "17"))
        (none,) = await policy.score(
            to_score(text, prompt=TextPrompt(text="Tom has 3 apples " * 20))
        )
    assert cut.logprobs == pytest.approx(plain.logprobs(before, ids)[:4], abs=1e-4)
    assert not cut.covers(text)
    assert whole.covers("17")
    assert (none.logprobs, none.covers(text), none.covers("")) == ((), False, True)


async def test_neither_scores_nor_completions_wait_for_the_others_queue(opened: Opened) -> None:
    done = []

    async def note(kind: str, work: Any) -> None:
        await work
        done.append(kind)

    async with opened() as policy, asyncio.TaskGroup() as group:
        for i in range(30):
            group.create_task(note("score", policy.score(to_score(f"{i}", TEXTS[0]))))
            group.create_task(note("text", policy.complete(ask(seeds=(i,), max_tokens=12))))
    assert set(done[:20]) == {"score", "text"}


async def test_a_cancelled_score_leaves_the_queue(opened: Opened) -> None:
    async with opened() as policy:
        work = [asyncio.create_task(policy.score(to_score(*TEXTS))) for _ in range(50)]
        await asyncio.sleep(0)
        for one in work:
            one.cancel()
        await asyncio.gather(*work, return_exceptions=True)
        (score,) = await policy.score(to_score("17"))
        assert score.covers("17")
        assert await policy.score(to_score()) == ()


async def test_leaving_the_context_answers_those_who_wait_for_scores(opened: Opened) -> None:
    async with opened() as policy:
        work = asyncio.create_task(policy.score(to_score(*[TEXTS[0]] * 5000)))
        await until(lambda: policy._to_score)
    with pytest.raises(PolicyError, match="closed"):
        await work
    with pytest.raises(PolicyError, match="closed"):
        await policy.score(to_score("17"))


async def test_an_empty_prompt_leaves_nothing_to_stand_behind(opened: Opened) -> None:
    async with opened() as policy:
        with pytest.raises(ConfigError, match="prompt is empty"):
            await policy.score(to_score("17", prompt=TextPrompt(text=""), prefix=ROOT))


async def test_chat_prompts_are_scored_behind_the_template(opened: Opened, plain: Plain) -> None:
    chat = ChatPrompt(messages=(Message(role="user", content="How many"),))
    before = plain.tokenizer.apply_chat_template(
        [{"role": "user", "content": "How many"}], add_generation_prompt=True
    )["input_ids"]
    async with opened() as policy:
        (score,) = await policy.score(to_score("17", prompt=chat, prefix=ROOT))
    assert score.logprobs == pytest.approx(plain.logprobs(before, plain.ids("17")), abs=1e-4)
