"""`python -m benchmarks.prm`: what process reward models are worth that learnt from each labeler.

Every labeler spends the same number of the policy's tokens, as it likes, on the same problems in
the same order; a model of the policy's architecture, begun from its weights, learns from what came
of it; and the step oracle judges the model on problems that none has seen. What was done is not
done again: the same command goes on.

python -m benchmarks.prm --folder output/prm --tokens 150000 --seeds 3 --json FILE --picture FILE
python -m benchmarks.prm --quick
"""

import argparse
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console

from benchmarks.prm.report import Line, draw, line, show
from benchmarks.prm.sets import (
    PROBED,
    SETS,
    Bought,
    Lab,
    LabelSet,
    scored,
    written,
)
from exporters import Refused, StepmintExporter
from exporters.splits import SPLITS, Split, split_of
from exporters.steps import labelled_steps
from prm.learning import learn
from prm.settings import Training
from schemas.run_folder import RunFolder
from schemas.views import FirstError
from sources.synthetic import first_error
from tasks.evaluation import evaluate
from tasks.exports import export

VALIDATION = 0.1
LEARNING: Mapping[str, Any] = {
    "epochs": 20,
    "patience": 3,
    "save_steps": 20,
    "learning_rate": 1e-3,
    "schedule": "constant",
    "device": "cpu",
}
"""The same for all: learning ends when the loss on a tenth of a set's own problems, by its own
labels, no longer falls. The rate is the better of two (2e-4, 1e-3) by the validation loss of
`outcome`; some models of the other rate had been measured on held-out problems by then."""


def main() -> None:
    """Label, learn, measure, and print the table."""
    options = _options()
    console = Console(width=max(Console().width, 150))
    lab = Lab(
        folder=options.folder.absolute(),
        policy={"kind": "transformers", "model": options.policy, "device": "cpu"},
        tokens=options.tokens,
        held_out=options.held_out,
    )
    held_out = lab.measured()
    lines: list[Line] = []
    for one in SETS:
        if not options.sets or one.name in options.sets:
            lines.append(_line(lab, one, held_out, options))
            show(lines[-1:], console)
    console.print()
    show(lines, console)
    for one in SETS:
        if one.is_fitted and not one.of:
            probe = lab.probe(one)
            told = f"{written(probe):,} tokens written, {scored(probe):,} read"
            console.print(
                f"counted with {one.name}: fitting its model to {PROBED} problems, {told}"
            )
    if options.json:
        figures = {"tokens": options.tokens, "lines": [asdict(one) for one in lines]}
        options.json.write_text(json.dumps(figures, indent=2) + "\n")
    if options.picture:
        draw(lines, options.picture)


def _line(lab: Lab, one: LabelSet, held_out: RunFolder, options: argparse.Namespace) -> Line:
    run, paid = lab.labelled(one)
    files, counts = _rows(lab.folder / "rows", one, run, paid)
    found = []
    for seed in range(options.seeds):
        folder = lab.folder / "models" / f"{one.name}-{seed}"
        figures = folder / "figures.json"
        if not figures.exists():
            if not (folder / "model").is_dir():
                settings = {**LEARNING, "seed": seed, "base": options.policy, "output": folder}
                training = Training.model_validate(settings)
                learn(training, [files["train"]], [files["validation"]], separator="\n")
            (measured,) = evaluate(str(folder / "model"), [str(held_out.path)], device="cpu")
            told = {name: value for name, value in asdict(measured).items() if name != "graded"}
            figures.write_text(json.dumps(told, indent=2) + "\n")
        found.append(json.loads(figures.read_text()))
    return line(one, paid, counts, found)


def _rows(
    folder: Path, one: LabelSet, run: RunFolder, paid: Bought
) -> tuple[dict[Split, Path], dict[str, int]]:
    """Write the rows of the problems that were paid for; return the files, and what they hold."""
    folder.mkdir(parents=True, exist_ok=True)
    problems = frozenset(paid.problems)
    rows = list(_true(run) if one.truth else _labelled(one, run))
    kept = [row for row in rows if row["problem_id"] in problems]
    files = {}
    for split in SPLITS:
        files[split] = folder / f"{one.name}-{split}.parquet"
        mine = [row for row in kept if split_of(row["problem_id"], VALIDATION) == split]
        columns = pa.schema([("problem_id", pa.string()), *StepmintExporter.columns])
        pq.write_table(pa.Table.from_pylist(mine, schema=columns), files[split])
    counts = {
        "problems": len(problems),
        "solutions": len(kept),
        "steps": sum(len(row["labels"]) for row in kept),
    }
    return files, counts


def _labelled(one: LabelSet, run: RunFolder) -> Iterator[dict[str, Any]]:
    view = {"view": {"kind": one.view}} if one.view else {}
    rows = {"validation_ratio": 0, "max_length": None, "separator": "\n", "folder": one.name}
    report = export(run.path, StepmintExporter.model_validate({**rows, **view}))
    yield from pq.read_table(report.folder / "train.parquet").to_pylist()


def _true(run: RunFolder) -> Iterator[dict[str, Any]]:
    """Yield the rows that an oracle would make of a run's solutions."""
    for row in run.solutions():
        told = replace(row.solution, first_error=first_error(row.problem, row.solution.steps))
        steps = labelled_steps(row.problem, told, FirstError())
        made = steps if isinstance(steps, Refused) else StepmintExporter().row(steps, "\n")
        if not isinstance(made, Refused):
            yield {"problem_id": row.problem.id, **made}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.prm")
    parser.add_argument("--folder", type=Path, default=Path("output/prm-labels"))
    parser.add_argument("--policy", default="demo/policy", help="a model's folder")
    parser.add_argument("--tokens", type=int, default=150_000, help="of the policy, each labeler's")
    parser.add_argument("--held-out", type=int, default=300, help="problems to measure on")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--sets", nargs="*", default=[], help="names; all by default")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--quick", action="store_true", help="a small one, to see that it works")
    options = parser.parse_args()
    if options.quick:
        options.tokens, options.held_out, options.seeds = 20_000, 16, 1
        options.sets = options.sets or ["outcome", "first_success"]
        options.folder = options.folder.with_name(f"{options.folder.name}-quick")
    options.policy = str(Path(options.policy).absolute())
    return options


if __name__ == "__main__":
    main()
