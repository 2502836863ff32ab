"""Forced texts: scored as one plain forward pass of the whole sequence would."""

import asyncio
import math
import random

import pytest

from policies import OpenAISettings, ScriptedSettings, TransformersSettings
from policies.answers import Reading
from policies.fleet import Patience
from policies.scripted import toy_question
from policies.tokens import load_tokenizer
from schemas import (
    ROOT,
    ChatPrompt,
    CompletionRequest,
    ConfigError,
    Continuation,
    Message,
    PolicyError,
    Prefix,
    Sampling,
    ScoreRequest,
    TextPrompt,
    Tokens,
)

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.anyio

PROMPT = TextPrompt(text="Tom has 3 apples and")
STEP = Prefix(steps=(" buys 14 more.\n",), token_ids=None)
TEXTS = (
    "So Tom has 17 apples.\n#### 17",
    "#### 17",
    "#### 4",
    "naïve 😀 buyers pay 5 €.\n",
    "7",
    "",
    "First, 3 + 14 = 17.\nSo Tom has 17 apples.\nStep 1: 2 + 5 = 7",
)


def asked(*texts: str | Continuation, prompt=PROMPT, prefix=STEP) -> ScoreRequest:
    continuations = tuple(t if isinstance(t, Continuation) else Continuation(text=t) for t in texts)
    return ScoreRequest(prompt=prompt, prefix=prefix, continuations=continuations)


@pytest.fixture
def opened(model_dir, tmp_path):
    """Return an opener of the tiny model."""

    def make(**settings):
        options = {"model": model_dir, "device": "cpu", "max_batch": 4, "context": 128, **settings}
        return TransformersSettings(**options).open(tmp_path)

    return make


