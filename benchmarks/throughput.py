"""How full the pipeline keeps an engine, beside a plain client that has nothing else to do.

    python -m benchmarks.throughput --vllm .venv-vllm/bin/python
    python -m benchmarks.throughput --url http://gpu1:8000/v1 --in-flight 1024

A first run records the requests of every rollout that a labeler asks for. Then, in turns, a plain
asyncio client sends these very requests, so many sequences at a time and none waiting for another,
and the pipeline labels the same problems anew: problems staged, requests in the order in which the
labeler comes to need them, answers journaled, judged and written as tables. The ratio is the
client's time over the pipeline's. `running`: sequences that vLLM says it runs, meanwhile.
"""

import argparse
import asyncio
import json
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from statistics import mean
from typing import Any

import aiohttp

from benchmarks.pipeline import labelled, made_run
from policies.served.admission import Load
from policies.served.limits import FairLimit
from policies.served.transport import Answer, Transport
from tasks.settings import LabelRun

ROOT = Path(__file__).resolve().parents[1]
LABELERS: Mapping[str, Mapping[str, Any]] = {
    "fixed": {"stop": "fixed"},
    "first_success": {"stop": "first_success"},
    "skip": {"stop": "first_success", "after_error": "skip"},
}
_START_S = 600


@contextmanager
def served(python: str) -> Iterator[str]:
    """Start a vLLM on this machine's CPU with the demo policy; yields its URL."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [os.path.abspath(python), "-m", "vllm.entrypoints.openai.api_server"]
    command += ["--model", str(ROOT / "demo/policy"), "--served-model-name", "demo"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--dtype", "float32"]
    command += ["--enforce-eager", "--no-enable-chunked-prefill", "--disable-uvicorn-access-log"]
    env = {**os.environ, "VLLM_CPU_KVCACHE_SPACE": "1", "OMP_NUM_THREADS": "1"}
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(command, stdout=log, stderr=log, env=env, cwd="/") as server,
    ):
        try:
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            server.terminate()


async def until_it_answers(url: str) -> None:
    """Wait for a server's start."""
    deadline = time.monotonic() + _START_S
    async with aiohttp.ClientSession() as session:
        while time.monotonic() < deadline:
            with suppress(aiohttp.ClientError):
                async with session.get(f"{url}/models") as answer:
                    if answer.ok:
                        return
            await asyncio.sleep(1)
    raise SystemExit(f"{url} does not answer")


@contextmanager
def recorded() -> Iterator[list[tuple[str, Mapping[str, object]]]]:
    """Yield the list to which every request is added, with its address."""
    sent: list[tuple[str, Mapping[str, object]]] = []
    post = Transport.post

    async def posted(
        self: Transport, url: str, body: Mapping[str, object], **options: Any
    ) -> Answer:
        sent.append((url, body))
        return await post(self, url, body, **options)

    Transport.post = posted  # type: ignore[method-assign]
    try:
        yield sent
    finally:
        Transport.post = post  # type: ignore[method-assign]


async def plain(requests: list[tuple[str, Mapping[str, Any]]], in_flight: int) -> int:
    """Send requests as fast as a client can; returns the tokens that came back."""
    limit, tokens = FairLimit(in_flight), 0

    async def send(url: str, body: Mapping[str, Any]) -> int:
        async with limit.hold(body.get("n", 1)), session.post(url, json=body) as answer:
            answer.raise_for_status()
            return int(json.loads(await answer.read())["usage"]["completion_tokens"])

    timeout = aiohttp.ClientTimeout(total=None)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        async with asyncio.TaskGroup() as group:
            work = [group.create_task(send(url, body)) for url, body in requests]
        tokens = sum(one.result() for one in work)
    return tokens


@asynccontextmanager
async def watched(url: str) -> AsyncIterator[list[float]]:
    """Yield the list of how many sequences the server ran, seen twice a second."""
    seen: list[float] = []

    async def look() -> None:
        async with aiohttp.ClientSession() as session:
            while True:
                async with session.get(url.removesuffix("/v1") + "/metrics") as answer:
                    load = Load.read(await answer.read())
                seen.append(load.running if load else 0)
                await asyncio.sleep(0.5)

    task = asyncio.create_task(look())
    try:
        yield seen
    finally:
        task.cancel()


async def measure(run: LabelRun, url: str, in_flight: int, repeats: int) -> list[str]:
    """Return a row per repeat: the plain client, then the pipeline."""
    with recorded() as sent:
        await labelled(renamed(run, "recorded"), ahead=False)
    requests = [(address, body) for address, body in sent if address.endswith("completions")]
    rows = []
    for repeat in range(repeats):
        async with watched(url) as busy:
            started = time.perf_counter()
            tokens = await plain(requests, in_flight)
            alone = time.perf_counter() - started
        async with watched(url) as filled:
            found = await labelled(renamed(run, f"repeat-{repeat}"))
        rows.append(
            f"{tokens / alone:>12,.0f} {tokens / found.wall_s:>10,.0f} {alone / found.wall_s:>7.2f}"
            f" {mean(busy):>9.0f} {mean(filled):>9.0f} {found.counts.rollouts:>9,}"
            f" {found.cpu_ms:>7.2f}"
        )
    return rows


def renamed(run: LabelRun, name: str) -> LabelRun:
    """Return the same run for another folder."""
    return run.model_copy(update={"name": name})


async def compare(url: str, options: argparse.Namespace) -> None:
    """Print a table."""
    await until_it_answers(url)
    print(f"{'labeler':>14} {'client tok/s':>12} {'ours':>10} {'ratio':>7} {'running':>9}", end="")
    print(f" {'ours':>9} {'rollouts':>9} {'CPU ms':>7}", flush=True)
    for name in options.labelers:
        policy = {"kind": "openai", "urls": [url], "max_in_flight": options.in_flight}
        labeler = {"kind": "math_shepherd", "num_solutions": 8, **LABELERS[name]}
        source = {"kind": "synthetic", "seed": 7, "count": options.problems}
        sampling = {"temperature": 1.0, "max_tokens": 320}
        shape = {"labeler": labeler, "source": source, "sampling": sampling}
        with made_run(1, policy=policy, **shape) as run:
            for row in await measure(run, url, options.in_flight, options.repeats):
                print(f"{name:>14} {row}", flush=True)


def main() -> None:
    """Compare on a server that runs, or on one started here."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--url", help="of a vLLM server whose model solves synthetic problems")
    where.add_argument("--vllm", help="the Python that has vLLM's CPU build")
    parser.add_argument("--in-flight", type=int, default=256)
    parser.add_argument("--problems", type=int, default=60)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--labelers", nargs="*", choices=LABELERS, default=list(LABELERS))
    options = parser.parse_args()
    if options.url:
        asyncio.run(compare(options.url, options))
        return
    with served(options.vllm) as url:
        asyncio.run(compare(url, options))


if __name__ == "__main__":
    main()
