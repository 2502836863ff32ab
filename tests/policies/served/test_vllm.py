"""The real vLLM, from its own venv, serving the tiny model."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from policies import OpenAISettings, VllmSettings
from schemas import (
    ChatPrompt,
    Continuation,
    Message,
    PolicyError,
    Prefix,
    ScoreRequest,
    TextPrompt,
)
from tests.policies.asking import ask, until

REPOSITORY = Path(__file__).parents[3]
PYTHON = Path(os.environ.get("STEPMINT_VLLM_PYTHON", REPOSITORY / ".venv-vllm/bin/python"))

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.vllm,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not PYTHON.exists(), reason=f"no vLLM at {PYTHON} (STEPMINT_VLLM_PYTHON)"),
]

CHAT = ChatPrompt(messages=(Message(role="user", content="How many apples?"),))


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def policy(model_dir: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Any]:
    settings = VllmSettings(
        model=model_dir,
        python=str(PYTHON),
        dtype="float32",
        max_model_len=256,
        extra_args=("--enforce-eager",),
        env={"VLLM_CPU_KVCACHE_SPACE": "1", "OMP_NUM_THREADS": "1"},
    )
    async with settings.open(tmp_path_factory.mktemp("run")) as opened:
        yield opened


@pytest.fixture
async def control_node(
    policy: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Any]:
    """Yield a client of the same server that has no tokenizer of its own."""
    monkeypatch.setenv("KEY", policy.fleet._transport.api_key)
    urls = tuple(endpoint.url for endpoint in policy.fleet.endpoints)
    async with OpenAISettings(urls=urls, api_key_env="KEY").open(tmp_path) as opened:
        yield opened


async def test_samples_do_not_depend_on_how_they_share_requests(policy: Any) -> None:
    seeds = tuple(range(40, 48))
    together = await policy.complete(ask(seeds=seeds))
    async with asyncio.TaskGroup() as group:
        alone = [group.create_task(policy.complete(ask(seeds=(seed,)))) for seed in seeds]
    assert [(c.seed, c.text, c.tokens) for c in together] == [
        (c.seed, c.text, c.tokens) for run in alone for c in run.result()
    ]
    assert len({c.text for c in together}) > 4


async def test_a_prefix_is_continued_from_the_very_tokens_that_were_sampled(policy: Any) -> None:
    (whole,) = await policy.complete(ask(temperature=0, max_tokens=16))
    cut = 7
    prefix = Prefix(
        steps=(whole.text[: whole.tokens.ends[cut - 1]],), token_ids=whole.tokens.ids[:cut]
    )
    (rest,) = await policy.complete(ask(prefix=prefix, temperature=0, max_tokens=16 - cut))
    assert rest.prompt_tokens == whole.prompt_tokens + cut
    assert prefix.token_ids + rest.tokens.ids == whole.tokens.ids
    assert prefix.text + rest.text == whole.text


async def test_greedy_completions_are_those_of_transformers(
    policy: Any, model_dir: str, tmp_path: Path
) -> None:
    pytest.importorskip("torch")
    from policies import TransformersSettings

    settings = TransformersSettings(model=model_dir, device="cpu", context=256)
    async with settings.open(tmp_path) as embedded:
        for prompt in ("Tom has 3 apples", CHAT):
            request = ask(prompt, temperature=0)
            (ours,), (theirs,) = await embedded.complete(request), await policy.complete(request)
            assert (ours.text, ours.tokens) == (theirs.text, theirs.tokens)
            assert ours.prompt_tokens == theirs.prompt_tokens
            assert ours.completion_tokens == theirs.completion_tokens
            assert ours.logprob == pytest.approx(theirs.logprob, abs=1e-3)


SCORED = ("#### 17", "So Tom has 17 apples.\n", "naïve 😀 buyers pay 5 €.", "7", "x" * 300)


async def test_scores_are_those_of_transformers(
    policy: Any, control_node: Any, model_dir: str, tmp_path: Path
) -> None:
    pytest.importorskip("torch")
    from policies import TransformersSettings

    settings = TransformersSettings(model=model_dir, device="cpu", context=256)
    step = Prefix(steps=(" and buys 14 more.\n",), token_ids=None)
    async with settings.open(tmp_path) as embedded:
        for prompt in (TextPrompt(text="Tom has 3 apples"), CHAT):
            request = ScoreRequest(
                prompt=prompt,
                prefix=step,
                continuations=tuple(Continuation(text=text) for text in SCORED),
            )
            ours = await embedded.score(request)
            for theirs in (await policy.score(request), await control_node.score(request)):
                for text, a, b in zip(SCORED, ours, theirs, strict=True):
                    assert a.prompt_tokens == b.prompt_tokens
                    count = len(b.logprobs)
                    assert a.logprobs[:count] == pytest.approx(b.logprobs, abs=1e-3)
                    assert a.best[:count] == pytest.approx(b.best, abs=1e-3)
                    assert a.ends[:count] == b.ends
                    assert b.covers(text) or text is SCORED[-1]


async def test_stop_strings_end_the_text_before_them(policy: Any) -> None:
    (free,) = await policy.complete(ask(seeds=(3,)))
    stop = next(free.text[i : i + 2] for i in range(6, 20) if free.text[i : i + 2].isascii())
    (stopped,) = await policy.complete(ask(seeds=(3,), stop=(stop,)))
    assert stopped.text == free.text[: free.text.index(stop)]
    assert stopped.finish_reason == "stop"
    assert stopped.tokens.ends[-1] <= len(stopped.text)


async def test_a_control_node_without_a_tokenizer_gets_the_same(
    policy: Any, control_node: Any
) -> None:
    as_text = Prefix(steps=("Step 1: 2 + 5 = 7\n",), token_ids=None)
    for request in (ask(seeds=(1, 2)), ask(CHAT, seeds=(1, 2)), ask(CHAT, prefix=as_text)):
        here = await policy.complete(request)
        there = await control_node.complete(request)
        assert [c.text for c in here] == [c.text for c in there]
        assert [c.prompt_tokens for c in here] == [c.prompt_tokens for c in there]
        for a, b in zip(here, there, strict=True):
            assert b.tokens in (a.tokens, None), "in doubt only where bytes make no character"
    assert policy.identity.startswith("vllm:tiny-qwen2@")
    assert control_node.identity.startswith("openai:tiny-qwen2 context=256 (vllm ")


async def test_what_vllm_refuses_is_shown_in_its_words(policy: Any) -> None:
    with pytest.raises(PolicyError, match=r"400.*body\.stop"):
        await policy.complete(ask(stop=tuple("abcdefgh")))
    body = {"model": "nobody", "prompt": "x"}
    with pytest.raises(PolicyError, match=r"404.*nobody.*Valid aliases: tiny-qwen2"):
        await policy.fleet.post("/v1/completions", body, lambda response: response)


async def test_prompts_that_fill_the_context_come_back_truncated(policy: Any) -> None:
    (full,) = await policy.complete(ask("Tom has 3 apples " * 99))
    assert (full.text, full.finish_reason) == ("", "length")
    (cut,) = await policy.complete(ask("Tom has " * 100, temperature=0, max_tokens=256))
    assert cut.prompt_tokens + cut.completion_tokens <= 256


async def test_a_server_killed_in_mid_run_is_restarted_and_every_request_answered(
    policy: Any,
) -> None:
    (port,) = (endpoint.url.rsplit(":", 1)[1] for endpoint in policy.fleet.endpoints)
    requests = [ask(f"Tom has {i} apples", seeds=(0, 1, 2, 3), max_tokens=99) for i in range(80)]
    async with asyncio.TaskGroup() as group:
        runs = [group.create_task(policy.complete(request)) for request in requests]
        await until(lambda: any(run.done() for run in runs))
        assert not all(run.done() for run in runs)
        for child in psutil.Process().children(recursive=True):
            command = child.cmdline()
            if port in command and "-I" not in command:
                child.kill()
    assert all(len(run.result()) == 4 for run in runs)
    (again,) = await policy.complete(ask("Tom has 3 apples", seeds=(2,), max_tokens=99))
    assert again.text == runs[3].result()[2].text
