"""Served policies: what is asked of servers, what is retried, and when a run gives up."""

import asyncio
import contextlib

import pytest
from pydantic import ValidationError

from policies import OpenAISettings
from policies.served.choices import Choices
from policies.served.limits import FairLimit
from policies.served.settings import Patience
from schemas import (
    ROOT,
    ChatPrompt,
    CompletionRequest,
    ConfigError,
    Message,
    PolicyError,
    Prefix,
)
from tests.policies.asking import Opened, ask, until
from tests.policies.served.fake_server import QUICK, FakeServer

pytestmark = pytest.mark.anyio

CHAT = ChatPrompt(messages=(Message(role="user", content="How many?"),))


async def test_a_prompt_goes_as_token_ids_and_tokens_come_back_with_their_places(
    opened: Opened,
) -> None:
    async with FakeServer().running() as server, opened(server) as policy:
        (completion,) = await policy.complete(ask("Tom", seeds=(5,)))
        assert policy.identity == "openai:m context=200 (vllm 0.32.0)"
    ((path, body),) = server.requests
    assert path == "/v1/completions"
    assert body["prompt"] == [84, 111, 109]
    assert body["return_token_ids"] is True
    assert completion.text == "3:5é."
    assert completion.tokens.ids == tuple(map(ord, "3:5é."))
    assert completion.tokens.ends == (1, 2, 3, 4, 5)
    assert completion.completion_tokens == 6, "the end token was paid for, and is no text"
    assert completion.logprob == -3.0


async def test_half_a_surrogate_pair_is_a_question_mark_and_ends_no_run() -> None:
    content = rb'{"choices": [{"text": "a\ud800b", "finish_reason": "stop"}], '
    content += b'"usage": {"prompt_tokens": 1, "completion_tokens": 3}}'
    choices = Choices.expecting(1, content)
    (completion,) = choices.completions((5,), None, None)
    assert completion.text == "a?b"


