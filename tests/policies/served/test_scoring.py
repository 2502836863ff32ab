"""Forced texts read by servers: what is asked of them, and what they say."""

import asyncio

import pytest

from policies.served.choices import PromptLogprobs
from schemas import ROOT, ConfigError, Continuation, PolicyError, Prefix, TextPrompt, Tokens
from tests.policies.asking import Opened, ask, to_score, until
from tests.policies.served.fake_server import FakeServer

pytestmark = pytest.mark.anyio


TOM = TextPrompt(text="Tom")
THREE = Prefix(steps=("3 + ",), token_ids=tuple(map(ord, "3 + ")))


async def test_a_vllm_server_reads_the_text_behind_prompt_and_prefix(opened: Opened) -> None:
    async with FakeServer().running() as server, opened(server) as policy:
        scores = await policy.score(to_score("4 = 7", "é", "", prompt=TOM, prefix=THREE))
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


async def test_a_text_is_tokenised_once_by_the_server_and_sampled_tokens_never(
    opened: Opened,
) -> None:
    sampled = Continuation(text="ab", tokens=Tokens(ids=(7, 8), ends=(0, 2)))
    async with FakeServer().running() as server, opened(server) as policy:
        for prefix in (ROOT, THREE):
            await policy.score(to_score("4 = 7", prompt=TOM, prefix=prefix))
        (score,) = await policy.score(to_score(sampled, prompt=TOM, prefix=THREE))
    assert server.tokenized == 2
    assert server.requests[-1][1]["prompt"][-2:] == [7, 8]
    assert score.ends == (0, 2)


async def test_a_server_that_falters_is_asked_again(opened: Opened) -> None:
    async with FakeServer().running() as server, opened(server) as policy:
        server.faults = ["503", "torn", "garbage"]
        (score,) = await policy.score(to_score("4", prompt=TOM))
        assert score.covers("4")
        server.faults = ["400"]
        with pytest.raises(PolicyError, match="refused the request with 400"):
            await policy.score(to_score("4", prompt=TOM))


async def test_scores_and_completions_share_one_limit(opened: Opened) -> None:
    async with FakeServer().running() as server, opened(server, max_in_flight=3) as policy:
        server.gate.clear()
        async with asyncio.TaskGroup() as group:
            group.create_task(policy.score(to_score("1", "2", prompt=TOM)))
            await until(lambda: server.open_requests == 2)
            group.create_task(policy.complete(ask("Tom", seeds=(1, 5, 9))))
            group.create_task(policy.score(to_score("3", "4", "5", prompt=TOM)))
            await until(lambda: server.open_requests == policy.in_flight == 3)
            server.gate.set()
    assert server.most_open == 3
    assert len(server.requests) == 8


async def test_the_context_keeps_room_for_the_token_that_a_server_must_write(
    opened: Opened,
) -> None:
    text = "x" * 300
    async with FakeServer().running() as server, opened(server) as policy:
        (score,) = await policy.score(to_score(text, prompt=TOM, prefix=ROOT))
        (none,) = await policy.score(to_score(text, prompt=TextPrompt(text="T" * 199)))
    ((_, body),) = server.requests
    assert len(body["prompt"]) == 199, "of a context of 200"
    assert (len(score.logprobs), score.covers(text)) == (196, False)
    assert none.logprobs == ()


async def test_a_server_that_is_not_vllm_cannot_score_and_the_remedy_is_named(
    opened: Opened,
) -> None:
    async with (
        FakeServer(vllm=False, owner="sglang").running() as server,
        opened(server) as policy,
    ):
        with pytest.raises(
            ConfigError, match=r"\(sglang\).*vLLM, use `kind: transformers`, or choose"
        ):
            await policy.score(to_score("4", prompt=TOM))
        assert "(sglang)" in policy.cannot_score
    async with FakeServer().running() as server, opened(server) as policy:
        assert not policy.cannot_score


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
def test_tokens_that_end_within_characters_have_their_places(
    strings: tuple[str, ...], text: str, ends: tuple[int, ...]
) -> None:
    """As vLLM decodes them: the bytes of an ï shared out as in `aÃ`, `¯ve`."""
    read = PromptLogprobs(
        logprobs=(-1.0,) * len(strings),
        best=(-1.0,) * len(strings),
        strings=strings,
        prompt_tokens=1,
        cached_tokens=0,
    )
    assert read.ends(text) == ends


async def test_places_in_doubt_need_a_tokenizer_here(opened: Opened) -> None:
    async with FakeServer().running() as server, opened(server) as policy:
        server.strings = {ord("é"): "e"}
        with pytest.raises(ConfigError, match="set `tokenizer`"):
            await policy.score(to_score("né", prompt=TOM))
