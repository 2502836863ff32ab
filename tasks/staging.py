"""The problems of a run on disk, shard by shard, from the source to the labelling."""

import json
import shutil
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from itertools import accumulate
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow.parquet as pq
from pydantic import TypeAdapter, ValidationError

from schemas import Problem, RejectedRow, RunError
from schemas.arrow import read_table, write_table
from schemas.conversion import problems_from, problems_table
from schemas.rows import ProblemRow
from schemas.run_folder import RunFolder, shard_name
from schemas.source_record import SourceRecord
from tasks.files import fresh, sync, write_json, writing

_SUMMARY = "staged.json"
_EXAMPLES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class StagingRecord:
    """What a run has to work on."""

    shards: int
    problems: int
    unjudgeable: int
    """Problems set aside because their gold answer cannot be judged against."""
    rejected: int
    """Rows that are no problems."""
    source: SourceRecord = field(default_factory=SourceRecord)
    """What the source was read as, and what of it was left out; empty in runs from before it was
    kept."""

    @classmethod
    def from_json(cls, value: Any) -> "StagingRecord":
        """Return the record that JSON holds; raises ValueError for anything else."""
        return _RECORD.validate_python(value)

    @classmethod
    def nothing(cls) -> "StagingRecord":
        """Return the record of a run that has nothing staged yet."""
        return cls(shards=0, problems=0, unjudgeable=0, rejected=0)


def staged(folder: Path) -> StagingRecord | None:
    """Return what is staged in a run's folder, or None."""
    path = RunFolder(folder).staging / _SUMMARY
    if not path.exists():
        return None
    try:
        return _RECORD.validate_json(path.read_bytes())
    except ValidationError as error:
        raise RunError(
            f"{path} is damaged ({error}): delete {path.parent} and run the same command again; "
            "committed shards and journals stay"
        ) from error


_RECORD = TypeAdapter(StagingRecord)


def shard_problems(folder: Path, shard: int) -> tuple[ProblemRow, ...]:
    """Return the staged problems of one shard, in order."""
    path = RunFolder(folder).staging / f"{shard_name(shard)}.parquet"
    return tuple(problems_from(read_table(path, "problems")))


def adopt(folder: Path, record: StagingRecord) -> None:
    """Have a run work on what another machine staged; its shards may come one by one."""
    staging = RunFolder(folder).staging
    with writing(folder):
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir()
        write_json(staging / _SUMMARY, asdict(record))


def staged_problems(folder: Path, record: StagingRecord) -> Iterator[Sequence[Problem]]:
    """Yield a run's staged problems, shard by shard."""
    for shard in range(record.shards):
        yield [row.problem for row in shard_problems(folder, shard)]


