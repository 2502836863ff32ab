"""How full recipes keep a model server.

    python -m benchmarks.recipe_load
    python -m benchmarks.recipe_load --in-flight 256 --problems 200 --recipes rstar star

The server of `benchmarks.client_cost`: a process of its own that answers after the same latency
whatever is asked. A reward model is the rule of `benchmarks.search_load`. Each recipe is made as
the command makes it: problems staged, journal, verdicts, tables. `busy` is the share of
`--in-flight` that is in flight in mid-stage, the second and third quarters of its time; stages of
less than two seconds, a wave or two of requests, are left out.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from pydantic import TypeAdapter

from benchmarks import made
from benchmarks.pipeline import terms
from benchmarks.search_load import Rule
from benchmarks.simulated_server import simulated
from policies import OpenAISettings
from policies.seam import Policy
from tasks.recipes import AnyRecipe, RecipeBoard, make

_LOOK_S = 0.02
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


async def _watched(recipe: AnyRecipe, in_flight: int) -> tuple[dict[str, list[int]], RecipeBoard]:
    """Make a recipe; return what was in flight at each look, by stage."""
    board, seen, opened = RecipeBoard(), dict[str, list[int]](), list[Policy]()
    really = OpenAISettings.open

    @asynccontextmanager
    async def noted(settings: OpenAISettings, run_dir: Path) -> AsyncIterator[Policy]:
        async with really(settings, run_dir) as policy:
            opened.append(policy)
            yield policy

    async def watch() -> None:
        while True:
            await asyncio.sleep(_LOOK_S)
            if board.problems and opened:
                seen.setdefault(board.phase, []).append(opened[-1].in_flight)

    watching = asyncio.create_task(watch())
    with patch.object(OpenAISettings, "open", noted):
        await make(recipe, recipe, board)
    watching.cancel()
    return seen, board


def measured(
    kind: str, *, problems: int, in_flight: int, latency: float, prm_ms: float
) -> list[Load]:
    """Make a recipe of made problems with a server."""
    with (
        tempfile.TemporaryDirectory(prefix="stepmint-") as folder,
        simulated(latency=latency) as url,
    ):
        policy = {"kind": "openai", "urls": [url], "max_in_flight": in_flight}
        more = {"discriminator": {"policy": policy}} if kind == "rstar" else {}
        recipe: AnyRecipe = TypeAdapter(AnyRecipe).validate_python(
            {
                "kind": kind,
                "name": "made",
                "output": f"{folder}/output",
                "source": {
                    "kind": "file",
                    "path": str(made.sums(Path(folder) / "sums.jsonl", terms(problems))),
                },
                "prompt": "synthetic",
                "sampling": {"temperature": 1.0, "max_tokens": 1000},
                "policy": policy,
                **RECIPES[kind],
                **more,
            }
        )
        loaded = SimpleNamespace(load_grader=lambda *_, **__: Rule(prm_ms / 1000))
        with patch.dict(sys.modules, {"prm.grading": loaded}):
            cpu = time.process_time()
            seen, board = asyncio.run(_watched(recipe, in_flight))
            cpu = time.process_time() - cpu
    samples = board.costs.rollouts
    return [
        Load(
            recipe=kind,
            stage=stage,
            busy=_middle(looks) / in_flight,
            seconds=len(looks) * _LOOK_S,
            samples=samples,
            cpu_ms=1000 * cpu / samples,
        )
        for stage, looks in seen.items()
        if len(looks) * _LOOK_S >= _LEAST_S
    ]


def _middle(looks: list[int]) -> float:
    middle = looks[len(looks) // 4 : 3 * len(looks) // 4]
    return sum(middle) / len(middle)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--in-flight", type=int, default=256)
    parser.add_argument("--problems", type=int, default=200)
    parser.add_argument("--latency", type=float, default=1.0, help="seconds a request takes")
    parser.add_argument("--prm-ms", type=float, default=0.5, help="milliseconds a solution takes")
    parser.add_argument("--recipes", nargs="*", default=list(RECIPES), choices=list(RECIPES))
    parser.add_argument("--quick", action="store_true", help="less of everything")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    small = {"problems": 40, "in_flight": 64, "latency": 0.2} if options.quick else {}
    asked = {
        name: getattr(options, name) for name in ("problems", "in_flight", "latency", "prm_ms")
    }
    print(f"{'recipe':>20} {'stage':>20} {'busy':>6} {'seconds':>8} {'samples':>9} {'CPU ms':>7}")
    found = []
    for kind in options.recipes:
        for one in measured(kind, **asked | small):
            found.append(one)
            print(
                f"{one.recipe:>20} {one.stage:>20} {one.busy:>6.0%} {one.seconds:>8.1f} "
                f"{one.samples:>9,} {one.cpu_ms:>7.2f}",
                flush=True,
            )
    if options.json:
        options.json.write_text(json.dumps([asdict(one) for one in found], indent=2) + "\n")


if __name__ == "__main__":
    main()
