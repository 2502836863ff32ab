"""Whether a server that fails in every way changes a byte of the dataset.

    python -m benchmarks.chaos
    python -m benchmarks.chaos --problems 400 --faults 0.1 --restarts 5

The same made problems are labelled twice: with a calm server, and with one of which a share of
requests meets a fault (`benchmarks.simulated_server.FAULTS`: resets, stalls, 5xx, 429, torn JSON,
too few choices, lost or wrong token ids, aborted choices) and which meanwhile is killed and started
again, and freezes: it answers all but requests for tokens. The committed tables have to be equal to
the byte; else the exit status is 1.
"""

import argparse
import asyncio
import itertools
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from benchmarks.pipeline import Measured, labelled, made_run
from benchmarks.simulated_server import FAULTS
from policies import OpenAISettings
from policies.served.settings import Patience
from tasks.files import digest
from tasks.settings import LabelRun

_PATIENCE = Patience(
    request_timeout_s=5, stall_s=1, backoff_s=0.05, longest_pause_s=0.5, outage_s=60, retries=40
)
_DOWN_S = 1.0
_FROZEN_S = 3.0


class Server:
    """A simulated server that can be killed and started again at its address."""

    def __init__(self, log: Path, *, faults: float) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/v1"
        self._log, self._faults, self._lives = log, faults, itertools.count()
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it, with other faults than in its earlier lives, and wait until it listens."""
        command = [sys.executable, "-m", "benchmarks.simulated_server", "--latency", "0.05"]
        command += ["--faults", str(self._faults), "--port", str(self.port)]
        command += ["--seed", str(next(self._lives))]
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self._process.stdout
        self._process.stdout.readline()

    def freeze(self) -> None:
        """Have it write nothing any more, or write again."""
        if self._process:
            self._process.send_signal(signal.SIGUSR1)

    def kill(self) -> None:
        """Kill it in the middle of what it does."""
        if self._process:
            self._process.send_signal(signal.SIGKILL)
            self._process.communicate()


@asynccontextmanager
async def dying(server: Server, restarts: int, every_s: float) -> AsyncIterator[None]:
    """Freeze a server so often, and kill it and start it again."""

    async def work() -> None:
        for _ in range(restarts):
            await asyncio.sleep(every_s / 2)
            server.freeze()
            await asyncio.sleep(_FROZEN_S)
            server.freeze()
            await asyncio.sleep(every_s / 2)
            server.kill()
            await asyncio.sleep(_DOWN_S)
            await asyncio.to_thread(server.start)

    task = asyncio.create_task(work())
    try:
        yield
        if not task.done():
            raise SystemExit("the run ended before the last restart: give more --problems")
        task.result()
    finally:
        task.cancel()


async def labelled_by(server: Server, run: LabelRun, restarts: int, every_s: float) -> Measured:
    """Label a run while its server dies so often."""
    await asyncio.to_thread(server.start)
    try:
        async with dying(server, restarts, every_s):
            return await labelled(run)
    finally:
        server.kill()


def tables(run: LabelRun) -> dict[str, str]:
    """Return the digests of a run's committed tables."""
    files = (path for path in run.folder.rglob("*.parquet") if "staging" not in path.parts)
    return {str(path.relative_to(run.folder)): digest(path) for path in files}


def measure(log: Path, *, problems: int, faults: float, restarts: int, every_s: float) -> bool:
    """Label twice and print what came of it; returns whether the tables are equal."""
    found: dict[str, dict[str, str]] = {}
    labeler = {"kind": "math_shepherd", "stop": "first_success"}
    with made_run(problems, labeler=labeler) as made:
        for name, share, deaths in (("calm", 0.0, 0), ("chaos", faults, restarts)):
            server = Server(log, faults=share)
            policy = OpenAISettings(urls=(server.url,), max_in_flight=256, patience=_PATIENCE)
            run = made.model_copy(update={"name": name, "policy": policy})
            started = time.perf_counter()
            took = asyncio.run(labelled_by(server, run, deaths, every_s))
            found[name] = tables(run)
            print(
                f"{name:>6}: {took.counts.rollouts:,} rollouts in "
                f"{time.perf_counter() - started:.0f} s, {len(found[name])} tables",
                flush=True,
            )
    met = Counter(log.read_text().splitlines())
    print("faults: " + ", ".join(f"{met[name]} {name}" for name in FAULTS))
    print(f"freezes: {restarts}, restarts: {restarts}")
    differ = [name for name in found["calm"] if found["chaos"].get(name) != found["calm"][name]]
    equal = not differ and found["calm"].keys() == found["chaos"].keys()
    print("tables: equal to the byte" if equal else f"tables: {len(differ)} differ: {differ[:5]}")
    return equal


def main() -> None:
    """Measure, and exit with 1 where a byte differs."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--problems", type=int, default=200)
    parser.add_argument("--faults", type=float, default=0.1)
    parser.add_argument("--restarts", type=int, default=3)
    parser.add_argument("--every-s", type=float, default=5.0, help="between two restarts")
    options = parser.parse_args()
    with tempfile.NamedTemporaryFile(prefix="stepmint-") as log:
        equal = measure(
            Path(log.name),
            problems=options.problems,
            faults=options.faults,
            restarts=options.restarts,
            every_s=options.every_s,
        )
    sys.exit(not equal)


if __name__ == "__main__":
    main()
