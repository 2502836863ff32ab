"""A model server without a model: the scripted policy's world behind vLLM's API, with its latency.

    python -m benchmarks.simulated_server --latency 0.5

prints its URL and serves until its input ends. Tokens are characters. It runs in a process of its
own, so what it costs is nobody else's.

Latency: a completion takes `latency` seconds, and `per_token` seconds a token besides, which grows
by `per_active` for each sequence that is being written at the time (vLLM on one GPU, a 7B model:
about 7 ms + 0.03 ms x active, `../shared/reference/vllm.md`).
"""

import argparse
import asyncio
import itertools
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import orjson
from aiohttp import web

from policies.scripted import ScriptedSettings
from schemas import Completion, CompletionRequest, Prefix, Sampling, TextPrompt

MODEL = "simulated"
_CONTEXT = 1 << 20
_END = 0
_STALL_S = 8.0
FAULTS = (
    *("reset", "stall", "500", "503", "429", "torn"),
    *("too few choices", "ids lost", "wrong ids", "aborted"),
)
"""What a completion request may meet instead of its answer; a stall ends in a reset."""
_PROMPT_ENDS = "Answer:\n"
_ASKS_FOR_A_PLAN = "Write one sub-task a line"
_PLAN = "1. Add the first two numbers.\n2. Add the next one.\n3. Add what is left."


@dataclass(kw_only=True)
class Simulation:
    """What the server is, and what it is doing."""

    latency: float = 0.0
    per_token: float = 0.0
    per_active: float = 0.0
    faults: float = 0.0
    """Share of completion requests that meet a fault, each of `FAULTS` in turn."""
    seed: int = 0
    active: int = 0
    """Sequences being written."""
    written: int = 0
    """Tokens written so far."""
    frozen: bool = False
    """Whether it takes requests for tokens and never answers them; SIGUSR1 changes that."""
    world = ScriptedSettings(error=0.2)

    def app(self) -> web.Application:
        """Return what answers requests."""
        app = web.Application(client_max_size=1 << 26)
        app.add_routes(
            [
                web.get("/v1/models", self._models),
                web.get("/version", self._version),
                web.get("/metrics", self._metrics),
                web.post("/tokenize", self._tokenize),
                web.post("/detokenize", self._detokenize),
                web.post("/v1/completions", self._complete),
            ]
        )
        return app

    async def _models(self, _: web.Request) -> web.Response:
        return _json({"data": [{"id": MODEL, "owned_by": "vllm", "max_model_len": _CONTEXT}]})

    async def _version(self, _: web.Request) -> web.Response:
        return _json({"version": "0.32.0"})

    async def _metrics(self, _: web.Request) -> web.Response:
        return web.Response(text=f"vllm:generation_tokens_total {self.written}\n")

    async def _tokenize(self, request: web.Request) -> web.Response:
        return _json({"tokens": list(map(ord, orjson.loads(await request.read())["prompt"]))})

    async def _detokenize(self, request: web.Request) -> web.Response:
        ids = orjson.loads(await request.read())["tokens"]
        return _json({"prompt": "".join(map(chr, ids))})

    def freeze(self) -> None:
        """Write nothing any more, or write again."""
        self.frozen = not self.frozen

    def __post_init__(self) -> None:
        self._rng = random.Random(self.seed)
        self._next_fault = itertools.cycle(FAULTS)

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        body = orjson.loads(await request.read())
        if self.frozen:
            await asyncio.Event().wait()
        fault = next(self._next_fault) if self._rng.random() < self.faults else ""
        if fault:
            print(fault, file=sys.stderr, flush=True)
        if fault in ("reset", "stall"):
            await asyncio.sleep(_STALL_S if fault == "stall" else 0)
            if request.transport:
                request.transport.abort()
            return web.Response()
        if fault.isdecimal():
            return web.Response(status=int(fault), headers={"Retry-After": "0.1"})
        answer = await self._answer(body)
        return _json(_spoilt(answer, fault, self._rng)) if fault != "torn" else _torn(answer)

    async def _answer(self, body: dict[str, Any]) -> dict[str, Any]:
        asked = body["prompt"]  # ids, but text in the test at the start
        text = asked if isinstance(asked, str) else "".join(map(chr, asked))
        prompt, _, prefix = text.partition(_PROMPT_ENDS)
        request = CompletionRequest(
            prompt=TextPrompt(text=prompt + _PROMPT_ENDS),
            prefix=Prefix(steps=(prefix,), token_ids=None),
            sampling=Sampling(
                temperature=body["temperature"],
                max_tokens=body["max_tokens"],
                stop=tuple(body.get("stop") or ()),
            ),
            seeds=tuple(body["seed"] + i for i in range(body.get("n", 1))),
        )
        written = [self.world.write(request, seed) for seed in request.seeds]
        if _ASKS_FOR_A_PLAN in prompt:  # which the world has no words for
            written = [replace(one, text=_PLAN, finish_reason="stop") for one in written]
        await self._take_time(written)
        choices = [_choice(index, one) for index, one in enumerate(written)]
        tokens = sum(len(choice["token_ids"]) for choice in choices)
        self.written += tokens
        usage = {"prompt_tokens": len(body["prompt"]), "completion_tokens": tokens}
        return {"choices": choices, "usage": usage}

    async def _take_time(self, written: list[Completion]) -> None:
        self.active += len(written)
        try:
            await self.sleep(max(len(one.text) for one in written))
        finally:
            self.active -= len(written)

    async def sleep(self, tokens: int) -> None:
        """Take as long as so many tokens of one sequence take."""
        a_token = self.per_token + self.per_active * self.active
        await asyncio.sleep(self.latency + a_token * tokens)


