"""`python -m benchmarks.view`: what a page costs over a run of 1.3 million rollouts.

python -m benchmarks.view
python -m benchmarks.view --quick --json FILE

A scripted run of 64 problems is made as `stepmint label` makes it, and written again and again with
other ids and questions until it is as large as asked: 20,000 problems (`benchmarks/large_runs.py`).
`stepmint view` is started on it, and asked as a browser asks: the first page, once, of a server
that has read nothing; then problems at random, the rollouts behind steps, trees, filters, searches.
A server of two such runs, by two labelers, is asked for proposals, is told marks of two persons,
and compares; one of as many problems with a step oracle for the truth. Seconds from request to the
last byte of the answer; memory is a server's peak of resident pages. Last: what a run's end counts.
"""

import argparse
import html
import json
import random
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from urllib.parse import quote, urlsplit

import psutil
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from benchmarks.large_runs import multiplied, small, with_oracle
from schemas import LabelledSolution
from schemas.arrow import read_table
from schemas.conversion import solutions_from
from schemas.run_folder import RunFolder
from tasks.marks import add

PROBLEMS = 20_000
QUICK = 1_280
_MB = 1 << 20
_LABELERS = {"large": {"kind": "posterior"}, "other": {"kind": "math_shepherd"}}
_MARKS = 40
_BY_TWO = 200
"""Solutions that two more persons mark, drawn from as many shards; they differ on one in four."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """How long requests of one kind took, in seconds."""

    what: str
    requests: int
    median_s: float
    most_s: float
    """The longest; of those that go on where the one before stopped, all together."""
    most_bytes: int
    cpu_s: float = 0.0
    """Of all these requests, in the server: other work beside it changes this the least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What one server, or one command, was asked, and its peak of resident memory."""

    title: str
    answered: Sequence[Answered]
    peak_mb: float


Asks = Callable[[str, Path, random.Random], Iterator[Answered]]
"""Ask a server: given the address of a run's pages, the run's folder, and what is drawn."""


def main() -> None:
    """Make the runs, ask, and print."""
    options = _options()
    with ExitStack() as stack:
        folder = options.folder or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="stepmint-view-"))
        )
        rollouts = _made(folder, options)
        large, other, known = (folder / name for name in (*_LABELERS, "known"))
        size = f"{options.problems:,} problems"
        title = f"{size}, {rollouts:,} rollouts"
        sessions = [
            _session(title, [large], _looked, options.seed),
            _session(f"two runs of {size}", [large, other], _closing, options.seed),
            _session(f"{size} with a step oracle", [known], _truth, options.seed),
            _counted(title, large),
        ]
    for one in sessions:
        _show(one)
    if options.json:
        record = {
            "command": sys.argv[1:],
            "problems": options.problems,
            "rollouts": rollouts,
            "sessions": [asdict(one) for one in sessions],
        }
        options.json.write_text(json.dumps(record, indent=1) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.view")
    parser.add_argument("--problems", type=int, default=PROBLEMS, metavar="N")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="ends within a minute on two cores")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    parser.add_argument(
        "--folder", type=Path, help="keep the runs there, and use those that are; a temporary one"
    )
    options = parser.parse_args()
    options.problems = QUICK if options.quick else options.problems
    return options


def _made(folder: Path, options: argparse.Namespace) -> int:
    """Make the runs that are not there; return the rollouts of the largest."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, labeler in _LABELERS.items():
        (folder / name / "marks.jsonl").unlink(missing_ok=True)
        if not (folder / name).exists():
            few = small(folder, f"small-{name}", labeler, options.seed)
            multiplied(few, folder / name, options.problems)
    if not (folder / "known").exists():
        with_oracle(folder / "known", options.problems, options.seed)
    tables = (folder / next(iter(_LABELERS))).glob("rollouts/*.parquet")
    return sum(int(pq.read_metadata(one).num_rows) for one in tables)


