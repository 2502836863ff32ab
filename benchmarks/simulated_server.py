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
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import orjson
from aiohttp import web

from policies.scripted import ScriptedSettings
from schemas import Completion, CompletionRequest, Prefix, Sampling, TextPrompt

MODEL = "simulated"
_CONTEXT = 1 << 20
_END = 0
_PROMPT_ENDS = "Answer:\n"


@dataclass(kw_only=True)
class Simulation:
    """What the server is, and what it is doing."""

    latency: float = 0.0
    per_token: float = 0.0
    per_active: float = 0.0
    active: int = 0
    """Sequences being written."""
    world = ScriptedSettings(error=0.2)

    def app(self) -> web.Application:
        """Return what answers requests."""
        app = web.Application(client_max_size=1 << 26)
        app.add_routes(
            [
                web.get("/v1/models", self._models),
                web.get("/version", self._version),
                web.post("/tokenize", self._tokenize),
                web.post("/v1/completions", self._complete),
            ]
        )
        return app

    async def _models(self, _: web.Request) -> web.Response:
        return _json({"data": [{"id": MODEL, "owned_by": "vllm", "max_model_len": _CONTEXT}]})

    async def _version(self, _: web.Request) -> web.Response:
        return _json({"version": "0.32.0"})

    async def _tokenize(self, request: web.Request) -> web.Response:
        return _json({"tokens": list(map(ord, orjson.loads(await request.read())["prompt"]))})

    async def _complete(self, request: web.Request) -> web.Response:
        body = orjson.loads(await request.read())
        prompt, _, prefix = "".join(map(chr, body["prompt"])).partition(_PROMPT_ENDS)
        asked = CompletionRequest(
            prompt=TextPrompt(text=prompt + _PROMPT_ENDS),
            prefix=Prefix(steps=(prefix,), token_ids=None),
            sampling=Sampling(temperature=body["temperature"], max_tokens=body["max_tokens"]),
            seeds=tuple(body["seed"] + i for i in range(body.get("n", 1))),
        )
        written = [self.world.write(asked, seed) for seed in asked.seeds]
        await self._take_time(written)
        tokens = sum(len(one.text) + 1 for one in written)
        usage = {"prompt_tokens": len(body["prompt"]), "completion_tokens": tokens}
        choices = [_choice(index, one) for index, one in enumerate(written)]
        return _json({"choices": choices, "usage": usage})

    async def _take_time(self, written: list[Completion]) -> None:
        self.active += len(written)
        try:
            a_token = self.per_token + self.per_active * self.active
            longest = max(len(one.text) for one in written)
            await asyncio.sleep(self.latency + a_token * longest)
        finally:
            self.active -= len(written)


def _choice(index: int, written: Completion) -> dict[str, Any]:
    strings = [*written.text, "<|end|>"]
    return {
        "index": index,
        "text": written.text,
        "finish_reason": written.finish_reason,
        "stop_reason": None,
        "token_ids": [*map(ord, written.text), _END],
        "logprobs": {"tokens": strings, "token_logprobs": [-0.5] * len(strings)},
    }


def _json(value: object) -> web.Response:
    return web.Response(body=orjson.dumps(value), content_type="application/json")


@contextmanager
def simulated(
    *, latency: float = 0.0, per_token: float = 0.0, per_active: float = 0.0
) -> Iterator[str]:
    """Serve from a process of its own; yields its URL."""
    options = {"--latency": latency, "--per-token": per_token, "--per-active": per_active}
    command = [sys.executable, "-m", "benchmarks.simulated_server"]
    command += [str(part) for option in options.items() for part in option]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as it:
        assert it.stdin
        assert it.stdout
        try:
            yield it.stdout.readline().strip()
        finally:
            it.stdin.close()


async def _serve(simulation: Simulation) -> None:
    runner = web.AppRunner(simulation.app(), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=4096)
    await site.start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}/v1", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    for option in ("--latency", "--per-token", "--per-active"):
        parser.add_argument(option, type=float, default=0.0, help="seconds")
    asyncio.run(_serve(Simulation(**vars(parser.parse_args()))))
