"""What a judge beside the rollouts does to the truth of labels: `python -m benchmarks.consensus`.

Sums of the scripted policy, which often recovers from an error, are labelled with few rollouts, so
that many labels are wrong; a critic that errs with a known probability judges each solution four
times; rows are exported with and without the filter `consensus`, and their first errors compared
with the sums themselves. Prints Markdown. No model; about a minute.
"""

import asyncio
import random
import re
import tempfile
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks import made
from benchmarks.pipeline import labelled
from exporters import TrlExporter
from exporters.runs import ExportReport, export_run
from flows.demo import share
from schemas import ExportError
from schemas.run_folder import RunFolder
from tasks.critique_settings import CritiqueRun
from tasks.critiques import CritiqueBoard, critique
from tasks.settings import LabelRun

PROBLEMS, SAMPLES = 600, 4
CRITIC_ERRORS = (0.05, 0.2, 0.4)
SHARES = (0.5, 0.75, 1.0)
_SUM = re.compile(r"(\d+) \+ (\d+) = (\d+)")


def main() -> None:
    """Label, have solutions judged, export, and print how true the exported first errors are."""
    with tempfile.TemporaryDirectory() as scratch:
        run = labelled_run(Path(scratch))
        print("| critic's error per step | consensus | rows | first error true (95%) |")
        print("| --- | --- | --- | --- |")
        print(f"| - | - | {_told(run)} |")
        for error in CRITIC_ERRORS:
            name = f"critic-{error:g}"
            asyncio.run(critique(run.path, _critic(name, error), CritiqueBoard()))
        for error, at_least in product(CRITIC_ERRORS, SHARES):
            consensus = {
                "kind": "consensus",
                "critiques": f"critic-{error:g}",
                "at_least": at_least,
            }
            print(f"| {error:.0%} | at least {at_least:.0%} | {_told(run, consensus)} |")


def labelled_run(folder: Path, problems: int = PROBLEMS) -> RunFolder:
    """Label sums with two rollouts a step, of a policy that recovers from three errors in ten."""
    rng = random.Random(0)
    sums = (
        tuple(rng.randrange(2, 60) for _ in range(rng.randrange(3, 7))) for _ in range(problems)
    )
    source = made.sums(folder / "sums.jsonl", sums)
    run = LabelRun.model_validate(
        {
            "name": "sums",
            "output": str(folder),
            "source": {"kind": "file", "path": str(source)},
            "prompt": "synthetic",
            "sampling": {"temperature": 1.0, "max_tokens": 200},
            "splitter": {"kind": "newline"},
            "policy": {"kind": "scripted", "error": 0.2, "recovery": 0.3},
            "verification": {"answer_format": "hash"},
            "labeler": {"kind": "math_shepherd", "num_solutions": 3, "num_rollouts": 2},
        }
    )
    asyncio.run(labelled(run))
    return RunFolder(run.folder)


def _critic(name: str, error: float) -> CritiqueRun:
    policy = {"kind": "scripted_critic", "error": error}
    return CritiqueRun.model_validate({"name": name, "policy": policy, "samples": SAMPLES})


def _told(run: RunFolder, *filters: dict[str, object]) -> str:
    settings = {"separator": "\n", "filters": filters}
    try:
        report = export_run(run, TrlExporter.model_validate(settings))
    except ExportError:
        return "0 | -"
    right = list(verdicts(report))
    return f"{len(right):,} | {share(sum(right), len(right))}"


def verdicts(report: ExportReport) -> Iterator[bool]:
    """Yield, row by row, whether the labels put the first error where the first false sum is."""
    for split in report.rows:
        for row in pq.read_table(report.folder / f"{split}.parquet").to_pylist():
            labels: list[bool] = row["labels"]
            ours = labels.index(False) if False in labels else -1
            yield ours == first_false(row["completions"])


def first_false(steps: Sequence[str]) -> int:
    """Return the first step whose sum is false; -1: none."""
    for index, step in enumerate(steps):
        if (found := _SUM.search(step)) and int(found[1]) + int(found[2]) != int(found[3]):
            return index
    return -1


if __name__ == "__main__":
    main()
