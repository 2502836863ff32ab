"""`python -m benchmarks.step_check`: the symbolic step check beside human step labels.

Counted are the steps up to and with the first one that people marked as wrong: all steps of a
solution they found right. *Precision*: of the steps called wrong, those that people marked. It is
bounded by the labels: people pass false equalities now and then (`--show` prints every such step).
*Recall*: of the marked steps, those called wrong; most errors are no false equality. Brackets are
95% Wilson intervals. PRM800K's raters could also call a step neutral: that is not marked, and
precision is told with those steps counted against the check and with them set aside.

The check's rules were drawn from the even half of the problems of ProcessBench and PRM800K (by a
hash of the problem's text). Of the odd half and the held-out sets only disputed steps were read,
and what the check itself got wrong there was mended: their figures are kinder than a first look's.
In PRMBench a program planted the errors and did not mark all that follows from them.

python -m benchmarks.step_check --data ../shared/data/step_labels
"""

import argparse
import gzip
import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table
from scipy.stats import binomtest

from benchmarks.verification.figures import Rate
from schemas import Finding, StepCheck
from verification.steps.check import check_step

HALVES = ("even", "odd")
DEVELOPED = ("ProcessBench", "PRM800K")
"""Pools on whose even half the check was developed."""
ALL = "all: ProcessBench, PRM800K"


@dataclass(frozen=True, slots=True)
class Step:
    """A step that people judged, none before it being wrong."""

    problem: str
    text: str
    wrong: bool
    neutral: bool = False
    """Rated neither right nor wrong."""

    @property
    def half(self) -> str:
        """Say which half the problem falls in, by a hash of its text."""
        return HALVES[hashlib.sha256(self.problem.strip().encode()).digest()[-1] % 2]


