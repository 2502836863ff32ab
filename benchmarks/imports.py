"""Every step-labelled file of a folder imported: what each came to; or a large set, timed.

    python -m benchmarks.imports --data ../shared/data/step_labels     # a table, files in order
    python -m benchmarks.imports --rows 440000                         # Math-Shepherd's size

With --rows rows of Math-Shepherd's form are made, 15 solutions a question, and imported to a run;
told are seconds, and the memory that the process came to. Exits with 1 where a file fails.
"""

import argparse
import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from schemas import RejectedRow, StepmintError
from sources.stated.sets import StatedReading, imported
from tasks.importing import Import, import_set, source_of

_QUICK = 20_000
_SOLUTIONS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What a file came to."""

    file: str
    format: str
    labels: str
    rows: int
    problems: int
    solutions: int
    steps: int
    labelled: int
    wrong: int
    """Solutions whose first error is stated."""
    rejected: Mapping[str, int]
    error: str = ""


def main() -> int:
    """Import what the options say; return the exit status."""
    options = _options()
    if options.rows:
        found: object = [asdict(_timed(options.rows, options.seed))]
        failed = False
    else:
        lines = [_line(path, options.data) for path in _files(options.data)]
        print(_table(lines))
        found, failed = [asdict(line) for line in lines], any(line.error for line in lines)
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return int(failed)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.imports", description="Import labelled sets."
    )
    add = parser.add_argument
    add("--data", type=Path, default=Path("../shared/data/step_labels"), metavar="FOLDER")
    add("--rows", type=int, default=0, help="make so many rows instead, and time their import")
    add("--seed", type=int, default=0, help="of the rows that are made")
    add("--quick", action="store_true", help=f"{_QUICK:,} rows at most")
    add("--json", type=Path, metavar="FILE", help="write the figures here too")
    options = parser.parse_args()
    if options.quick:
        options.rows = min(options.rows or _QUICK, _QUICK)
    return options


def _files(folder: Path) -> Sequence[Path]:
    """Return the files of a folder, all but what describes them."""
    if not folder.is_dir():
        raise SystemExit(f"{folder} is no folder: name one with --data, or give --rows")
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".md")


def _line(path: Path, folder: Path) -> Line:
    reading, wrong, error = StatedReading(), 0, ""
    try:
        for one in imported(source_of(str(path)), reading=reading):
            if not isinstance(one, RejectedRow):
                wrong += sum(each.first_error not in (None, -1) for each in one.solutions)
    except StepmintError as failure:
        error = str(failure)
    form = reading.form
    return Line(
        file=str(path.relative_to(folder)),
        format=form.format if form else "",
        labels=form.labelled_by if form else "",
        rows=reading.rows,
        problems=reading.problems,
        solutions=reading.solutions,
        steps=reading.steps,
        labelled=reading.labelled_steps,
        wrong=wrong,
        rejected=dict(reading.rejected.most_common()),
        error=error,
    )


def _table(lines: Sequence[Line]) -> str:
    """Return the figures as a table in Markdown."""
    head = (
        "| file | format | rows | problems | solutions | with error | steps labelled | rejected |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | --- |",
    )
    return "\n".join((*head, *map(_row, lines), _row(_total(lines))))


def _row(line: Line) -> str:
    reasons = line.error or ", ".join(f"{n:,} {reason}" for reason, n in line.rejected.items())
    counts = (line.rows, line.problems, line.solutions, line.wrong)
    steps = f"{line.labelled:,} of {line.steps:,}"
    cells = (line.file, line.format, *(f"{count:,}" for count in counts), steps, reasons)
    return f"| {' | '.join(cells)} |"


def _total(lines: Sequence[Line]) -> Line:
    rejected = sum(sum(line.rejected.values()) for line in lines)
    return Line(
        file=f"{len(lines)} files",
        format="",
        labels="",
        rows=sum(line.rows for line in lines),
        problems=sum(line.problems for line in lines),
        solutions=sum(line.solutions for line in lines),
        steps=sum(line.steps for line in lines),
        labelled=sum(line.labelled for line in lines),
        wrong=sum(line.wrong for line in lines),
        rejected={"in all": rejected},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """What an import of many rows took."""

    rows: int
    solutions: int
    shards: int
    seconds: float
    cpu_seconds: float
    """Of this process: what a machine with nothing else to do would take."""
    before_mb: float
    """The most memory of the process before the import began."""
    most_mb: float


def _timed(count: int, seed: int) -> Timing:
    with tempfile.TemporaryDirectory(prefix="stepmint-imports-") as name:
        path = Path(name) / "math-shepherd.jsonl"
        with path.open("w", encoding="utf-8") as file:
            file.writelines(
                json.dumps(row, ensure_ascii=False) + "\n" for row in _rows(count, seed)
            )
        before, began, busy = _memory(), time.perf_counter(), time.process_time()
        report = import_set(Import(source=source_of(str(path)), form=None), Path(name) / "run")
        timing = Timing(
            rows=report.reading.rows,
            solutions=report.reading.solutions,
            shards=len(list((report.folder / "committed").iterdir())),
            seconds=round(time.perf_counter() - began, 1),
            cpu_seconds=round(time.process_time() - busy, 1),
            before_mb=before,
            most_mb=_memory(),
        )
    print(
        f"{timing.rows:,} rows, {timing.solutions:,} solutions in {timing.shards} shards: "
        f"{timing.seconds:.1f} s, {timing.cpu_seconds:.1f} s of them of this process; "
        f"memory {timing.most_mb:.0f} MB at most, {timing.before_mb:.0f} MB before"
    )
    return timing


def _memory() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def _rows(count: int, seed: int) -> Iterator[dict[str, str]]:
    """Yield rows of the released set's form and about its length, solutions of a question apart."""
    questions = -(-count // _SOLUTIONS)
    rng = random.Random(seed)
    for number in range(count):
        asked = (
            f"Tom has {number % questions} eggs and buys as many every day. " + "How many? " * 20
        )
        steps = [
            f"Step {n}: On day {n} he has {rng.randrange(10_000)} of them. " + "And so on. " * 8
            for n in range(1, 7)
        ]
        signs = [rng.choice("+-") for _ in steps]
        yield {
            "input": asked + "\n".join(f"{step}ки" for step in steps),
            "label": asked + "\n".join(map(str.__add__, steps, signs)),
            "task": "GSM8K",
        }


if __name__ == "__main__":
    sys.exit(main())
