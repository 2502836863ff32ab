"""`python -m benchmarks.label_truth`: labelers against solutions whose first error is known.

python -m benchmarks.label_truth --quick
python -m benchmarks.label_truth --world scripted-a --solutions 1500 --picture frontier.png
python -m benchmarks.label_truth --labelers "double_search N=8" --labeler '{"kind": ...}'
python -m benchmarks.label_truth --world neural                  # from cached rollouts
python -m benchmarks.label_truth --world neural --sample demo/policy --problems 150
"""

import argparse
import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from pydantic import ValidationError
from rich.console import Console

from benchmarks.label_truth.contenders import FRUGAL, STANDARD, Contender, chosen, own
from benchmarks.label_truth.contenders import QUICK as QUICK_LABELERS
from benchmarks.label_truth.measure import Bench
from benchmarks.label_truth.neural import HELD_OUT, NeuralSettings, replayed, sampled
from benchmarks.label_truth.picture import draw
from benchmarks.label_truth.report import Line, as_json, line, show
from benchmarks.label_truth.scripted import ScriptedWorld
from benchmarks.label_truth.worlds import World
from schemas import RunError

WORLDS = ("scripted-a", "scripted-b", "neural", "planted")
RECOVERABLE = (0.15, 0.3, 0.5)
QUICK = 60
CACHED = Path(__file__).parent / "cached"
JOURNAL = Path("output/label_truth/demo.journal")


def main() -> None:
    """Measure the chosen labelers in the chosen worlds."""
    options = _options()
    asyncio.run(_run(options))


async def _run(options: argparse.Namespace) -> None:
    console = Console(width=max(Console().width, 170))
    found: dict[str, list[Line]] = {}
    for opened in _worlds(options):
        async with opened as world:
            lines = await _lines(world, options, console)
        if not lines:
            continue
        found[world.name] = lines
        show(world.name, lines, console)
        if options.json:
            _write(options.json, options, found)
    if options.picture and found:
        draw(found, options.picture)


async def _lines(world: World, options: argparse.Namespace, console: Console) -> list[Line]:
    lines = []
    bench = Bench(world, retest=not options.no_retest)
    for contender in _contenders(options, world):
        began = time.process_time()
        try:
            measured = await bench.measure(contender)
            lines.append(line(measured, seed=options.seed))
        except* RunError as lacking:
            console.print(f"{contender.name} left out: {_first(lacking)}")
        if options.timing:
            console.print(f"{contender.name}: {time.process_time() - began:.1f} s CPU")
    return lines


def _first(group: BaseException) -> BaseException:
    while isinstance(group, BaseExceptionGroup):
        group = group.exceptions[0]
    return group


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.label_truth",
        description="Measure labelers against solutions whose first error is known.",
    )
    add = parser.add_argument
    add("--world", action="append", choices=WORLDS, help="default: both scripted worlds")
    add("--labelers", nargs="+", default=[], metavar="NAME", help="families, or one budget of one")
    add("--labeler", action="append", default=[], metavar="JSON", help="also these settings")
    add("--recoverable", type=float, nargs="+", help="scripted: shares of recoverable errors")
    add("--solutions", type=int, default=600, help="scripted: with a wrong final answer")
    add("--per-problem", type=int, default=1, help="scripted: solutions per problem")
    add("--sample", metavar="MODEL", help="neural, planted: sample what the cache lacks")
    add("--cache", type=Path, default=CACHED, metavar="FOLDER", help="neural, planted: rollouts")
    add("--world-seed", type=int, default=HELD_OUT, help="neural, planted: of sampled problems")
    add("--problems", type=int, default=150, help="neural, planted: problems to sample")
    add("--seed", type=int, default=0, help="of scripted worlds and of the bootstrap")
    add("--quick", action="store_true", help="ends within a minute on two cores")
    add("--no-retest", action="store_true", help="one draw instead of two")
    add("--timing", action="store_true", help="CPU seconds per labeler")
    add("--json", type=Path, metavar="FILE", help="write the figures here too")
    add("--picture", type=Path, metavar="FILE", help="draw accuracy against tokens")
    return parser.parse_args()


def _contenders(options: argparse.Namespace, world: World) -> Sequence[Contender]:
    try:
        mine = [own(text) for text in options.labeler]
        if mine and not options.labelers:
            return mine
        cached = QUICK_LABELERS if options.quick else FRUGAL
        usual = STANDARD if isinstance(world, ScriptedWorld) else cached
        return [*chosen(options.labelers or usual), *mine]
    except ValidationError as error:
        raise SystemExit(f"--labeler: {error}") from error
    except ValueError as error:
        raise SystemExit(str(error)) from error


def _worlds(options: argparse.Namespace) -> list[AbstractAsyncContextManager[World]]:
    opened: list[AbstractAsyncContextManager[World]] = []
    for name in options.world or WORLDS[:2]:
        if name in ("neural", "planted"):
            opened.append(_neural(name, options))
        else:
            shares = options.recoverable or ((0.3,) if options.quick else RECOVERABLE)
            opened += (_scripted(name, share, options) for share in shares)
    return opened


@asynccontextmanager
async def _scripted(
    name: str, share: float, options: argparse.Namespace
) -> AsyncIterator[ScriptedWorld]:
    solutions = min(options.solutions, QUICK) if options.quick else options.solutions
    yield ScriptedWorld(
        law="a" if name == "scripted-a" else "b",
        recoverable=share,
        wrong=solutions,
        right=solutions // 3,
        per_problem=options.per_problem,
        seed=options.seed,
    )


def _neural(name: str, options: argparse.Namespace) -> AbstractAsyncContextManager[World]:
    path = options.cache / f"{name}.parquet"
    if not options.sample:
        return replayed(path)
    settings = NeuralSettings.model_validate(
        {"kind": name, "problems": options.problems, "seed": options.world_seed}
    )
    return sampled(settings, model=options.sample, journal=JOURNAL, path=path)


def _write(path: Path, options: argparse.Namespace, found: dict[str, list[Line]]) -> None:
    worlds = {name: as_json(lines) for name, lines in found.items()}
    path.write_text(json.dumps({"seed": options.seed, "worlds": worlds}, indent=1) + "\n")


if __name__ == "__main__":
    main()