@dataclass(slots=True)
class Tally:
    """What the check said of one set's steps."""

    name: str
    half: str = "both"
    steps: int = 0
    wrong: int = 0
    refuted: int = 0
    refuted_wrong: int = 0
    refuted_neutral: int = 0
    proved: int = 0
    proved_wrong: int = 0
    disputed: list[tuple[str, StepCheck]] = field(default_factory=list)
    """Refuted steps that people did not mark."""

    def add(self, step: Step, check: StepCheck) -> None:
        """Count one step."""
        self.steps += 1
        self.wrong += step.wrong
        self.proved += check.finding is Finding.PROVED
        self.proved_wrong += check.finding is Finding.PROVED and step.wrong
        if check.finding is Finding.REFUTED:
            self.refuted += 1
            self.refuted_wrong += step.wrong
            self.refuted_neutral += step.neutral
            if not step.wrong:
                self.disputed.append((step.text, check))

    def merge(self, other: "Tally") -> None:
        """Count another tally's steps too."""
        for name in ("steps", "wrong", "refuted", "refuted_wrong", "refuted_neutral"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.proved += other.proved
        self.proved_wrong += other.proved_wrong

    def figures(self) -> dict[str, object]:
        """Return the counts with precision and recall, each with its interval."""
        return asdict(self) | {
            "precision": _interval(self.refuted_wrong, self.refuted),
            "precision_neutral_aside": _interval(
                self.refuted_wrong, self.refuted - self.refuted_neutral
            ),
            "recall": _interval(self.refuted_wrong, self.wrong),
        }


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """A set of judged steps, and the pool that its counts go to."""

    name: str
    pool: str
    path: str
    read: Callable[[Path], Iterable[Step]]


def main() -> None:
    """Check all sets and print precision and recall of each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/step_labels"))
    parser.add_argument("--json", type=Path)
    parser.add_argument("--quick", action="store_true", help="ProcessBench's first two sets only")
    parser.add_argument("--seed", type=int, default=0, help="nothing here is drawn")
    parser.add_argument("--show", action="store_true", help="print refuted steps people passed")
    options = parser.parse_args()
    console = Console(width=max(Console().width, 120))
    began = time.process_time()
    sets = SETS[:2] if options.quick else SETS
    halves = [half for one in sets for half in _tallies(one, options.data)]
    seconds = time.process_time() - began
    pooled = _pooled(sets, halves)
    both = [one for one in pooled if one.half == "both"]
    console.print(_table(both))
    console.print(_table_of_halves(pooled))
    steps = sum(one.steps for one in halves)
    console.print(f"{1000 * seconds / steps:.2f} ms CPU per step, {steps} steps")
    for one in halves if options.show else ():
        for text, check in one.disputed:
            console.print(f"{one.name}, {one.half} [{check.equation}] {check.reason}", markup=False)
            console.print(f"    {text[:300]!r}", markup=False)
    if options.json:
        options.json.write_text(json.dumps([one.figures() for one in pooled], indent=1))


def _tallies(labelled: LabelledSet, data: Path) -> tuple[Tally, ...]:
    tallies = {half: Tally(labelled.name, half) for half in HALVES}
    for step in labelled.read(data / labelled.path):
        tallies[step.half].add(step, check_step(step.text))
    return tuple(tallies.values())


def _pooled(sets: Iterable[LabelledSet], halves: list[Tally]) -> list[Tally]:
    """Return the tallies of each set, then of each pool of several, by halves and together."""
    names: dict[str, tuple[str, ...]] = {one.name: (one.name,) for one in sets}
    for pool in dict.fromkeys(one.pool for one in sets):
        members = tuple(one.name for one in sets if one.pool == pool)
        names |= {pool: members} if len(members) > 1 else {}
    names[ALL] = tuple(one.name for one in sets if one.pool in DEVELOPED)
    pooled = []
    for name, members in names.items():
        for half in ("both", *HALVES):
            tally = Tally(name, half)
            for one in halves:
                if one.name in members and half in ("both", one.half):
                    tally.merge(one)
                    tally.disputed.extend(one.disputed if name in members else ())
            pooled.append(tally)
    return pooled


# Sets


def _processbench(path: Path) -> Iterator[Step]:
    for row in _json(path):
        yield from _up_to(row["problem"], row["steps"], row["label"])


def _mr_gsm8k(path: Path) -> Iterator[Step]:
    for row in _json_lines(path):
        error = int(row["model_output_solution_first_error_step"]) - 1
        yield from _up_to(row["question"], row["model_output_steps"], error)


def _reasoneval(path: Path) -> Iterator[Step]:
    for row in _json_lines(path):
        first = row.get("model_output_solution_first_error_step", "N/A")
        steps = ["\n".join(lines) for lines in row["model_output_step_format"]]
        yield from _up_to(row["question"], steps, -1 if first == "N/A" else int(first) - 1)


def _big_bench_mistake(path: Path) -> Iterator[Step]:
    for row in _json_lines(path):
        error = -1 if row["mistake_index"] is None else row["mistake_index"]
        yield from _up_to(row["input"], row["steps"], error)


def _latebench(path: Path) -> Iterator[Step]:
    for row in _json(path):
        steps = row["solution"]["steps"]
        error = next((place for place, step in enumerate(steps) if step["is_error"]), -1)
        yield from _up_to(row["problem"]["statement"], [step["content"] for step in steps], error)


def _prmbench(folder: Path) -> Iterator[Step]:
    """Yield the steps of all classes of planted errors, those of unchanged prefixes once."""
    seen = set()
    for path in sorted(folder.glob("prm*.jsonl.gz")):
        for row in _json_lines(path):
            error = min(row["error_steps"], default=0) - 1
            steps = row["modified_process"]
            for place, step in enumerate(_up_to(row["modified_question"], steps, error)):
                chain = (step.problem, *steps[: place + 1])
                if chain not in seen:
                    seen.add(chain)
                    yield step


def _up_to(problem: str, steps: list[str], error: int) -> Iterator[Step]:
    """Yield the steps up to and with the first wrong one; -1 if none is."""
    for place, text in enumerate(steps[: error + 1] if error >= 0 else steps):
        yield Step(problem, text, wrong=place == error)


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
            neutral = chain not in wrong and row["rating"] == 0
            yield Step(chain[0], chain[-1], wrong=chain in wrong, neutral=neutral)


def _is_rated(row: dict[str, Any]) -> bool:
    return row["rating"] is not None


def _chain(row: dict[str, Any]) -> tuple[str, ...]:
    return (row["instruction"], *row["responses"], row["next_response"])


def _text(path: Path) -> str:
    raw = path.read_bytes()
    return (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()


def _json(path: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(_text(path))
    return rows


def _json_lines(path: Path) -> Iterator[dict[str, Any]]:
    yield from map(json.loads, _text(path).split("\n")[:-1])


SETS = (
    *(
        LabelledSet(
            f"ProcessBench {file.split('.')[0]}", "ProcessBench", f"processbench/{file}", read
        )
        for read in (_processbench,)
        for file in ("gsm8k.json", "math.json.gz", "olympiadbench.json.gz", "omnimath.json.gz")
    ),
    *(
        LabelledSet(
            f"PRM800K {part}",
            "PRM800K",
            f"prm800k_stepwise_critic/{part}.stepwise-critic.parquet",
            _prm800k,
        )
        for part in ("phase1_test", "phase1_train_plus")
    ),
    LabelledSet("MR-GSM8K", "held out", "mr_gsm8k/mr_gsm8k_wrong_solutions.jsonl", _mr_gsm8k),
    LabelledSet(
        "BIG-Bench Mistake",
        "held out",
        "big_bench_mistake/multistep_arithmetic.jsonl",
        _big_bench_mistake,
    ),
    LabelledSet(
        "LateBench (PRM800K phase 2)",
        "held out",
        "prm800k_latebench/latebench_prm800k_raw.json.gz",
        _latebench,
    ),
    LabelledSet(
        "ReasonEval invalid", "held out", "reasoneval/mr-math_invalid_errors.json", _reasoneval
    ),
    LabelledSet(
        "ReasonEval redundant", "held out", "reasoneval/mr-math_redundant_errors.json", _reasoneval
    ),
    LabelledSet("PRMBench (planted)", "planted", "prmbench", _prmbench),
)


# Figures


def _interval(part: int, whole: int) -> tuple[float, float, float] | None:
    """Return a share with the ends of its 95% Wilson interval; None of nothing."""
    if not whole:
        return None
    ends = binomtest(part, whole).proportion_ci(method="wilson")
    return part / whole, ends.low, ends.high


def _table(tallies: Iterable[Tally]) -> Table:
    table = _empty_table("set", "steps", "marked", "refuted", "of them marked")
    for name in ("neutral", "precision", "neutral aside", "recall", "proved", "marked"):
        table.add_column(name, justify="right")
    for one in tallies:
        table.add_row(
            one.name,
            *map(str, (one.steps, one.wrong, one.refuted, one.refuted_wrong, one.refuted_neutral)),
            Rate(one.refuted_wrong, one.refuted).brief,
            Rate(one.refuted_wrong, one.refuted - one.refuted_neutral).brief,
            Rate(one.refuted_wrong, one.wrong).brief,
            str(one.proved),
            f"{100 * one.proved_wrong / max(1, one.proved):.1f}%",
        )
    return table


def _table_of_halves(tallies: Iterable[Tally]) -> Table:
    """Return precision and recall on the even half of the problems beside the odd one."""
    table = _empty_table("set", "even: marked of refuted", "precision", "recall")
    for name in ("odd: marked of refuted", "precision", "recall"):
        table.add_column(name, justify="right")
    rows: dict[str, list[str]] = {}
    for one in tallies:
        if one.half != "both" and one.name.startswith((*DEVELOPED, ALL)):
            counts = f"{one.refuted_wrong} of {one.refuted}"
            shares = (
                Rate(one.refuted_wrong, one.refuted).brief,
                Rate(one.refuted_wrong, one.wrong).brief,
            )
            rows.setdefault(one.name, []).extend((counts, *shares))
    for name, cells in rows.items():
        table.add_row(name, *cells)
    return table


def _empty_table(first: str, *others: str) -> Table:
    table = Table()
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right")
    return table


if __name__ == "__main__":
    main()