async def test_a_proxy_is_not_told_of_requests_within_this_machine(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with FakeServer().running() as proxy, FakeServer().running() as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        async with opened(server) as policy:
            await policy.complete(ask("Tom", seeds=(5,)))
    assert (len(proxy.requests), len(server.requests)) == (0, 1)


async def test_consecutive_seeds_share_a_request_and_others_do_not(opened: Opened) -> None:
    async with FakeServer().running() as server, opened(server) as policy:
        completions = await policy.complete(ask("Tom", seeds=(3, 4, 5, 9, 7)))
        await policy.complete(ask("Tom", seeds=(1, 2), temperature=0))
    asked = [(body["seed"], body.get("n", 1)) for _, body in server.requests]
    assert sorted(asked[:3]) == [(3, 3), (7, 1), (9, 1)]
    assert sorted(asked[3:]) == [(1, 1), (2, 1)], "vLLM refuses n > 1 at temperature 0"
    assert [c.text for c in completions] == [f"3:{seed}é." for seed in (3, 4, 5, 9, 7)]
    assert [c.seed for c in completions] == [3, 4, 5, 9, 7]


async def test_an_unknown_server_gets_text_and_one_seed_at_a_time(opened: Opened) -> None:
    prefix = Prefix(steps=("3 + ",), token_ids=(1, 2))
    async with FakeServer(vllm=False).running() as server, opened(server) as policy:
        first, _ = await policy.complete(ask("Tom", seeds=(1, 2), prefix=prefix, stop=("\n",)))
    assert [b["prompt"] for _, b in server.requests] == ["Tom3 + "] * 2
    assert all("n" not in b and "return_token_ids" not in b for _, b in server.requests)
    assert first.tokens is None
    assert (first.prompt_tokens, first.completion_tokens) == (7, 9)


async def test_the_servers_own_chat_template_is_used_once_and_asked_for_once(
    opened: Opened,
) -> None:
    async with FakeServer().running() as server, opened(server) as policy:
        for prefix in (ROOT, Prefix(steps=("AB",), token_ids=(65, 66)), ROOT):
            await policy.complete(ask(CHAT, prefix=prefix))
        assert server.tokenized == 1
        await policy.complete(ask(CHAT, prefix=Prefix(steps=("AB",), token_ids=None)))
    prompts = ["".join(map(chr, body["prompt"])) for _, body in server.requests]
    assert prompts == ["[How many?]>", "[How many?]>AB", "[How many?]>", "[How many?]>AB"]


async def test_variables_of_the_chat_template_reach_the_server_and_the_identity(
    opened: Opened,
) -> None:
    asked = {"enable_thinking": False}
    async with (
        FakeServer().running() as server,
        opened(server, chat_template_kwargs=asked) as policy,
    ):
        await policy.complete(ask(CHAT))
        assert policy.identity == (
            'openai:m context=200 template={"enable_thinking":false} (vllm 0.32.0)'
        )
        assert server.templates == [asked]
    async with (
        FakeServer(vllm=False).running() as other,
        opened(other, chat_template_kwargs=asked) as policy,
    ):
        await policy.complete(ask(CHAT))
        await policy.complete(ask("plain text"))
    assert [body.get("chat_template_kwargs") for _, body in other.requests] == [asked, None]


@pytest.mark.parametrize("name", ["add_generation_prompt", "not a name"])
def test_what_is_no_variable_of_a_template_is_refused_by_name(name: str) -> None:
    with pytest.raises(ValidationError, match=name):
        OpenAISettings(urls=("http://x/v1",), chat_template_kwargs={name: True})


async def test_a_chat_prefix_is_continued_where_possible_and_refused_elsewhere(
    opened: Opened,
) -> None:
    prefix = Prefix(steps=("First, ",), token_ids=None)
    async with FakeServer(vllm=False, owner="sglang").running() as server:
        async with opened(server) as policy:
            await policy.complete(ask(CHAT, prefix=prefix))
        path, body = server.requests[0]
        assert path == "/v1/chat/completions"
        assert body["messages"][-1] == {"role": "assistant", "content": "First, "}
        assert body["continue_final_message"] is True
    async with FakeServer(vllm=False).running() as server, opened(server) as policy:
        assert (await policy.complete(ask(CHAT)))[0].text
        with pytest.raises(ConfigError, match="set `tokenizer`"):
            await policy.complete(ask(CHAT, prefix=prefix))


async def test_a_local_tokenizer_renders_chats_for_servers_that_take_text(
    opened: Opened, model_dir: str
) -> None:
    prefix = Prefix(steps=("First, ",), token_ids=None)
    async with FakeServer(vllm=False).running() as server:
        async with opened(server, tokenizer=model_dir) as policy:
            await policy.complete(ask(CHAT, prefix=prefix))
        assert server.requests[0][1]["prompt"] == ("<|bos|><|user|>How many?\n<|assistant|>First, ")


@pytest.mark.parametrize("fault", ["429", "429 0.02", "500", "503", "close", "torn", "garbage"])
async def test_what_may_pass_is_tried_again(opened: Opened, fault: str) -> None:
    async with FakeServer().running() as server, opened(server) as policy:
        server.faults = [fault, fault]
        (completion,) = await policy.complete(ask("Tom", seeds=(5,)))
        assert completion.text == "3:5é."
        assert len(server.requests) == 3


async def test_a_hanging_request_is_tried_again(opened: Opened) -> None:
    patience = QUICK.model_copy(update={"request_timeout_s": 0.2})
    async with FakeServer().running() as server, opened(server, patience=patience) as policy:
        server.faults = ["hang"]
        (completion,) = await policy.complete(ask("Tom", seeds=(5,)))
        assert completion.text == "3:5é."


@pytest.mark.parametrize("status", [400, 401, 404, 422])
async def test_a_refusal_is_final_and_shows_the_servers_words(opened: Opened, status: int) -> None:
    async with FakeServer().running() as server, opened(server) as policy:
        server.faults = [str(status)] * 9
        server.gate.clear()
        run = asyncio.create_task(policy.complete(ask(seeds=(1, 5))))
        await until(lambda: server.open_requests == 2)
        server.gate.set()
        with pytest.raises(PolicyError, match=rf"{status}.*no luck"):
            await run
        assert len(server.requests) == 2, "neither is asked again"


async def test_retries_end(opened: Opened) -> None:
    async with FakeServer().running() as server, opened(server) as policy:
        server.faults = ["503"] * 99
        with pytest.raises(PolicyError, match=r"failed 4 times, last: 503.*patience\.retries"):
            await policy.complete(ask())
        assert len(server.requests) == 4


async def test_retry_after_is_honoured(opened: Opened) -> None:
    patience = Patience(backoff_s=0.001, longest_pause_s=5)
    async with FakeServer().running() as server, opened(server, patience=patience) as policy:
        server.faults = ["429 0.3"]
        started = asyncio.get_running_loop().time()
        await policy.complete(ask())
        assert asyncio.get_running_loop().time() - started >= 0.3


def of_problem(number: int) -> CompletionRequest:
    return ask(f"To{number}", seeds=(number,))


async def test_load_is_spread_and_a_dead_server_is_left_out_until_it_answers_again(
    opened: Opened,
) -> None:
    one, two = FakeServer(), FakeServer()
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(one.running())
        dying = contextlib.AsyncExitStack()
        await dying.enter_async_context(two.running())
        policy = await stack.enter_async_context(opened(one, two))
        one.gate.clear()
        two.gate.clear()
        async with asyncio.TaskGroup() as group:
            runs = [group.create_task(policy.complete(of_problem(s))) for s in range(10)]
            await until(lambda: one.open_requests + two.open_requests == 10)
            assert one.open_requests == two.open_requests == 5
            await dying.aclose()
            one.gate.set()
        assert [run.result()[0].text for run in runs] == [f"3:{s}é." for s in range(10)]
        await stack.enter_async_context(two.running(int(two.url.rsplit(":", 1)[1])))
        two.gate.set()
        before = len(two.requests)

        async def asked_again() -> None:
            while len(two.requests) == before:
                await asyncio.gather(*(policy.complete(of_problem(s)) for s in range(4)))

        await asyncio.wait_for(asked_again(), 30)


async def test_all_servers_gone_for_too_long_fails_and_names_them(opened: Opened) -> None:
    async with contextlib.AsyncExitStack() as stack:
        async with FakeServer().running() as one, FakeServer().running() as two:
            policy = await stack.enter_async_context(opened(one, two))
        with pytest.raises(PolicyError, match=r"for 0\.3 s") as failure:
            await policy.complete(ask())
        assert one.url in str(failure.value)
        assert two.url in str(failure.value)


async def test_a_short_outage_is_waited_out(opened: Opened) -> None:
    server = FakeServer()
    patience = QUICK.model_copy(update={"outage_s": 30})
    async with contextlib.AsyncExitStack() as stack:
        async with server.running():
            policy = await stack.enter_async_context(opened(server, patience=patience))
        run = asyncio.create_task(policy.complete(ask("Tom", seeds=(5,))))
        await until(lambda: policy.fleet.endpoints[0].down_since)
        async with server.running(int(server.url.rsplit(":", 1)[1])):
            assert (await run)[0].text == "3:5é."


async def test_the_limit_counts_sequences_and_releases_them_also_on_errors(opened: Opened) -> None:
    async with FakeServer().running() as server, opened(server, max_in_flight=6) as policy:
        async with asyncio.TaskGroup() as group:
            for start in range(0, 100, 10):
                seeds = tuple(range(start, start + 4))
                group.create_task(policy.complete(ask("Tom", seeds=seeds)))
        assert server.most_open == 4, "two groups of four exceed six"
        completions = await policy.complete(ask("Tom", seeds=tuple(range(20))))
        assert [c.seed for c in completions] == list(range(20))
        server.faults = ["400"]
        with pytest.raises(PolicyError):
            await policy.complete(ask())
        assert policy.in_flight == 0


async def test_a_cancelled_request_gives_its_place_back(opened: Opened) -> None:
    async with FakeServer().running() as server, opened(server, max_in_flight=1) as policy:
        server.gate.clear()
        running = asyncio.create_task(policy.complete(ask()))
        waiting = asyncio.create_task(policy.complete(ask()))
        await until(lambda: server.open_requests)
        for task in (waiting, running):
            task.cancel()
        await asyncio.wait({waiting, running})
        assert policy.in_flight == 0
        server.gate.set()
        await policy.complete(ask())


async def test_the_context_of_the_server_is_kept(opened: Opened) -> None:
    async with FakeServer().running() as server, opened(server) as policy:
        await policy.complete(ask("x" * 190))
        assert server.requests[-1][1]["max_tokens"] == 10
        full = await policy.complete(ask("x" * 200, seeds=(1, 2)))
        assert [(c.text, c.finish_reason) for c in full] == [("", "length")] * 2
        assert len(server.requests) == 1
        with pytest.raises(ConfigError, match=r"max_tokens=201 .* context of 200"):
            await policy.complete(ask(max_tokens=201))


async def test_servers_are_asked_once_what_they_are(opened: Opened) -> None:
    with pytest.raises(PolicyError, match=r"no server answers.*correct `urls`"):
        async with opened(urls=("http://127.0.0.1:9",)):
            pass
    async with FakeServer().running() as one, FakeServer(model="other").running() as two:
        with pytest.raises(ConfigError, match="servers are not equal"):
            async with opened(one, two):
                pass
        with pytest.raises(ConfigError, match=r"model='n'.*serves m; name one"):
            async with opened(one, model="n"):
                pass
        async with opened(one, urls=(one.url, "http://127.0.0.1:9/v1")) as policy:
            assert policy.identity == "openai:m context=200 (vllm 0.32.0)", (
                "the dead one is set aside"
            )


async def test_a_server_that_is_still_loading_is_set_aside_too(opened: Opened) -> None:
    async with FakeServer().running() as one, FakeServer().running() as two:
        two.loading = True
        async with opened(one, two) as policy:
            await policy.complete(ask(seeds=(1, 5, 9)))
        assert len(one.requests) == 3
        with pytest.raises(PolicyError, match=r"no server answers.*status 503"):
            async with opened(two):
                pass


async def test_the_key_comes_from_the_environment_alone(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_KEY", "s3cret")
    async with FakeServer().running() as server:
        async with opened(server, api_key_env="SOME_KEY") as policy:
            await policy.complete(ask())
        assert server.keys == {"bearer s3cret"}
        monkeypatch.delenv("SOME_KEY")
        with pytest.raises(ConfigError, match="api_key_env='SOME_KEY'"):
            async with opened(server, api_key_env="SOME_KEY"):
                pass


async def test_rows_call_a_served_model_by_its_folders_name_and_tell_no_path(
    opened: Opened,
) -> None:
    server = FakeServer(model="/home/ada/models/m-7b")
    async with server.running(), opened(server) as policy:
        assert policy.identity == "openai:m-7b context=200 (vllm 0.32.0)"


async def test_a_server_that_repeats_our_key_does_not_bring_it_before_people(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_KEY", "s3cret")
    server = FakeServer()
    async with server.running():
        server.faults = ["400 s3cret"]
        async with opened(server, api_key_env="SOME_KEY") as policy:
            with pytest.raises(PolicyError, match=r"no luck \*\*\*") as refused:
                await policy.complete(ask())
    assert "s3cret" not in str(refused.value)


async def test_an_answer_that_lost_token_ids_counts_as_torn(opened: Opened) -> None:
    server = FakeServer()
    async with server.running(), opened(server) as policy:
        server.faults = ["ids lost"]
        (completion,) = await policy.complete(ask("Tom", seeds=(5,)))
    assert completion.tokens.ids == tuple(map(ord, "3:5é."))
    assert len(server.requests) == 2


async def test_an_answer_nested_beyond_reading_counts_as_torn(opened: Opened) -> None:
    server = FakeServer()
    async with server.running(), opened(server) as policy:
        server.faults = ["nested"]
        assert await policy.complete(ask())


async def test_an_answer_that_is_no_servers_is_shown_with_the_remedy(opened: Opened) -> None:
    server = FakeServer()
    server.version = "<html>"
    async with server.running():
        with pytest.raises(PolicyError, match=r"/version answered .*<html>.*Check `urls`"):
            async with opened(server):
                pass


def test_what_is_no_url_is_refused_by_value() -> None:
    with pytest.raises(ValidationError, match="'localhost:8000' is no URL"):
        OpenAISettings(urls=("localhost:8000",))


def test_a_password_in_a_url_is_refused_since_configurations_are_written_to_disk() -> None:
    with pytest.raises(ValidationError, match="`api_key_env`"):
        OpenAISettings(urls=("http://user:s3cret@gpu1:8000/v1",))


async def test_a_large_group_is_not_starved_by_small_ones() -> None:
    limit, order = FairLimit(4), []

    async def take(name: str, count: int) -> None:
        async with limit.hold(count):
            order.append(name)
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        for name, count in (("a", 3), ("large", 4), ("b", 1), ("c", 1)):
            group.create_task(take(name, count))
    assert order == ["a", "large", "b", "c"]


async def test_what_waits_for_room_leaves_none_idle() -> None:
    limit = FairLimit(4)
    async with limit.hold(3), asyncio.TaskGroup() as group:
        assert limit.idle == 1
        waiting = group.create_task(limit.hold(2).__aenter__())
        await asyncio.sleep(0)
        assert limit.idle == 0
        waiting.cancel()
    assert limit.in_flight == 0
