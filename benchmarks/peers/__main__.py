"""The pipeline beside OpenR's omegaPRM_v2 and distilabel's MathShepherdCompleter, in one run.

    python -m benchmarks.peers --openr CHECKOUT --distilabel PYTHON

The peers run unmodified, each in a process of its own: OpenR from a checkout, distilabel in a
Python that has it (`pip install 'distilabel[openai]==1.5.3' requests transformers pillow`). All ask
one server, whose latency is that of a 7B model on one GPU (7 ms + 0.03 ms x active a token), for
the same problems and the same N. distilabel is given the solutions that our first row sampled, and
is not charged for them. What loading costs is not counted. True: a label says whether a line so far
is wrong, which this world knows.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.peers.server import as_numbered
from benchmarks.pipeline import labelled, made_run
from benchmarks.simulated_server import simulated
from schemas.arrow import read_table
from schemas.conversion import solutions_from
from schemas.rows import SolutionRow
from schemas.run_folder import RunFolder
from schemas.views import FirstError, Hard
from tasks.settings import LabelRun

_HERE = Path(__file__).parent
_LATENCY = {"per_token": 0.007, "per_active": 0.00003}
_OURS: Mapping[str, Mapping[str, Any]] = {
    "math_shepherd": {"kind": "math_shepherd"},
    "first success": {"kind": "math_shepherd", "stop": "first_success"},
    "first success, skip": {
        "kind": "math_shepherd",
        "stop": "first_success",
        "after_error": "skip",
    },
    "double_search": {"kind": "double_search"},
}


@dataclass(frozen=True, slots=True)
class Label:
    """What a system says of a prefix of a solution."""

    question: str
    steps: tuple[str, ...]
    right: bool

    @property
    def is_true(self) -> bool:
        """Whether it says what is so: right, if every line keeps the true running total."""
        numbers = [int(part.strip(" .")) for part in self.question.partition(":")[2].split(",")]
        totals = [sum(numbers[: place + 2]) for place in range(len(numbers) - 1)]
        totals.append(totals[-1])  # what the last line states
        said = [step.replace("#### ", "= ").rpartition("= ")[2].strip() for step in self.steps]
        sound = all(str(total) == one for total, one in zip(totals, said, strict=False))
        return self.right == sound


@dataclass(frozen=True, slots=True)
class Row:
    """What one system did."""

    system: str
    seconds: float
    labels: int
    unique: int
    tokens: int
    accuracy: float

    @classmethod
    def of(cls, system: str, seconds: float, labels: list[Label], tokens: int) -> "Row":
        """Return the figures of a system that took so long, and had so many tokens written."""
        right = sum(one.is_true for one in labels) / max(len(labels), 1)
        unique = len({(one.question, one.steps) for one in labels})
        return cls(system, seconds, len(labels), unique, tokens, right)


def ours(name: str, url: str, options: argparse.Namespace) -> tuple[Row, list[SolutionRow]]:
    """Label made problems with one of our labelers."""
    counts = {"num_solutions": options.solutions, "num_rollouts": options.num_rollouts}
    policy = {"kind": "openai", "urls": [url], "max_in_flight": options.in_flight}
    labeler = {**_OURS[name], **(counts if _OURS[name]["kind"] == "math_shepherd" else {})}
    before = _tokens(url)
    with made_run(options.problems, policy=policy, labeler=labeler) as run:
        found = asyncio.run(labelled(run))
        rows = list(_solutions(run))
    labels = [label for row in rows for label in _labels(run, row)]
    return Row.of(f"stepmint {name}", found.wall_s, labels, _tokens(url) - before), rows


def _solutions(run: LabelRun) -> Iterator[SolutionRow]:
    folder = RunFolder(run.folder)
    for shard in folder.shards:
        yield from solutions_from(read_table(folder.file("solutions", shard), "solutions"))


def _labels(run: LabelRun, row: SolutionRow) -> Iterator[Label]:
    by_counts = run.labeler.concludes == "counts"
    view = Hard(after_error="keep") if by_counts else FirstError()
    steps = tuple(step.strip() for step in row.solution.steps)
    for place, label in enumerate(view.labels(row.solution), 1):
        if label is not None:
            yield Label(row.problem.question, steps[:place], bool(label))


def peer(system: str, command: Iterable[str], url: str) -> Row:
    """Run a peer in a process of its own."""
    before = _tokens(url)
    done = subprocess.run([*command], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{system} failed:\n{done.stderr[-4000:]}")
    found = json.loads(done.stdout.splitlines()[-1])
    labels = [Label(one["question"], tuple(one["steps"]), one["right"]) for one in found["labels"]]
    return Row.of(system, found["seconds"], labels, _tokens(url) - before)


def _tokens(url: str) -> int:
    with urllib.request.urlopen(url.removesuffix("/v1") + "/tokens") as answer:
        return int(answer.read())


def _rows_for_distilabel(rows: Iterable[SolutionRow], path: Path) -> Path:
    """Write solutions as its input columns; its last two lines are the last step and the answer."""
    solved: dict[str, dict[str, Any]] = {}
    for row in rows:
        text = "".join(row.solution.steps)
        gold = {"golden_solution": [f"The answer is: {row.problem.answer}"], "solutions": []}
        of = solved.setdefault(row.problem.question, gold)
        of["solutions"].append(as_numbered(text, 0).splitlines())
    lines = (json.dumps({"instruction": question} | one) for question, one in solved.items())
    path.write_text("\n".join(lines), "utf-8")
    return path


def measure(options: argparse.Namespace) -> Iterator[Row]:
    """Yield each system's figures, peers last."""
    with (
        simulated(module="benchmarks.peers.server", **_LATENCY) as url,
        tempfile.TemporaryDirectory() as scratch,
    ):
        rows: list[SolutionRow] = []
        for name in _OURS:
            row, found = ours(name, url, options)
            rows = rows or found
            yield row
        n = ["--num-rollouts", str(options.num_rollouts)]
        if options.distilabel:
            given = _rows_for_distilabel(rows, Path(scratch) / "rows.jsonl")
            script = str(_HERE / "distilabel_completer.py")
            yield peer("distilabel", [options.distilabel, script, url, str(given), *n], url)
        if options.openr:
            asked = Path(scratch) / "problems.jsonl"
            problems = {row.problem.question: row.problem.answer for row in rows}
            lines = (json.dumps({"problem": q, "answer": a}) for q, a in problems.items())
            asked.write_text("\n".join(lines), "utf-8")
            command = [sys.executable, str(_HERE / "openr.py"), options.openr, url, str(asked), *n]
            yield peer("OpenR as shipped", command, url)
            threads = str(len(problems))
            yield peer("OpenR, a thread each", [*command, "--threads", threads], url)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--openr", help="folder of an OpenR checkout")
    parser.add_argument("--distilabel", help="a Python that has distilabel 1.5")
    parser.add_argument("--problems", type=int, default=48)
    parser.add_argument("--solutions", type=int, default=4)
    parser.add_argument("--num-rollouts", type=int, default=8)
    parser.add_argument("--in-flight", type=int, default=1024)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    table = Table("system", *("s", "labels/s", "unique/s", "tokens/unique", "true"), box=None)
    found = list(measure(options))
    for row in found:
        table.add_row(
            row.system,
            f"{row.seconds:.1f}",
            f"{row.labels / row.seconds:,.1f}",
            f"{row.unique / row.seconds:,.1f}",
            f"{row.tokens / max(row.unique, 1):,.0f}",
            f"{row.accuracy:.1%}",
        )
    Console().print(table)
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in found], indent=2), "utf-8")


if __name__ == "__main__":
    main()
