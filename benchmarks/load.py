"""How full a model server is kept: what benchmarks of it share.

The server is that of `benchmarks.client_cost`: a process of its own that answers after the same
latency whatever is asked. The reward model is a rule that takes so many milliseconds a solution, in
the thread in which a real one would be.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from benchmarks import made
from benchmarks.pipeline import terms
from benchmarks.simulated_server import simulated
from schemas import Grades

LOOK_S = 0.02
"""Between two looks at what is in flight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is measured with."""

    problems: int
    in_flight: int
    latency: float
    """Seconds a request takes."""
    prm_ms: float
    """Milliseconds a solution takes the reward model."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Grades by length, and takes its time."""

    seconds: float
    form: str = "rule"

    def read(self, solutions: Iterable[tuple[str, Sequence[str]]]) -> Iterator[Grades]:
        """Yield a solution's grades."""
        whole = list(solutions)
        time.sleep(self.seconds * len(whole))
        for _, steps in whole:
            yield Grades(steps=tuple(1 / (1 + len(step)) for step in steps), tokens=len(steps))


def parser(description: str) -> argparse.ArgumentParser:
    """Return a parser of what every such benchmark takes."""
    found = argparse.ArgumentParser(description=description.partition("\n")[0])
    found.add_argument("--in-flight", type=int, default=256)
    found.add_argument("--problems", type=int, default=200)
    found.add_argument("--latency", type=float, default=1.0, help="seconds a request takes")
    found.add_argument("--prm-ms", type=float, default=0.5, help="milliseconds a solution takes")
    found.add_argument("--quick", action="store_true", help="less of everything")
    found.add_argument("--json", type=Path, help="write the figures to this file")
    return found


def asked(options: argparse.Namespace, *, quick_latency: float) -> Asked:
    """Return what was asked for; the latency of `--quick` is the benchmark's own."""
    if options.quick:
        return Asked(problems=40, in_flight=64, latency=quick_latency, prm_ms=options.prm_ms)
    return Asked(
        problems=options.problems,
        in_flight=options.in_flight,
        latency=options.latency,
        prm_ms=options.prm_ms,
    )


@contextmanager
def served(asked: Asked) -> Iterator[dict[str, Any]]:
    """Serve while the context lasts; yield the settings of work that asks the server.

    Whatever reward model the work names, the rule grades.
    """
    with (
        tempfile.TemporaryDirectory(prefix="stepmint-") as folder,
        simulated(latency=asked.latency) as url,
    ):
        path = made.sums(Path(folder) / "sums.jsonl", terms(asked.problems))
        settings = {
            "name": "made",
            "output": f"{folder}/output",
            "source": {"kind": "file", "path": str(path)},
            "prompt": "synthetic",
            "sampling": {"temperature": 1.0, "max_tokens": 1000},
            "policy": {"kind": "openai", "urls": [url], "max_in_flight": asked.in_flight},
        }
        loaded = SimpleNamespace(load_grader=lambda *_, **__: Rule(asked.prm_ms / 1000))
        with patch.dict(sys.modules, {"prm.grading": loaded}):
            yield settings


@asynccontextmanager
async def looking(look: Callable[[], None]) -> AsyncIterator[None]:
    """Look again and again while the context lasts."""

    async def watch() -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            look()

    watching = asyncio.create_task(watch())
    yield
    watching.cancel()


def middle(looks: Sequence[int]) -> float:
    """Return the mean of the second and third quarters."""
    found = looks[len(looks) // 4 : 3 * len(looks) // 4]
    return sum(found) / len(found)


def write(found: Sequence[Any], path: Path | None) -> None:
    """Write figures where they are asked for."""
    if path:
        path.write_text(json.dumps([asdict(one) for one in found], indent=2) + "\n")