def _session(title: str, runs: Sequence[Path], asks: Asks, seed: int) -> Session:
    with _server(runs) as (base, process):
        answered, spent = [], _cpu_s(process)
        for one in asks(base, runs[0], random.Random(seed)):
            now = _cpu_s(process)
            answered.append(replace(one, cpu_s=now - spent))
            spent = _cpu_s(process)
        return Session(title=title, answered=answered, peak_mb=_peak_mb(process))


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    spent: float = times.user + times.system
    return spent


def _counted(title: str, run: Path) -> Session:
    """Count a run once more, in a process of its own, as a run's end does for Prefect's page."""
    command = (
        "import sys, time; from pathlib import Path; from reports.summary import summarise; "
        "from schemas.run_folder import RunFolder; began = time.monotonic(); "
        "summarise(RunFolder(Path(sys.argv[1]))); took = time.monotonic() - began; "
        "print(took, time.process_time(), open('/proc/self/status').read().replace(chr(10), ' '))"
    )
    told = subprocess.run(
        [sys.executable, "-c", command, str(run)], capture_output=True, text=True, check=True
    ).stdout
    took, spent = map(float, told.split()[:2])
    answered = Answered(
        what="what is counted at a run's end",
        requests=1,
        median_s=took,
        most_s=took,
        most_bytes=0,
        cpu_s=spent,
    )
    return Session(title=title, answered=[answered], peak_mb=_high_water(told) or 0.0)


@contextmanager
def _server(runs: Sequence[Path]) -> Iterator[tuple[str, psutil.Process]]:
    """Start `stepmint view` on runs; yield the address of the first's pages, and the process."""
    called = [sys.executable, "-c", "from flows.cli import app; app()", "view", *map(str, runs)]
    with subprocess.Popen(called, stdout=subprocess.PIPE, text=True) as started:
        try:
            assert started.stdout
            address = started.stdout.readline().strip()
            yield f"{address}runs/{quote(runs[0].name)}/", psutil.Process(started.pid)
        finally:
            started.terminate()


def _looked(base: str, run: Path, rng: random.Random) -> Iterator[Answered]:
    """Look at a run, its problems and its rows."""
    yield _timed("the first page of a new server", [base])
    yield _until("... until all shards are counted", f"{base}figures", "shards so far")
    yield _until("... and all golds doubted", f"{base}doubts", "load delay")
    yield _timed("the run's page again", [base] * 5)
    problems = [f"{base}problem?id={one.problem_id}" for one in _some(run, 20, rng)]
    yield _timed("a problem", problems)
    pages = [_get(one) for one in problems]
    unfold = [html.unescape(one) for page in pages for one in _UNFOLD.findall(page)]
    rng.shuffle(unfold)
    behind = [_whole(base, one) for one in unfold if "step=" in one][:40]
    yield _timed("the rollouts behind a step", behind)
    trees = [_whole(base, one) for one in unfold if "tree" in one][:20]
    yield _timed("a problem's tree", trees)
    yield _timed("solutions filtered by numbers", [f"{base}solutions?found=error&below=0.9"] * 5)
    yield _timed("rollouts filtered by verdict", [f"{base}rollouts?outcome=incorrect"] * 5)
    yield _timed("a text that many have", [f"{base}solutions?q=Wait"] * 5)
    yield _timed("a text that none has, one request", [f"{base}solutions?q=nowhere"] * 5)


def _closing(base: str, run: Path, rng: random.Random) -> Iterator[Answered]:
    """Mark what is proposed, set two persons' marks side by side, and compare two runs."""
    yield _timed("the first proposal of a new server", [f"{base}mark"])
    yield _until("... until all is counted and compared", f"{base}compare", "load delay")
    yield _timed("a proposal", [f"{base}mark?skip={n}" for n in range(5)])
    yield _saved(base)
    for one in _some(run, _BY_TWO, rng):
        for who, error in (("mia", 0), ("tom", rng.choice((0, 0, 0, -1)))):
            add(RunFolder(run), one, error, who=who)
    yield _timed("a proposal behind these marks", [f"{base}mark"])
    yield _until("the truth from the marks", f"{base}truth", "load delay")
    yield _timed("... and again", [f"{base}truth"] * 5)
    yield _timed("two runs compared, once they are", [f"{base}compare"] * 5)


