"""`python -m benchmarks.step_check`: the symbolic step check beside human step labels.

Counted are the steps up to and with the first one that people marked as wrong: all steps of a
solution they found right. *Precision*: of the steps called wrong, those that people marked. It is
bounded by the labels: people pass false equalities now and then (`--show` prints every such step).
*Recall*: of the marked steps, those called wrong; most errors are no false equality.

python -m benchmarks.step_check --data ../shared/data/step_labels
"""

import argparse
import gzip
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from schemas import Finding, StepCheck
from verification.step_check import check_step

PROCESSBENCH = ("gsm8k.json", "math.json.gz", "olympiadbench.json.gz", "omnimath.json.gz")
PRM800K = ("phase1_test", "phase1_train_plus")
QUICK = ("gsm8k.json", "math.json.gz")


@dataclass(frozen=True, slots=True)
class Step:
    """A step that people judged, none before it being wrong."""

    text: str
    wrong: bool


@dataclass(slots=True)
class Tally:
    """What the check said of one set's steps."""

    name: str
    steps: int = 0
    wrong: int = 0
    refuted: int = 0
    refuted_wrong: int = 0
    proved: int = 0
    proved_wrong: int = 0
    disputed: list[tuple[str, StepCheck]] = field(default_factory=list)
    """Refuted steps that people did not mark."""

    def add(self, step: Step) -> None:
        """Check one step and count it."""
        check = check_step(step.text)
        self.steps += 1
        self.wrong += step.wrong
        self.proved += check.finding is Finding.PROVED
        self.proved_wrong += check.finding is Finding.PROVED and step.wrong
        if check.finding is Finding.REFUTED:
            self.refuted += 1
            self.refuted_wrong += step.wrong
            if not step.wrong:
                self.disputed.append((step.text, check))


def main() -> None:
    """Check all sets and print precision and recall of each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/step_labels"))
    parser.add_argument("--json", type=Path)
    parser.add_argument("--quick", action="store_true", help="ProcessBench's first two sets only")
    parser.add_argument("--seed", type=int, default=0, help="nothing here is drawn")
    parser.add_argument("--show", action="store_true", help="print refuted steps people passed")
    options = parser.parse_args()
    console = Console(width=max(Console().width, 110))
    began = time.process_time()
    tallies = [_tally(name, steps) for name, steps in _sets(options.data, quick=options.quick)]
    seconds = time.process_time() - began
    console.print(_table(tallies))
    console.print(f"{1000 * seconds / sum(one.steps for one in tallies):.2f} ms CPU per step")
    for text, check in (pair for one in tallies for pair in one.disputed if options.show):
        console.print(f"[{check.equation}] {check.reason}\n    {text[:300]!r}", markup=False)
    if options.json:
        options.json.write_text(json.dumps([asdict(one) for one in tallies], indent=1))


def _tally(name: str, steps: Iterator[Step]) -> Tally:
    tally = Tally(name)
    for step in steps:
        tally.add(step)
    return tally


def _sets(data: Path, *, quick: bool) -> Iterator[tuple[str, Iterator[Step]]]:
    for file in QUICK if quick else PROCESSBENCH:
        yield f"ProcessBench {file.split('.')[0]}", _processbench(data / "processbench" / file)
    for part in () if quick else PRM800K:
        path = data / "prm800k_stepwise_critic" / f"{part}.stepwise-critic.parquet"
        yield f"PRM800K {part}", _prm800k(path)


def _processbench(path: Path) -> Iterator[Step]:
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    for row in json.loads(raw):
        error = row["label"]
        for place, text in enumerate(row["steps"]):
            if error < 0 or place <= error:
                yield Step(text, wrong=place == error)


def _prm800k(path: Path) -> Iterator[Step]:
    """Yield each distinct rated step once, those behind a step rated wrong left out."""
    columns = ["instruction", "responses", "next_response", "rating"]
    rows = [row for row in pq.read_table(path, columns=columns).to_pylist() if _is_rated(row)]
    wrong = {_chain(row) for row in rows if row["rating"] == -1}
    seen = set()
    for row in rows:
        chain = _chain(row)
        behind = any(chain[:end] in wrong for end in range(2, len(chain)))
        if chain not in seen and not behind:
            seen.add(chain)
            yield Step(row["next_response"], wrong=row["rating"] == -1)


def _is_rated(row: dict[str, Any]) -> bool:
    return row["rating"] is not None


def _chain(row: dict[str, Any]) -> tuple[str, ...]:
    return (row["instruction"], *row["responses"], row["next_response"])


def _table(tallies: list[Tally]) -> Table:
    table = Table()
    for name in ("set", "steps", "marked wrong", "refuted", "of them marked", "recall", "proved"):
        table.add_column(name, justify="left" if name == "set" else "right")
    table.add_column("of them marked", justify="right")
    for one in tallies:
        table.add_row(
            one.name,
            str(one.steps),
            str(one.wrong),
            str(one.refuted),
            f"{one.refuted_wrong} ({_percent(one.refuted_wrong, one.refuted)})",
            _percent(one.refuted_wrong, one.wrong),
            str(one.proved),
            f"{one.proved_wrong} ({_percent(one.proved_wrong, one.proved)})",
        )
    return table


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}%" if whole else "-"


if __name__ == "__main__":
    main()