class Staging:
    """Problems and rejected rows being written; theirs are the final names when all are there.

    `with Staging(folder) as staging:` leaves nothing behind where it is not finished. With `before`
    its shards come behind those that are staged already, of which none is changed.
    """

    def __init__(self, folder: Path, before: StagingRecord | None = None) -> None:
        self.before = before or StagingRecord.nothing()
        self.problems = self.before.problems
        self.unjudgeable = self.before.unjudgeable
        self._folder = folder
        self._run = RunFolder(folder)
        self._partial = self._run.staging.with_name(f"{self._run.staging.name}.partial")
        self._rejected_path = self._run.rejected.with_name(f"{self._run.rejected.name}.partial")
        self._shards = self.before.shards
        self._firsts = self._firsts_before()
        self._rejected = 0
        self._bad_rows: list[str] = []
        self._bad_golds: list[str] = []

    def __enter__(self) -> Self:
        with writing(self._folder), ExitStack() as undo:
            shutil.rmtree(self._partial, ignore_errors=True)
            self._partial.mkdir()
            undo.callback(shutil.rmtree, self._partial, ignore_errors=True)
            undo.callback(self._rejected_path.unlink, missing_ok=True)
            self._rejected_file = undo.enter_context(fresh(self._rejected_path))
            self._undo = undo.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with writing(self._folder):
            self._undo.close()

    @property
    def examples(self) -> list[str]:
        """A few of the rows that are no problems, then of the golds that cannot be judged."""
        return [*self._bad_rows, *self._bad_golds][:_EXAMPLES]

    def reject(self, row: RejectedRow) -> None:
        """Write a row that is no problem, with the reason."""
        with writing(self._folder):
            self._rejected_file.write((json.dumps(asdict(row)) + "\n").encode("ascii"))
        self._rejected += 1
        if self._rejected <= _EXAMPLES:
            self._bad_rows.append(f"row {row.row}: {row.reason}")

    def add(self, problems: Sequence[Problem], reasons: Sequence[str]) -> None:
        """Write the next shard; a reason says why a gold cannot be judged, empty where it can."""
        rows = [
            ProblemRow(problem=problem, set_aside=reason and f"gold answer: {reason}")
            for problem, reason in zip(problems, reasons, strict=True)
        ]
        self._write(rows, self._shards)
        self._firsts.append(self.problems)
        self._shards += 1
        self.problems += len(rows)
        self.unjudgeable += sum(map(bool, reasons))
        if len(self._bad_golds) < _EXAMPLES:
            self._bad_golds += [
                f"{row.problem.id}: {reason}"
                for row, reason in zip(rows, reasons, strict=True)
                if reason
            ][:_EXAMPLES]

    def rows(self, places: Sequence[int]) -> list[ProblemRow]:
        """Return the problems at these places among all that were added, in their order."""
        found: dict[int, ProblemRow] = {}
        for shard, inside in self._by_shard(places).items():
            rows = self._read(shard)
            found |= {first + at: rows[at] for first, at in inside}
        return [found[place] for place in places]

    def set_aside(self, reasons: Mapping[int, str]) -> None:
        """Set aside the problems at these places after all, each with its reason."""
        new = [place for place in reasons if place >= self.before.problems]
        for shard, inside in self._by_shard(new).items():
            rows = self._read(shard)
            for first, at in inside:
                self.unjudgeable += not rows[at].set_aside
                reason = f"gold answer: {reasons[first + at]}"
                rows[at] = replace(rows[at], set_aside=rows[at].set_aside or reason)
            self._write(rows, shard)

    def _by_shard(self, places: Sequence[int]) -> dict[int, list[tuple[int, int]]]:
        """Return, per shard, the place of its first problem with each place within it."""
        inside: dict[int, list[tuple[int, int]]] = {}
        for place in places:
            shard = bisect_right(self._firsts, place) - 1
            first = self._firsts[shard]
            inside.setdefault(shard, []).append((first, place - first))
        return inside

    def _firsts_before(self) -> list[int]:
        """Return the places of the first problems of the shards that are staged already."""
        sizes = (pq.read_metadata(self._path(n)).num_rows for n in range(self.before.shards))
        return [0, *accumulate(sizes)][: self.before.shards]

    def _path(self, shard: int) -> Path:
        staged = shard < self.before.shards
        return (self._run.staging if staged else self._partial) / f"{shard_name(shard)}.parquet"

    def _read(self, shard: int) -> list[ProblemRow]:
        return list(problems_from(read_table(self._path(shard), "problems")))

    def _write(self, rows: Sequence[ProblemRow], shard: int) -> None:
        with writing(self._folder):
            write_table(problems_table(rows), self._path(shard))
            sync(self._path(shard))

    def finish(self, source: SourceRecord) -> StagingRecord:
        """Give everything its final name."""
        record = StagingRecord(
            shards=self._shards,
            problems=self.problems,
            unjudgeable=self.unjudgeable,
            rejected=self._rejected,
            source=source,
        )
        with writing(self._folder):
            self._rejected_file.close()
            sync(self._rejected_path)
            self._rejected_path.replace(self._run.rejected)
            if not self.before.shards:
                write_json(self._partial / _SUMMARY, asdict(record))
                self._partial.rename(self._run.staging)
            else:
                for shard in range(self.before.shards, self._shards):
                    path = self._path(shard)
                    path.rename(self._run.staging / path.name)
                sync(self._run.staging)
                write_json(self._run.staging / _SUMMARY, asdict(record))  # now they count
            sync(self._folder)
        return record