def _truth(base: str, run: Path, rng: random.Random) -> Iterator[Answered]:
    """Ask for the truth of a run whose problems have a step oracle."""
    yield _timed("the first page of a new server", [base])
    yield _timed("the truth, one request", [f"{base}truth"])
    yield _until("... until all is told", f"{base}truth", "load delay")
    yield _timed("... and again", [f"{base}truth"] * 5)


def _saved(base: str) -> Answered:
    """Mark proposals: save a mark, and take the next proposal, as one press does."""
    took = []
    for _ in range(_MARKS):
        found = re.search(r'hx-post="([^"]*step=none)"', _get(f"{base}mark"))
        assert found, "nothing is proposed"
        began = time.monotonic()
        address = _whole(base, html.unescape(found[1]))
        origin = {"Origin": _whole(base, "")}
        with urllib.request.urlopen(urllib.request.Request(address, b"", origin)):
            took.append(time.monotonic() - began)
    return Answered(
        what="a mark saved", requests=_MARKS, median_s=median(took), most_s=max(took), most_bytes=0
    )


def _until(what: str, address: str, more: str) -> Answered:
    """Ask again and again, as the page does, until nothing is left to be counted."""
    began, requests = time.monotonic(), 1
    while more in _get(address):
        requests += 1
    took = time.monotonic() - began
    return Answered(
        what=what, requests=requests, median_s=took / requests, most_s=took, most_bytes=0
    )


_UNFOLD = re.compile(r'hx-get="(/[^"]*/problem/[^"]*)"')


def _whole(base: str, path: str) -> str:
    """Return the address of a path on the server that `base` is of."""
    parts = urlsplit(base)
    return f"{parts.scheme}://{parts.netloc}{path}"


def _some(run: Path, count: int, rng: random.Random) -> Iterator[LabelledSolution]:
    """Yield solutions drawn from as many shards, as far as there are so many."""
    folder = RunFolder(run)
    shards = folder.shards
    for shard in rng.sample(shards, min(count, len(shards))):
        rows = read_table(folder.file("solutions", shard), "solutions")
        at = rng.randrange(rows.num_rows)
        yield next(solutions_from(rows.slice(at, 1))).solution


def _timed(what: str, addresses: Sequence[str]) -> Answered:
    took, most = [], 0
    for address in addresses:
        began = time.monotonic()
        most = max(most, len(_get(address).encode()))
        took.append(time.monotonic() - began)
    return Answered(
        what=what, requests=len(took), median_s=median(took), most_s=max(took), most_bytes=most
    )


def _get(address: str) -> str:
    with urllib.request.urlopen(address) as answer:
        text: str = answer.read().decode()
        return text


def _peak_mb(process: psutil.Process) -> float:
    status = Path(f"/proc/{process.pid}/status")
    found = _high_water(status.read_text()) if status.exists() else None
    return process.memory_info().rss / _MB if found is None else found


def _high_water(status: str) -> float | None:
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else None


def _show(session: Session) -> None:
    title = f"{session.title}; peak {session.peak_mb:.0f} MB"
    table = Table(title=title, title_justify="left")
    table.add_column("asked for")
    for name in ("requests", "median s", "longest s", "CPU s, all", "most kB"):
        table.add_column(name, justify="right")
    for one in session.answered:
        size = f"{one.most_bytes / 1e3:.0f}" if one.most_bytes else ""
        row = (one.what, str(one.requests), f"{one.median_s:.3f}", f"{one.most_s:.3f}")
        table.add_row(*row, f"{one.cpu_s:.2f}", size)
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
