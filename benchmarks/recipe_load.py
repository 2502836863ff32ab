"""How full recipes keep a model server.

    python -m benchmarks.recipe_load
    python -m benchmarks.recipe_load --in-flight 256 --problems 200 --recipes rstar star

Server and reward model are those of `benchmarks.load`. Each recipe is made as the command makes it:
problems staged, journal, verdicts, tables. `busy` is the share of `--in-flight` that is in flight
in mid-stage, the second and third quarters of its time; stages of less than two seconds, a wave or
two of requests, are left out.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from pydantic import TypeAdapter

from benchmarks.load import LOOK_S, Asked, asked, looking, middle, parser, served, write
from policies import OpenAISettings
from policies.seam import Policy
from tasks.recipes import AnyRecipe, RecipeBoard, make

_LEAST_S = 2.0
_PRM = {"kind": "prm", "model": str(Path(__file__).parent)}
RECIPES: Mapping[str, Mapping[str, Any]] = {
    "self_consistency": {"samples": 16},
    "star": {"samples": 4},
    "best_of_n": {"samples": 8, "chooser": _PRM},
    "stepwise_best_of_n": {"samples": 4, "chooser": _PRM},
    "self_refine": {},
    "workflow": {},
    "rstar": {"tree": {"rollouts": 6}},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one stage of a recipe was to the server."""

    recipe: str
    stage: str
    busy: float
    seconds: float
    samples: int
    """Of the whole recipe."""
    cpu_ms: float
    """Of our process, per sample, over the whole recipe."""


async def _watched(recipe: AnyRecipe) -> tuple[dict[str, list[int]], RecipeBoard]:
    """Make a recipe; return what was in flight at each look, by stage."""
    board, seen, opened = RecipeBoard(), dict[str, list[int]](), list[Policy]()
    really = OpenAISettings.open

    @asynccontextmanager
    async def noted(settings: OpenAISettings, run_dir: Path) -> AsyncIterator[Policy]:
        async with really(settings, run_dir) as policy:
            opened.append(policy)
            yield policy

    def look() -> None:
        if board.problems and opened:
            seen.setdefault(board.phase, []).append(opened[-1].in_flight)

    with patch.object(OpenAISettings, "open", noted):
        async with looking(look):
            await make(recipe, recipe, board)
    return seen, board


def measured(kind: str, asked: Asked) -> list[Load]:
    """Make a recipe of made problems with a server."""
    with served(asked) as settings:
        more = {"discriminator": {"policy": settings["policy"]}} if kind == "rstar" else {}
        recipe: AnyRecipe = TypeAdapter(AnyRecipe).validate_python(
            {"kind": kind, **settings, **RECIPES[kind], **more}
        )
        cpu = time.process_time()
        seen, board = asyncio.run(_watched(recipe))
        cpu = time.process_time() - cpu
    samples = board.costs.rollouts
    return [
        Load(
            recipe=kind,
            stage=stage,
            busy=middle(looks) / asked.in_flight,
            seconds=len(looks) * LOOK_S,
            samples=samples,
            cpu_ms=1000 * cpu / samples,
        )
        for stage, looks in seen.items()
        if len(looks) * LOOK_S >= _LEAST_S
    ]


def main() -> None:
    """Print a table."""
    taking = parser(__doc__)
    taking.add_argument("--recipes", nargs="*", default=list(RECIPES), choices=list(RECIPES))
    options = taking.parse_args()
    print(f"{'recipe':>20} {'stage':>20} {'busy':>6} {'seconds':>8} {'samples':>9} {'CPU ms':>7}")
    found = []
    for kind in options.recipes:
        for one in measured(kind, asked(options, quick_latency=0.2)):
            found.append(one)
            print(
                f"{one.recipe:>20} {one.stage:>20} {one.busy:>6.0%} {one.seconds:>8.1f} "
                f"{one.samples:>9,} {one.cpu_ms:>7.2f}",
                flush=True,
            )
    write(found, options.json)


if __name__ == "__main__":
    main()
