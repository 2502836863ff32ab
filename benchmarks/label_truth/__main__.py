"""`python -m benchmarks.label_truth`: labelers against solutions whose first error is known.

python -m benchmarks.label_truth --quick
python -m benchmarks.label_truth --world scripted-a --solutions 1500 --picture frontier.png
python -m benchmarks.label_truth --labelers "double_search N=8" --labeler '{"kind": ...}'
"""

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from rich.console import Console

from benchmarks.label_truth.contenders import Contender, chosen
from benchmarks.label_truth.measure import measure
from benchmarks.label_truth.report import Line, as_json, line, show
from benchmarks.label_truth.scripted import ScriptedWorld
from benchmarks.label_truth.worlds import World
from labelers import AnyLabeler

WORLDS = ("scripted-a", "scripted-b")
RECOVERABLE = (0.15, 0.3, 0.5)
QUICK = 100


def main() -> None:
    """Measure the chosen labelers in the chosen worlds."""
    options = _options()
    console = Console(width=max(Console().width, 170))
    contenders = _contenders(options)
    found: dict[str, list[Line]] = {}
    for world in _worlds(options):
        lines = []
        for contender in contenders:
            began = time.process_time()
            measured = measure(world, contender, retest=not options.no_retest)
            lines.append(line(measured, seed=options.seed))
            if options.timing:
                console.print(f"{contender.name}: {time.process_time() - began:.1f} s CPU")
        show(world.name, lines, console)
        found[world.name] = lines
        if options.json:
            _write(options.json, options, found)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.label_truth",
        description="Measure labelers against solutions whose first error is known.",
    )
    parser.add_argument("--world", action="append", choices=WORLDS, help="default: all scripted")
    parser.add_argument("--labelers", nargs="+", default=[], metavar="NAME", help="default: all")
    parser.add_argument(
        "--labeler", action="append", default=[], metavar="JSON", help="also one of these settings"
    )
    parser.add_argument(
        "--recoverable", type=float, nargs="+", help="scripted worlds: share of recoverable errors"
    )
    parser.add_argument("--solutions", type=int, default=1500, help="with a wrong final answer")
    parser.add_argument("--per-problem", type=int, default=1, help="scripted worlds: solutions")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="ends within a minute on two cores")
    parser.add_argument("--no-retest", action="store_true", help="one draw instead of two")
    parser.add_argument("--timing", action="store_true", help="CPU seconds per labeler")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    return parser.parse_args()


def _contenders(options: argparse.Namespace) -> Sequence[Contender]:
    try:
        own = [_own(text) for text in options.labeler]
        only_own = own and not options.labelers
        return own if only_own else [*chosen(options.labelers), *own]
    except ValidationError as error:
        raise SystemExit(f"--labeler: {error}") from error
    except ValueError as error:
        raise SystemExit(str(error)) from error


def _own(text: str) -> Contender:
    settings: AnyLabeler = TypeAdapter(AnyLabeler).validate_json(text)
    knobs = settings.model_dump(exclude_unset=True, exclude={"kind"})
    budget = " ".join(f"{name}={value}" for name, value in knobs.items())
    return Contender(family=settings.kind, budget=budget, settings=settings)


def _worlds(options: argparse.Namespace) -> Iterator[World]:
    solutions = min(options.solutions, QUICK) if options.quick else options.solutions
    for name in options.world or WORLDS:
        for share in options.recoverable or ((0.3,) if options.quick else RECOVERABLE):
            yield ScriptedWorld(
                law="a" if name == "scripted-a" else "b",
                recoverable=share,
                wrong=solutions,
                right=solutions // 3,
                per_problem=options.per_problem,
                seed=options.seed,
            )


def _write(path: Path, options: argparse.Namespace, found: dict[str, list[Line]]) -> None:
    figures = {
        "seed": options.seed,
        "worlds": {name: as_json(lines) for name, lines in found.items()},
    }
    path.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
