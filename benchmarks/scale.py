"""`python -m benchmarks.scale`: what a run costs in CPU and memory, by its number of problems.

python -m benchmarks.scale --problems 1000 10000 100000
python -m benchmarks.scale --quick --set source.shuffle_seed=1 --json FILE

Each size is a whole run in a process of its own, as `stepmint label` does it: JSONL is read, golds
are checked, the scripted policy answers, shards are committed, TRL rows are exported, and the run
is summarised as for publishing it. By default a problem takes one rollout, so that a hundred
thousand problems end in minutes and a million in an hour; what a rollout costs where problems have
many is another table, e.g. with --set labeler.kind=math_shepherd. Memory is the peak of resident
pages of the process that does the work; its CPU is given by phase, that of Prefect's server and
the verifier's workers beside it.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import made
from flows.config import with_overrides
from flows.oneoff import label_here
from reports.summary import summarise
from schemas.arrow import TABLE_NAMES
from schemas.run_folder import RunFolder
from tasks.session import session_of
from tasks.settings import LabelRun

SIZES = (1_000, 10_000, 100_000)
QUICK = (200, 1_000)
_PHASES = {"loading problems": "stage", "labelling": "label", "concluding": "conclude"}
_MB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one run came to."""

    problems: int
    rollouts: int
    wall_s: float
    cpu_s: dict[str, float]
    """Of the process that does the work, by phase; `rest` is imports and the wait for Prefect."""
    own_cpu_s: float
    """Of the process that does the work, making the problems included."""
    others_cpu_s: float
    """Of Prefect's server and the verifier's workers."""
    peak_mb: float
    peaks_mb: dict[str, float]
    """By the end of each phase."""
    table_bytes: int

    def per_rollout_us(self, *phases: str) -> float:
        """Return CPU microseconds per rollout in some phases."""
        return 1e6 * sum(self.cpu_s.get(phase, 0.0) for phase in phases) / self.rollouts


def main() -> None:
    """Measure each size in a process of its own and show them side by side."""
    options = _options()
    if options.one:
        print(json.dumps(asdict(_measure(options.one, options.folder, options.set))))
        return
    figures = [_in_process(size, options) for size in options.problems]
    _show(figures)
    if options.json:
        record = {"command": sys.argv[1:], "runs": [asdict(one) for one in figures]}
        options.json.write_text(json.dumps(record, indent=1) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale")
    parser.add_argument("--problems", type=int, nargs="+", default=SIZES, metavar="N")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="ends within a minute on two cores")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    parser.add_argument("--folder", type=Path, help="where runs are written; a temporary one")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.problems = QUICK if options.quick else options.problems
    options.set = [f"seed={options.seed}", *options.set]
    return options


def _in_process(size: int, options: argparse.Namespace) -> Figures:
    changes = [argument for change in options.set for argument in ("--set", change)]
    with tempfile.TemporaryDirectory(prefix="stepmint-scale-", dir=options.folder) as folder:
        command = [sys.executable, "-m", "benchmarks.scale", "--one", str(size), *changes]
        before = _children_cpu()
        done = subprocess.run(
            [*command, "--folder", folder], stdout=subprocess.PIPE, text=True, check=True
        )
        found = Figures(**json.loads(done.stdout.splitlines()[-1]))
    return replace(found, others_cpu_s=_children_cpu() - before - found.own_cpu_s)