@pytest.fixture(scope="module")
def plain(model_dir):
    """Return what transformers gives in one pass over the whole sequence, and its tokenizer."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(model_dir, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(model_dir)

    def rows(before: list[int], ids: list[int]) -> torch.Tensor:
        with torch.no_grad():
            logits = model(torch.tensor([before + ids])).logits[0].double().log_softmax(-1)
        return logits[len(before) - 1 : len(before) + len(ids) - 1]

    def logprobs(before: list[int], ids: list[int]) -> list[float]:
        found = zip(rows(before, ids), ids, strict=True)
        return [row[token].item() for row, token in found]

    def best(before: list[int], ids: list[int]) -> list[float]:
        return [row.max().item() for row in rows(before, ids)]

    return logprobs, tokenizer, best


def ids_of(tokenizer, text):
    return tokenizer(text, add_special_tokens=False).input_ids


@pytest.mark.parametrize("deterministic", [False, True])
async def test_scores_are_those_of_one_plain_pass_over_the_whole_sequence(
    opened, plain, deterministic
):
    logprobs, tokenizer, best = plain
    for prefix in (STEP, ROOT):
        before = ids_of(tokenizer, PROMPT.text + prefix.text)
        async with opened(deterministic=deterministic) as policy:
            scores = await policy.score(asked(*TEXTS, prefix=prefix))
        for text, score in zip(TEXTS, scores, strict=True):
            expected = logprobs(before, ids_of(tokenizer, text))
            assert score.logprobs == pytest.approx(expected, abs=1e-4)
            assert score.best == pytest.approx(best(before, ids_of(tokenizer, text)), abs=1e-4)
            assert score.logprob == pytest.approx(sum(expected), abs=1e-3)
            assert score.covers(text)
            assert score.prompt_tokens == len(before)


async def test_sampled_tokens_are_scored_as_they_were_sampled(opened, ask):
    """A split character and all: what was drawn one by one is read at once."""
    async with opened() as policy:
        for completion in await policy.complete(ask(PROMPT, seeds=tuple(range(12)))):
            sampled = Continuation(text=completion.text, tokens=completion.tokens)
            (score,) = await policy.score(asked(sampled, prefix=ROOT))
            assert score.ends == completion.tokens.ends
            if completion.finish_reason == "length":
                assert score.logprob == pytest.approx(completion.logprob, abs=1e-3)
            else:
                assert score.logprob > completion.logprob, "the end of the text is not scored"


async def test_places_are_those_of_the_tokens_also_within_a_character(opened, plain):
    _, tokenizer, _ = plain
    text = "ì 😀 2ì €"  # the bytes of ì are tokens, the character is none
    async with opened() as policy:
        (score,) = await policy.score(asked(text))
    parts = [text[a:b] for a, b in _spans(score.ends)]
    assert "".join(parts) == text
    assert len(parts) == len(ids_of(tokenizer, text)) > len([p for p in parts if p])
    assert parts[:2] == ["", "ì"]


async def test_what_else_is_scored_or_decoded_changes_no_bit_in_the_deterministic_setting(
    opened, ask
):
    async with opened(deterministic=True) as policy:
        alone = {}
        for text in TEXTS:
            (alone[text],) = await policy.score(asked(text))
        for shuffle in range(4):
            texts = random.Random(shuffle).sample(TEXTS, len(TEXTS))
            async with asyncio.TaskGroup() as group:
                group.create_task(policy.complete(ask(seeds=(1, 2, 3, 4, 5))))
                group.create_task(policy.score(asked(*TEXTS, prefix=ROOT)))
                run = group.create_task(policy.score(asked(*texts)))
            again = dict(zip(texts, run.result(), strict=True))
            assert {t: again[t].logprobs for t in TEXTS} == {t: alone[t].logprobs for t in TEXTS}


async def test_a_long_text_is_scored_in_windows_and_short_ones_in_passes(
    opened, plain, monkeypatch
):
    logprobs, tokenizer, _ = plain
    monkeypatch.setattr("policies.slots._SCORED_AT_ONCE", 5)
    monkeypatch.setattr("policies.scoring._TOKENS_PER_PASS", 24)
    before = ids_of(tokenizer, PROMPT.text + STEP.text)
    async with opened() as policy:
        scores = await policy.score(asked(*TEXTS))
    for text, score in zip(TEXTS, scores, strict=True):
        assert score.logprobs == pytest.approx(logprobs(before, ids_of(tokenizer, text)), abs=1e-4)


async def test_a_prefix_is_read_once_however_many_texts_stand_behind_it(opened):
    async with opened() as policy:
        read, prefill = [], policy._model.slots.prefill
        policy._model.slots.prefill = lambda ids: (read.append(ids), prefill(ids))[1]
        scores = await policy.score(asked(*TEXTS))
        await policy.score(asked("17"))
    assert len(read) == 1
    (first, *others) = scores
    assert first.cached_tokens == 0
    assert {s.cached_tokens for s in others} == {first.prompt_tokens - 1}


async def test_where_the_context_has_no_room_the_last_tokens_are_missing(opened, plain):
    logprobs, tokenizer, _ = plain
    text = TEXTS[0]
    before, ids = ids_of(tokenizer, PROMPT.text + STEP.text), ids_of(tokenizer, text)
    async with opened(context=len(before) + 4) as policy:
        cut, whole = await policy.score(asked(text, "17"))
        (none,) = await policy.score(asked(text, prompt=TextPrompt(text="Tom has 3 apples " * 20)))
    assert cut.logprobs == pytest.approx(logprobs(before, ids)[:4], abs=1e-4)
    assert not cut.covers(text)
    assert whole.covers("17")
    assert (none.logprobs, none.covers(text), none.covers("")) == ((), False, True)


async def test_neither_scores_nor_completions_wait_for_the_others_queue(opened, ask):
    done = []

    async def note(kind, work):
        await work
        done.append(kind)

    async with opened() as policy, asyncio.TaskGroup() as group:
        for i in range(30):
            group.create_task(note("score", policy.score(asked(f"{i}", TEXTS[0]))))
            group.create_task(note("text", policy.complete(ask(seeds=(i,), max_tokens=12))))
    assert set(done[:20]) == {"score", "text"}


async def test_a_cancelled_score_leaves_the_queue(opened, ask):
    async with opened() as policy:
        work = [asyncio.create_task(policy.score(asked(*TEXTS))) for _ in range(50)]
        await asyncio.sleep(0)
        for one in work:
            one.cancel()
        await asyncio.gather(*work, return_exceptions=True)
        (score,) = await policy.score(asked("17"))
        assert score.covers("17")
        assert await policy.score(asked()) == ()


async def test_leaving_the_context_answers_those_who_wait_for_scores(opened):
    async with opened() as policy:
        work = asyncio.create_task(policy.score(asked(*[TEXTS[0]] * 5000)))
        await asyncio.sleep(0.2)
    with pytest.raises(PolicyError, match="closed"):
        await work
    with pytest.raises(PolicyError, match="closed"):
        await policy.score(asked("17"))


async def test_an_empty_prompt_leaves_nothing_to_stand_behind(opened):
    async with opened() as policy:
        with pytest.raises(ConfigError, match="prompt is empty"):
            await policy.score(asked("17", prompt=TextPrompt(text=""), prefix=ROOT))


async def test_chat_prompts_are_scored_behind_the_template(opened, plain):
    logprobs, tokenizer, _ = plain
    chat = ChatPrompt(messages=(Message(role="user", content="How many"),))
    before = tokenizer.apply_chat_template(
        [{"role": "user", "content": "How many"}], add_generation_prompt=True
    )["input_ids"]
    async with opened() as policy:
        (score,) = await policy.score(asked("17", prompt=chat, prefix=ROOT))
    assert score.logprobs == pytest.approx(logprobs(before, ids_of(tokenizer, "17")), abs=1e-4)


def test_a_text_is_tokenised_without_the_space_that_sentencepiece_puts_before_it(tmp_path):
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    pieces = ["<unk>", "▁", "▁17", "17", "<0x0A>", "▁a", "a"]
    tokenizer = Tokenizer(models.Unigram([(p, -1.0) for p in pieces], unk_id=0, byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.Replace("▁", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>").save_pretrained(tmp_path)
    ours = load_tokenizer(str(tmp_path))
    tokens = ours.pieces(Continuation(text="17"), ())
    assert (tokens.ids, tokens.ends) == ((3,), (2,))


QUESTION = TextPrompt(text=toy_question((3, 5, 9)))


@pytest.mark.parametrize("separator", ["\n", "\n\n"])
@pytest.mark.parametrize("no_answer", [0.0, 0.3])
@pytest.mark.parametrize("prefix", ["", "3 + 5 =", "3 + 5 = 8\n", "3 + 5 = 9\n\n", "Hm", "Hm\n"])
async def test_scripted_scores_are_the_frequencies_of_its_completions(separator, no_answer, prefix):
    """Every beginning of every text that its world writes, cut wherever you like."""
    settings = ScriptedSettings(
        error=0.4, recovery=0.3, no_answer=no_answer, separator=separator, seed=5
    )
    before, tries = Prefix(steps=(prefix,), token_ids=None), 3000
    request = CompletionRequest(
        prompt=QUESTION, prefix=before, sampling=Sampling(), seeds=tuple(range(tries))
    )
    texts = [settings.write(request, seed).text for seed in request.seeds]
    rng = random.Random(prefix)
    starts = {t[: rng.randrange(1, len(t) + 1)] for t in set(texts)} | set(texts)
    async with settings.open(None) as policy:
        starts = tuple(sorted(starts - {""}))
        scores = await policy.score(asked(*starts, prompt=QUESTION, prefix=before))
    for start, score in zip(starts, scores, strict=True):
        share, seen = math.exp(score.logprob), sum(t.startswith(start) for t in texts)
        assert abs(seen - tries * share) < 4.5 * (tries * share * (1 - share)) ** 0.5 + 1e-9
        assert score.covers(start)
        assert "".join(start[a:b] for a, b in _spans(score.ends)) == start


def _spans(ends):
    return zip((0, *ends), ends, strict=False)


async def test_a_scripted_completion_has_the_score_it_was_written_with():
    settings = ScriptedSettings(error=0.4, recovery=0.3)
    request = CompletionRequest(
        prompt=QUESTION, prefix=STEP, sampling=Sampling(), seeds=tuple(range(30))
    )
    async with settings.open(None) as policy:
        for completion in await policy.complete(request):
            sampled = Continuation(text=completion.text, tokens=completion.tokens)
            (score,) = await policy.score(asked(sampled, prompt=QUESTION))
            assert score.logprob == pytest.approx(completion.logprob)
            assert score.ends == completion.tokens.ends
            assert score.prompt_tokens == completion.prompt_tokens


async def test_what_the_scripted_world_would_not_write_has_a_floor_a_line():
    async with ScriptedSettings().open(None) as policy:
        texts = ("3 + 5 = 77", "Hm\nhm\n", "3 + 5 = 8\n#### 8", "3 + 5 = 8\n8 + 9 = 17\n#### 17\n")
        scores = await policy.score(asked(*texts, prompt=QUESTION, prefix=ROOT))
        (right,) = await policy.score(asked("3 + 5 = 8\n", prompt=QUESTION, prefix=ROOT))
        (ended,) = await policy.score(
            asked("more", prompt=QUESTION, prefix=Prefix(steps=("#### 17",), token_ids=None))
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


@pytest.fixture
def served(tmp_path):
    """Return an opener of a policy over fake servers."""

    def make(*servers, **settings):
        urls = tuple(server.url for server in servers)
        patience = Patience(backoff_s=0.01, longest_pause_s=0.05, outage_s=0.3, retries=3)
        return OpenAISettings(urls=urls, patience=patience, **settings).open(tmp_path)

    return make


TOM = TextPrompt(text="Tom")
THREE = Prefix(steps=("3 + ",), token_ids=tuple(map(ord, "3 + ")))


async def test_a_vllm_server_reads_the_text_behind_prompt_and_prefix(fake_server, served):
    async with fake_server().running() as server, served(server) as policy:
        scores = await policy.score(asked("4 = 7", "é", "", prompt=TOM, prefix=THREE))
    bodies = {len(body["prompt"]): body for _, body in server.requests}
    assert sorted(bodies) == [8, 12], "an empty text needs no server"
    assert bodies[12]["prompt"] == [*map(ord, "Tom3 + 4 = 7")]
    assert (bodies[12]["max_tokens"], bodies[12]["temperature"]) == (1, 0)
    assert bodies[12]["prompt_logprobs"] == 1
    first, second, empty = scores
    assert first.logprobs == tuple(-ord(c) / 128 - p for p, c in enumerate("4 = 7", 7))
    assert first.best == (-0.1,) * 5, "the likeliest token is another one"
    assert first.ends == (1, 2, 3, 4, 5)
    assert second.logprobs == (-ord("é") / 128 - 7,)
    assert (empty.logprobs, empty.prompt_tokens) == ((), 7)
    assert first.covers("4 = 7")


async def test_a_text_is_tokenised_once_by_the_server_and_sampled_tokens_never(fake_server, served):
    sampled = Continuation(text="ab", tokens=Tokens(ids=(7, 8), ends=(0, 2)))
    async with fake_server().running() as server, served(server) as policy:
        for prefix in (ROOT, THREE):
            await policy.score(asked("4 = 7", prompt=TOM, prefix=prefix))
        (score,) = await policy.score(asked(sampled, prompt=TOM, prefix=THREE))
    assert server.tokenized == 2
    assert server.requests[-1][1]["prompt"][-2:] == [7, 8]
    assert score.ends == (0, 2)


async def test_a_server_that_falters_is_asked_again(fake_server, served):
    async with fake_server().running() as server, served(server) as policy:
        server.faults = ["503", "torn", "garbage"]
        (score,) = await policy.score(asked("4", prompt=TOM))
        assert score.covers("4")
        server.faults = ["400"]
        with pytest.raises(PolicyError, match="refused the request with 400"):
            await policy.score(asked("4", prompt=TOM))


async def test_scores_and_completions_share_one_limit(fake_server, served, ask, until):
    async with fake_server().running() as server, served(server, max_in_flight=3) as policy:
        server.gate.clear()
        async with asyncio.TaskGroup() as group:
            group.create_task(policy.score(asked("1", "2", prompt=TOM)))
            await until(lambda: server.open_requests == 2)
            group.create_task(policy.complete(ask("Tom", seeds=(1, 5, 9))))
            group.create_task(policy.score(asked("3", "4", "5", prompt=TOM)))
            await until(lambda: server.open_requests == policy.in_flight == 3)
            server.gate.set()
    assert server.most_open == 3
    assert len(server.requests) == 8


async def test_the_context_keeps_room_for_the_token_that_a_server_must_write(fake_server, served):
    text = "x" * 300
    async with fake_server().running() as server, served(server) as policy:
        (score,) = await policy.score(asked(text, prompt=TOM, prefix=ROOT))
        (none,) = await policy.score(asked(text, prompt=TextPrompt(text="T" * 199)))
    ((_, body),) = server.requests
    assert len(body["prompt"]) == 199, "of a context of 200"
    assert (len(score.logprobs), score.covers(text)) == (196, False)
    assert none.logprobs == ()


async def test_a_server_that_is_not_vllm_cannot_score_and_the_remedy_is_named(fake_server, served):
    async with (
        fake_server(vllm=False, owner="sglang").running() as server,
        served(server) as policy,
    ):
        with pytest.raises(
            ConfigError, match=r"\(sglang\).*vLLM, use `kind: transformers`, or choose"
        ):
            await policy.score(asked("4", prompt=TOM))


@pytest.mark.parametrize(
    ("strings", "text", "ends"),
    [
        (("n", "", "\ufffdve"), "nïve", (1, 1, 4)),
        (("n", "", "\ufffdve"), "naïve", (1, 2, 5)),
        (("", "", "", "😀", "!"), "😀!", (0, 0, 0, 1, 2)),
        (("n", "", "f"), "neéf", (1, 3, 4)),
        (("a", "c"), "abc", None),
        (("1", "2"), "12", (1, 2)),
    ],
)
def test_tokens_that_end_within_characters_have_their_places(strings, text, ends):
    """As vLLM decodes them: the bytes of an ï shared out as in `aÃ`, `¯ve`."""
    reading = Reading(
        logprobs=(-1.0,) * len(strings),
        best=(-1.0,) * len(strings),
        strings=strings,
        prompt_tokens=1,
        cached_tokens=0,
    )
    assert reading.ends(text) == ends


async def test_places_in_doubt_need_a_tokenizer_here(fake_server, served):
    async with fake_server().running() as server, served(server) as policy:
        server.strings = {ord("é"): "e"}
        with pytest.raises(ConfigError, match="set `tokenizer`"):
            await policy.score(asked("né", prompt=TOM))
