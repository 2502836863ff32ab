"""A run's folder as its readers see it: only what was committed.

output/<run>/
    run.json                          configuration, versions, seeds, counts, costs
    committed/shard-00000.json        a shard is part of the run once its marker is here
    problems/shard-00000.parquet      likewise solutions/, nodes/, rollouts/
    exports/<format>-<view>/          training rows derived from the tables above
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from schemas.arrow import TableName, read_table
from schemas.conversion import problems_from, solutions_from
from schemas.errors import RunError
from schemas.rows import ProblemRow, SolutionRow


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The committed shards of one run, in order; safe to read while the run goes on."""

    path: Path

    @property
    def name(self) -> str:
        """The run's name: its folder's."""
        return self.path.resolve().name

    @property
    def shards(self) -> tuple[str, ...]:
        """Names of the committed shards, e.g. `shard-00000`; raises RunError where none is."""
        if not self.path.is_dir():
            raise RunError(f"{self.path} is no folder: give a run's folder, e.g. output/demo")
        names = sorted(marker.stem for marker in self.path.glob("committed/shard-*.json"))
        if not names:
            raise RunError(
                f"{self.path} holds no committed shard: "
                "give a run's folder, or run `stepmint label` until its first shard is done"
            )
        return tuple(names)

    def file(self, table: TableName, shard: str) -> Path:
        """Return where a shard's part of a table lies."""
        return self.path / table / f"{shard}.parquet"

    def tables(self, table: TableName, *columns: str) -> Iterator[pa.Table]:
        """Yield a table, or some of its columns, shard by shard."""
        for shard in self.shards:
            yield read_table(self.file(table, shard), table, columns or None)

    def problems(self) -> Iterator[ProblemRow]:
        """Yield the run's problems in order."""
        for table in self.tables("problems"):
            yield from problems_from(table)

    def solutions(self) -> Iterator[SolutionRow]:
        """Yield the run's labelled solutions in order."""
        for table in self.tables("solutions"):
            yield from solutions_from(table)

    def record(self) -> dict[str, object]:
        """Return `run.json`; empty where the run has not written it yet."""
        path = self.path / "run.json"
        if not path.exists():
            return {}
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise RunError(f"{path} is no JSON ({error}): restore it, or run again") from error
        return dict(record)