def _measure(problems: int, folder: Path, changes: Sequence[str]) -> Figures:
    """Run one size; what others spent is known only to who waits for this process."""
    source = folder / "problems.jsonl"
    made.sums(source, _terms(problems))
    run = LabelRun.model_validate(with_overrides(_settings(folder, source), changes))
    began = time.monotonic()
    with _watched(run) as watch:
        label_here(run, Console(stderr=True), resume="")
        watch.enter("summarise")
        summarise(RunFolder(run.folder))
        watch.enter("rest")
    wall = time.monotonic() - began
    costs = RunFolder(run.folder).record()["costs"]
    tables = [path for name in TABLE_NAMES for path in (run.folder / name).iterdir()]
    return Figures(
        problems=problems,
        rollouts=costs["rollouts"] if isinstance(costs, dict) else 0,
        wall_s=wall,
        cpu_s=watch.cpu_s,
        own_cpu_s=time.process_time(),
        others_cpu_s=0.0,
        peak_mb=_peak_mb(),
        peaks_mb=watch.peaks_mb,
        table_bytes=sum(path.stat().st_size for path in tables),
    )


def _terms(count: int) -> Iterator[tuple[int, ...]]:
    """Yield the numbers of sums, no two of them equal: the first number counts."""
    rng = random.Random(count)
    for index in range(count):
        yield (index, *(rng.randrange(2, 100) for _ in range(rng.randrange(1, 4))))


def _settings(folder: Path, source: Path) -> dict[str, Any]:
    return {
        "name": "scale",
        "output": str(folder / "output"),
        "source": {"kind": "file", "path": str(source)},
        "prompt": "synthetic",
        "sampling": {"temperature": 1.0, "max_tokens": 200},
        "splitter": {"kind": "newline"},
        "policy": {"kind": "scripted"},
        "verification": {"answer_format": "hash"},
        "labeler": {"kind": "outcome", "num_solutions": 1},
        "exports": [{"format": "trl", "max_length": None}],
    }


class _Watch:
    """CPU and peak memory of this process, by the phase its run's board is in."""

    def __init__(self) -> None:
        self.phase = "rest"
        self.cpu_s: dict[str, float] = {}
        self.peaks_mb: dict[str, float] = {}
        self._since = time.process_time()

    def enter(self, phase: str) -> None:
        """End a phase and begin another."""
        now = time.process_time()
        self.cpu_s[self.phase] = self.cpu_s.get(self.phase, 0.0) + now - self._since
        self.peaks_mb[self.phase] = _peak_mb()
        self.phase, self._since = phase, now


@contextmanager
def _watched(run: LabelRun) -> Iterator[_Watch]:
    """Follow the board of a run until it concludes, twenty times a second."""
    watch, over = _Watch(), threading.Event()

    def follow() -> None:
        while not over.wait(0.05):
            phase = _PHASES.get(session_of(run).board.phase, watch.phase)
            if phase != watch.phase and watch.phase != "summarise":
                watch.enter(phase)

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        over.set()
        thread.join()


def _peak_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / _MB if sys.platform == "darwin" else peak / 1024


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _show(figures: Sequence[Figures]) -> None:
    first = figures[0]
    cost = first.per_rollout_us("stage", "label", "conclude", "summarise")
    table = Table(title=f"one run each, {os.cpu_count()} cores; ratios to the first")
    for name in (
        "problems", "rollouts", "wall s", "CPU us a rollout", "ratio", "staging", "labelling",
        "end", "others' CPU", "peak MB", "more MB", "table bytes a rollout",
    ):  # fmt: skip
        table.add_column(name, justify="right")
    for one in figures:
        whole = one.per_rollout_us("stage", "label", "conclude", "summarise")
        table.add_row(
            *(f"{one.problems:,}", f"{one.rollouts:,}", f"{one.wall_s:,.0f}"),
            *(f"{whole:,.0f}", f"{whole / cost:.2f}"),
            *(f"{one.per_rollout_us(phase):,.0f}" for phase in ("stage", "label")),
            f"{one.per_rollout_us('conclude', 'summarise'):,.0f}",
            f"{1e6 * one.others_cpu_s / one.rollouts:,.0f}",
            *(f"{one.peak_mb:,.0f}", f"{one.peak_mb - first.peak_mb:+,.0f}"),
            f"{one.table_bytes / one.rollouts:,.0f}",
        )
    Console(width=160).print(table)


if __name__ == "__main__":
    main()
