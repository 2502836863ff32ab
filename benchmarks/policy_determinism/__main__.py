"""`python -m benchmarks.policy_determinism`: what independence of the batch costs.

python -m benchmarks.policy_determinism --quick
python -m benchmarks.policy_determinism --model DIR --device cuda --json FILE

The same requests are answered by the embedded policy in three settings, in shuffled order and
grouping each time: fast, deterministic, and deterministic the plain way (one sequence at a time).
Cost is CPU seconds of this process (seconds on a GPU) per token. Ratios are paired by repeat, with
the range over all repeats. A setting is independent of the batch if every completion, its
log-probability to the last bit, came out equal in all repeats.
"""

import argparse
import asyncio
import json
import random
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from policies import Policy, TransformersSettings
from schemas import ROOT, Completion, CompletionRequest, Sampling, TextPrompt

_NAMES = ("Ann", "Ben", "Caro", "Dan", "Eve", "Finn", "Gül", "Hugo")
_ONE_AT_A_TIME = "one at a time"
_Key = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Line:
    """One setting's figures."""

    setting: str
    tokens: int
    """Sampled per repeat, on average."""
    cost_us: float
    """Microseconds per token, median over repeats."""
    ratio: float
    """Cost relative to fast, median over repeats."""
    ratio_range: tuple[float, float]
    same_text: float
    """Share of completions with one text in all repeats."""
    same_bits: float
    """Share of completions equal to the last bit of their log-probability in all repeats."""


def main() -> None:
    """Measure the three settings and show them."""
    options = _options()
    lines = asyncio.run(_measure(options))
    _show(lines)
    if options.json:
        figures = {"command": vars(options) | {"json": None}, "lines": [asdict(x) for x in lines]}
        options.json.write_text(json.dumps(figures, indent=1) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.policy_determinism")
    parser.add_argument("--model", default="demo/policy", help="a local folder or hub name")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--max-batch", type=int, default=32)
    parser.add_argument("--context", type=int, default=512)
    parser.add_argument("--problems", type=int, default=24)
    parser.add_argument("--samples", type=int, default=8, help="completions per problem")
    parser.add_argument("--max-tokens", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="ends within a minute on two cores")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    options = parser.parse_args()
    if options.quick:
        options.problems, options.samples, options.repeats = 6, 6, 2
    return options


async def _measure(options: argparse.Namespace) -> list[Line]:
    base = TransformersSettings(
        model=options.model,
        device=options.device,
        max_batch=options.max_batch,
        context=options.context,
    )
    exact = base.model_copy(update={"deterministic": True})
    settings = {
        "fast": base,
        "deterministic": exact,
        _ONE_AT_A_TIME: exact.model_copy(update={"max_batch": 1}),
    }
    rounds: dict[str, list[tuple[float, dict[_Key, Completion]]]] = {name: [] for name in settings}
    identities: dict[str, str] = {}
    for repeat in range(options.repeats):
        for name, one in settings.items():
            rng = random.Random(f"{options.seed}/{repeat}/{name}")
            with tempfile.TemporaryDirectory() as run_dir:
                async with one.open(Path(run_dir)) as policy:
                    if identities.setdefault(name, policy.identity) != policy.identity:
                        raise SystemExit(f"{options.model} changed while it was measured")
                    rounds[name].append(await _answer(policy, options, rng))
    fast = [cost for cost, _ in rounds["fast"]]
    return [_line(name, found, fast) for name, found in rounds.items()]


async def _answer(
    policy: Policy, options: argparse.Namespace, rng: random.Random
) -> tuple[float, dict[_Key, Completion]]:
    """Return microseconds per token and the completions by problem and seed."""
    clock = time.process_time if options.device == "cpu" else time.perf_counter
    groups = _groups(options, rng)
    began = clock()
    async with asyncio.TaskGroup() as tasks:
        runs = [
            (problem, tasks.create_task(policy.complete(_request(options, problem, seeds))))
            for problem, seeds in groups
        ]
    spent = clock() - began
    found = {(problem, c.seed): c for problem, run in runs for c in run.result()}
    return spent * 1e6 / sum(c.completion_tokens for c in found.values()), found


def _groups(options: argparse.Namespace, rng: random.Random) -> list[tuple[int, tuple[int, ...]]]:
    """Return all (problem, seeds) in a random order, each problem's seeds in random portions."""
    groups = []
    for problem in range(options.problems):
        seeds = rng.sample(range(options.samples), options.samples)
        while seeds:
            size = rng.randint(1, len(seeds))
            groups.append((problem, tuple(seeds[:size])))
            seeds = seeds[size:]
    return rng.sample(groups, len(groups))


def _request(
    options: argparse.Namespace, problem: int, seeds: tuple[int, ...]
) -> CompletionRequest:
    rng = random.Random(f"{options.seed}/{problem}")
    first, second = rng.sample(_NAMES, 2)
    a, b, c = (rng.randint(2, 60) for _ in range(3))
    text = (
        f"{first} has {a} apples. {second} has {b} more apples than {first} and gives {c} away. "
        f"How many apples does {second} have left?\n"
    )
    return CompletionRequest(
        prompt=TextPrompt(text=text),
        prefix=ROOT,
        sampling=Sampling(temperature=1.0, max_tokens=options.max_tokens),
        seeds=seeds,
    )


def _line(
    name: str, rounds: Sequence[tuple[float, dict[_Key, Completion]]], fast: Sequence[float]
) -> Line:
    costs = [cost for cost, _ in rounds]
    ratios = [cost / other for cost, other in zip(costs, fast, strict=True)]
    first, *others = (found for _, found in rounds)
    texts = [all(o[key].text == c.text for o in others) for key, c in first.items()]
    bits = [all(o[key] == c for o in others) for key, c in first.items()]
    return Line(
        setting=name,
        tokens=round(statistics.mean(_tokens(found) for _, found in rounds)),
        cost_us=statistics.median(costs),
        ratio=statistics.median(ratios),
        ratio_range=(min(ratios), max(ratios)),
        same_text=statistics.mean(texts),
        same_bits=statistics.mean(bits),
    )


def _tokens(found: dict[_Key, Completion]) -> int:
    return sum(c.completion_tokens for c in found.values())


def _show(lines: Sequence[Line]) -> None:
    table = Table("setting", "tokens", "µs/token", "cost ÷ fast", "same text", "same bits")
    for line in lines:
        low, high = line.ratio_range
        table.add_row(
            line.setting,
            str(line.tokens),
            f"{line.cost_us:.0f}",
            f"{line.ratio:.2f} ({low:.2f} to {high:.2f})",
            f"{line.same_text:.1%}",
            f"{line.same_bits:.1%}",
        )
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
