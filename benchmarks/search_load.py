"""How full searches at test time keep a model server.

    python -m benchmarks.search_load
    python -m benchmarks.search_load --in-flight 256 --problems 200 --prm-ms 0.5

The server of `benchmarks.client_cost`: a process of its own that answers after the same latency
whatever is asked. The reward model is a rule that takes so many milliseconds a solution, in the
thread in which a real one would be. Each row is a search of its own: journal, verdicts, tables.
`busy` is the share of `--in-flight` that is in flight in mid-run, the second and third quarters of
the time.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from benchmarks import made
from benchmarks.pipeline import terms
from benchmarks.simulated_server import simulated
from schemas import Grades
from tasks.search_settings import SearchRun
from tasks.searching import SearchBoard, search

_LOOK_S = 0.02
SEARCHES: dict[str, dict[str, Any]] = {
    "best_of_n": {"n": 16},
    "beam": {"n": 16, "expand": 4},
    "lookahead": {"n": 16, "expand": 4, "k": 2},
    "puct": {"paths": 8, "width": 4},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one search was to the server."""

    search: str
    busy: float
    samples: int
    seconds: float


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


async def _watched(run: SearchRun, in_flight: int) -> tuple[float, SearchBoard]:
    board, seen = SearchBoard(), list[int]()

    async def watch() -> None:
        while True:
            await asyncio.sleep(_LOOK_S)
            if board.phase.startswith("searching"):
                seen.append(board.in_flight())

    watching = asyncio.create_task(watch())
    await search(run, board)
    watching.cancel()
    middle = seen[len(seen) // 4 : 3 * len(seen) // 4]
    return sum(middle) / len(middle) / in_flight, board


def measured(name: str, *, problems: int, in_flight: int, latency: float, prm_ms: float) -> Load:
    """Search made problems with a server."""
    with (
        tempfile.TemporaryDirectory(prefix="stepmint-") as folder,
        simulated(latency=latency) as url,
    ):
        path = made.sums(Path(folder) / "sums.jsonl", terms(problems))
        run = SearchRun.model_validate(
            {
                "name": "made",
                "output": f"{folder}/output",
                "source": {"kind": "file", "path": str(path)},
                "prompt": "synthetic",
                "sampling": {"temperature": 1.0, "max_tokens": 1000},
                "policy": {"kind": "openai", "urls": [url], "max_in_flight": in_flight},
                "prm": {"model": folder},
                "searches": [{"kind": name} | SEARCHES[name]],
            }
        )
        loaded = SimpleNamespace(load_grader=lambda *_, **__: Rule(prm_ms / 1000))
        with patch.dict(sys.modules, {"prm.grading": loaded}):
            began = time.perf_counter()
            busy, board = asyncio.run(_watched(run, in_flight))
        seconds = time.perf_counter() - began
        return Load(search=name, busy=busy, samples=board.costs.rollouts, seconds=seconds)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--in-flight", type=int, default=256)
    parser.add_argument("--problems", type=int, default=200)
    parser.add_argument("--latency", type=float, default=1.0, help="seconds a request takes")
    parser.add_argument("--prm-ms", type=float, default=0.5, help="milliseconds a solution takes")
    parser.add_argument("--quick", action="store_true", help="less of everything")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    small = {"problems": 40, "in_flight": 64, "latency": 0.3} if options.quick else {}
    asked = {
        name: getattr(options, name) for name in ("problems", "in_flight", "latency", "prm_ms")
    }
    print(f"{'search':>10} {'busy':>6} {'samples':>9} {'seconds':>8}")
    found = []
    for name in SEARCHES:
        found.append(one := measured(name, **asked | small))
        print(f"{name:>10} {one.busy:>6.0%} {one.samples:>9,} {one.seconds:>8.1f}", flush=True)
    if options.json:
        options.json.write_text(json.dumps([asdict(one) for one in found], indent=2) + "\n")


if __name__ == "__main__":
    main()
