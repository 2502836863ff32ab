"""`python -m benchmarks.view`: what a page costs over a run of 1.3 million rollouts.

python -m benchmarks.view
python -m benchmarks.view --quick --json FILE

A scripted run of 64 problems is made as `stepmint label` makes it, and written again and again with
other ids and questions until it is as large as asked: 20,000 problems. `stepmint view` is started
on it, and asked as a browser asks: the first page, once, of a server that has read nothing; then
problems at random, the rollouts behind steps, trees, filters and searches. Seconds from request to
the last byte of the answer; memory is the server's peak of resident pages.
"""

import argparse
import hashlib
import html
import json
import random
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from urllib.parse import quote

import psutil
import pyarrow as pa
from rich.console import Console
from rich.table import Table

from benchmarks import made
from flows.oneoff import label_here
from schemas.arrow import SCHEMAS, TABLE_NAMES, TableName, read_table
from schemas.run_folder import RunFolder, shard_name
from tasks.commits import commit
from tasks.records import ShardRecord
from tasks.settings import LabelRun

PROBLEMS = 20_000
QUICK = 1_280
_SHARD = 64
_MB = 1 << 20
_LABELER = {"kind": "posterior"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """How long requests of one kind took, in seconds."""

    what: str
    requests: int
    median_s: float
    most_s: float
    """The longest; of those that go on where the one before stopped, all together."""
    most_bytes: int


def main() -> None:
    """Make the run, ask, and print."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="stepmint-view-", dir=options.folder) as folder:
        run = Path(folder) / "large"
        rollouts = _multiplied(_small(Path(folder), options.seed), run, options.problems)
        with _server(run) as (base, process):
            answered = list(_asked(base, run, random.Random(options.seed)))
            peak = _peak_mb(process)
    title = f"{options.problems:,} problems, {rollouts:,} rollouts; server's peak {peak:.0f} MB"
    _show(answered, title)
    if options.json:
        record = {
            "command": sys.argv[1:],
            "problems": options.problems,
            "rollouts": rollouts,
            "peak_mb": peak,
            "answered": [asdict(one) for one in answered],
        }
        options.json.write_text(json.dumps(record, indent=1) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.view")
    parser.add_argument("--problems", type=int, default=PROBLEMS, metavar="N")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="ends within a minute on two cores")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    parser.add_argument("--folder", type=Path, help="where runs are written; a temporary one")
    options = parser.parse_args()
    options.problems = QUICK if options.quick else options.problems
    return options


def _small(folder: Path, seed: int) -> RunFolder:
    """Label 64 sums with the scripted policy."""
    rng = random.Random(seed)
    terms = (tuple(rng.randrange(2, 90) for _ in range(rng.randrange(3, 7))) for _ in range(_SHARD))
    run = LabelRun.model_validate(
        {
            "name": "small",
            "output": str(folder),
            "seed": seed,
            "source": {"kind": "file", "path": str(made.sums(folder / "sums.jsonl", terms))},
            "prompt": "synthetic",
            "sampling": {"temperature": 1.0, "max_tokens": 200},
            "splitter": {"kind": "newline"},
            "policy": {"kind": "scripted", "error": 0.2},
            "verification": {"answer_format": "hash"},
            "labeler": _LABELER,
            "shards": {"size": _SHARD},
        }
    )
    label_here(run, Console(stderr=True), resume="")
    return RunFolder(run.folder)


def _multiplied(small: RunFolder, folder: Path, problems: int) -> int:
    """Write a run of many problems, all copies of a few; return its rollouts."""
    folder.mkdir()
    shard = small.shards[0]
    tables = {name: read_table(small.file(name, shard), name) for name in TABLE_NAMES}
    record = ShardRecord.from_json(json.loads(small.marker(shard).read_text()))
    copies: int = -(-problems // tables["problems"].num_rows)
    for copy in range(copies):
        again = {name: _again(tables[name], name, copy) for name in TABLE_NAMES}
        commit(folder, copy, tables=again, counts=record.counts, policy=record.policy)
    (folder / "run.json").write_text(small.run_json.read_text())
    rollouts: int = tables["rollouts"].num_rows
    return copies * rollouts


def _again(table: pa.Table, name: TableName, copy: int) -> pa.Table:
    """Return a table with the ids and questions of another copy."""
    ids = [f"file-{_digest(copy, one)}" for one in table["problem_id"].to_pylist()]
    table = _with(table, name, "problem_id", ids)
    if "question" in table.column_names:
        texts = [f"{one} (copy {copy})" for one in table["question"].to_pylist()]
        table = _with(table, name, "question", texts)
    return table


def _with(table: pa.Table, name: TableName, column: str, values: Sequence[str]) -> pa.Table:
    schema = SCHEMAS[name]
    at = schema.get_field_index(column)
    return table.set_column(at, schema.field(at), pa.array(values)).cast(schema)


def _digest(copy: int, problem_id: str) -> str:
    return hashlib.sha256(f"{copy}/{problem_id}".encode()).hexdigest()[:16]


@contextmanager
def _server(run: Path) -> Iterator[tuple[str, psutil.Process]]:
    """Start `stepmint view` on a run; yield the address of its pages, and the process."""
    command = [sys.executable, "-c", "from flows.cli import app; app()", "view", str(run)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as started:
        try:
            assert started.stdout
            address = started.stdout.readline().strip()
            yield f"{address}runs/{quote(run.name)}/", psutil.Process(started.pid)
        finally:
            started.terminate()


def _asked(base: str, run: Path, rng: random.Random) -> Iterator[Answered]:
    yield _timed("the first page of a new server", [base])
    yield _until("... until all shards are counted", f"{base}figures", "shards so far")
    yield _until("... and all golds doubted", f"{base}doubts", "load delay")
    yield _timed("the run's page again", [base] * 5)
    problems = [f"{base}problem?id={one}" for one in _some_ids(run, rng)]
    yield _timed("a problem", problems)
    pages = [_get(one) for one in problems]
    unfold = [html.unescape(one) for page in pages for one in _UNFOLD.findall(page)]
    origin = base.split("/", 3)[0] + "//" + base.split("/", 3)[2]
    rng.shuffle(unfold)
    behind = [origin + one for one in unfold if "step=" in one][:40]
    yield _timed("the rollouts behind a step", behind)
    yield _timed("a problem's tree", [origin + one for one in unfold if "tree" in one][:20])
    yield _timed("solutions filtered by numbers", [f"{base}solutions?found=error&below=0.9"] * 5)
    yield _timed("rollouts filtered by verdict", [f"{base}rollouts?outcome=incorrect"] * 5)
    yield _timed("a text that many have", [f"{base}solutions?q=Wait"] * 5)
    yield _timed("a text that none has, one request", [f"{base}solutions?q=nowhere"] * 5)


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


def _some_ids(run: Path, rng: random.Random) -> list[str]:
    shards = len(list(run.glob("problems/*.parquet")))
    found = []
    for shard in rng.sample(range(shards), min(20, shards)):
        path = RunFolder(run).file("problems", shard_name(shard))
        found.append(rng.choice(read_table(path, "problems")["problem_id"].to_pylist()))
    return found


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
    status = Path(f"/proc/{process.pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else process.memory_info().rss / _MB


def _show(answered: Sequence[Answered], title: str) -> None:
    table = Table(title=title, title_justify="left")
    table.add_column("asked for")
    for name in ("requests", "median s", "longest s", "most kB"):
        table.add_column(name, justify="right")
    for one in answered:
        size = f"{one.most_bytes / 1e3:.0f}" if one.most_bytes else ""
        row = (one.what, str(one.requests), f"{one.median_s:.3f}", f"{one.most_s:.3f}", size)
        table.add_row(*row)
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
