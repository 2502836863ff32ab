"""Runs of many problems that are made in a minute: a few labelled ones, written again and again."""

import hashlib
import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from rich.console import Console

from benchmarks import made
from flows.oneoff import label_here
from schemas import Evidence, LabelledSolution, Outcome, Sampling, StopRule
from schemas.arrow import SCHEMAS, TABLE_NAMES, TableName, read_table
from schemas.conversion import problems_table, solutions_table
from schemas.rows import ProblemRow, Provenance, SolutionRow
from schemas.run_folder import RunFolder
from sources.synthetic import SyntheticSource, corrupt
from tasks.commits import commit
from tasks.records import Counts, ShardRecord
from tasks.settings import LabelRun

SHARD = 64
"""Problems of a shard."""


def small(folder: Path, name: str, labeler: Mapping[str, Any], seed: int) -> RunFolder:
    """Label 64 sums with the scripted policy: the same solutions, whatever the labeler."""
    rng = random.Random(seed)
    terms = (tuple(rng.randrange(2, 90) for _ in range(rng.randrange(3, 7))) for _ in range(SHARD))
    run = LabelRun.model_validate(
        {
            "name": name,
            "output": str(folder),
            "seed": seed,
            "source": {"kind": "file", "path": str(made.sums(folder / f"{name}.jsonl", terms))},
            "prompt": "synthetic",
            "sampling": {"temperature": 1.0, "max_tokens": 200},
            "splitter": {"kind": "newline"},
            "policy": {"kind": "scripted", "error": 0.2},
            "verification": {"answer_format": "hash"},
            "labeler": labeler,
            "shards": {"size": SHARD},
        }
    )
    label_here(run, Console(stderr=True), resume="")
    return RunFolder(run.folder)


def multiplied(of: RunFolder, folder: Path, problems: int) -> int:
    """Write a run of many problems, all copies of a few; return its rollouts."""
    folder.mkdir()
    shard = of.shards[0]
    tables = {name: read_table(of.file(name, shard), name) for name in TABLE_NAMES}
    record = ShardRecord.from_json(json.loads(of.marker(shard).read_text()))
    copies: int = -(-problems // tables["problems"].num_rows)
    for copy in range(copies):
        again = {name: _again(tables[name], name, copy) for name in TABLE_NAMES}
        commit(folder, copy, tables=again, counts=record.counts, policy=record.policy)
    (folder / "run.json").write_text(of.run_json.read_text())
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


_SLIPS = 3
"""Solutions with a planted slip of each problem, beside a true one."""


def with_oracle(folder: Path, problems: int, seed: int) -> None:
    """Write a run over problems with a step oracle; its labels are what was planted, or near it."""
    folder.mkdir()
    source = SyntheticSource(seed=seed, count=problems)
    rng = random.Random(seed)
    for shard in range(-(-problems // SHARD)):
        places = range(shard * SHARD, min((shard + 1) * SHARD, problems))
        rows = [ProblemRow(problem=source.problem(n), set_aside="") for n in places]
        labelled = [
            SolutionRow(problem=row.problem, solution=one, provenance=_PROVENANCE)
            for row in rows
            for one in _written(row, rng)
        ]
        tables = {name: SCHEMAS[name].empty_table() for name in TABLE_NAMES}
        tables |= {"problems": problems_table(rows), "solutions": solutions_table(labelled)}
        counts = Counts(problems=len(rows), solutions=len(labelled))
        commit(folder, shard, tables=tables, counts=counts, policy=_PROVENANCE.policy)


_PROVENANCE = Provenance(
    config="0" * 16,
    policy="planted",
    prompt="synthetic",
    sampling=Sampling(temperature=1.0, max_tokens=200),
    seed=0,
)
_NOTHING = Evidence(stop_rule=StopRule.NOT_SAMPLED)


def _written(row: ProblemRow, rng: random.Random) -> list[LabelledSolution]:
    """Return a true solution and some with a slip, one label in four a step too late."""
    true = (row.problem.solution or "").split("\n")
    slips = [corrupt(row.problem, rng, ending="carried") for _ in range(_SLIPS)]
    texts = [(true, -1), *((one.steps, one.first_error) for one in slips)]
    return [
        LabelledSolution(
            problem_id=row.problem.id,
            solution_index=index,
            labeler="planted",
            steps=tuple(f"{step}\n" for step in steps),
            outcome=Outcome.CORRECT if error < 0 else Outcome.INCORRECT,
            root=_NOTHING,
            evidence=(_NOTHING,) * len(steps),
            first_error=error + (error >= 0 and rng.random() < 0.25),
        )
        for index, (steps, error) in enumerate(texts)
    ]
