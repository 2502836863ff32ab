"""How full searches at test time keep a model server.

    python -m benchmarks.search_load
    python -m benchmarks.search_load --in-flight 256 --problems 200 --prm-ms 0.5

Server and reward model are those of `benchmarks.load`. Each row is a search of its own: journal,
verdicts, tables. `busy` is the share of `--in-flight` that is in flight in mid-run, the second and
third quarters of the time.
"""

import asyncio
import time
from dataclasses import dataclass
from typing import Any

from benchmarks.load import Asked, asked, looking, middle, parser, served, write
from tasks.search_settings import SearchRun
from tasks.searching import SearchBoard, search

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


async def _watched(run: SearchRun) -> tuple[list[int], SearchBoard]:
    """Search; return what was in flight at each look."""
    board, seen = SearchBoard(), list[int]()

    def look() -> None:
        if board.phase.startswith("searching"):
            seen.append(board.in_flight())

    async with looking(look):
        await search(run, board)
    return seen, board


def measured(name: str, asked: Asked) -> Load:
    """Search made problems with a server."""
    with served(asked) as settings:
        run = SearchRun.model_validate(
            settings
            | {
                "prm": {"model": settings["output"]},
                "searches": [{"kind": name} | SEARCHES[name]],
            }
        )
        began = time.perf_counter()
        seen, board = asyncio.run(_watched(run))
        seconds = time.perf_counter() - began
    return Load(
        search=name,
        busy=middle(seen) / asked.in_flight,
        samples=board.costs.rollouts,
        seconds=seconds,
    )


def main() -> None:
    """Print a table."""
    options = parser(__doc__).parse_args()
    print(f"{'search':>10} {'busy':>6} {'samples':>9} {'seconds':>8}")
    found = []
    for name in SEARCHES:
        found.append(one := measured(name, asked(options, quick_latency=0.3)))
        print(f"{name:>10} {one.busy:>6.0%} {one.samples:>9,} {one.seconds:>8.1f}", flush=True)
    write(found, options.json)


if __name__ == "__main__":
    main()