def _spoilt(answer: dict[str, Any], fault: str, rng: random.Random) -> dict[str, Any]:
    first = answer["choices"][0]
    if fault == "too few choices":
        answer["choices"].pop()
    if fault == "ids lost":
        del first["token_ids"][-2:]
    if fault == "wrong ids":
        first["token_ids"][0] += rng.randrange(1, 1000)
    if fault == "aborted":
        first["finish_reason"] = "abort"
    return answer


def _torn(answer: dict[str, Any]) -> web.Response:
    whole = orjson.dumps(answer)
    return web.Response(body=whole[: len(whole) // 2], content_type="application/json")


def _choice(index: int, written: Completion) -> dict[str, Any]:
    stop = written.stopped_by or ""
    strings = [*written.text, *(stop or ["<|end|>"])]
    return {
        "index": index,
        "text": written.text,
        "finish_reason": written.finish_reason,
        "stop_reason": stop or None,
        "token_ids": [*map(ord, written.text), *(map(ord, stop) if stop else [_END])],
        "logprobs": {"tokens": strings, "token_logprobs": [-0.5] * len(strings)},
    }


def _json(value: object) -> web.Response:
    return web.Response(body=orjson.dumps(value), content_type="application/json")


@contextmanager
def simulated(
    *,
    latency: float = 0.0,
    per_token: float = 0.0,
    per_active: float = 0.0,
    module: str = "benchmarks.simulated_server",
) -> Iterator[str]:
    """Serve from a process of its own; yields its URL."""
    options = {"--latency": latency, "--per-token": per_token, "--per-active": per_active}
    command = [sys.executable, "-m", module]
    command += [str(part) for option in options.items() for part in option]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as it:
        assert it.stdin
        assert it.stdout
        try:
            yield it.stdout.readline().strip()
        finally:
            it.stdin.close()


async def _serve(simulation: Simulation, port: int) -> None:
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, simulation.freeze)
    runner = web.AppRunner(simulation.app(), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port, backlog=4096, reuse_address=True)
    await site.start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}/v1", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


def main(simulation: type[Simulation]) -> None:
    """Serve until the input ends."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    for option in ("--latency", "--per-token", "--per-active", "--faults"):
        parser.add_argument(option, type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--port", type=int, default=0)
    options = vars(parser.parse_args())
    asyncio.run(_serve(port=options.pop("port"), simulation=simulation(**options)))


if __name__ == "__main__":
    main(Simulation)
