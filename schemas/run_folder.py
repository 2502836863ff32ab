"""A run's folder: where everything in it lies, and its content as readers see it.

output/<run>/
    run.json                          configuration, versions, seeds, counts, costs
    rejected.jsonl                    rows of the source that are no problems, with the reason
    committed/shard-00000.json        a shard is part of the run once its marker is here
    problems/shard-00000.parquet      likewise solutions/, nodes/, rollouts/
    exports/<format>-<view>/          training rows derived from the tables above
    critiques/<name>/                 what a critic wrote of them (schemas/critique_folder.py)
    marks.jsonl                       first errors that people marked (schemas/marks.py)
    staging/shard-00000.parquet       the problems of a shard, before they are labelled
    journal/shard-00000.journal       completions of a shard until all its problems are committed
    partial/                          tables that are being written
    lock                              held by the process that writes the run
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from schemas.arrow import TableName, read_table
from schemas.conversion import problems_from, solutions_from
from schemas.critique_folder import CritiqueFolder
from schemas.errors import RunError
from schemas.record_folder import Record, Shape, read_json
from schemas.rows import ProblemRow, SolutionRow
from schemas.views import Concludes


def shard_name(shard: int) -> str:
    """Return the name shared by a shard's files, e.g. `shard-00000`."""
    return f"shard-{shard:05d}"


class _Counted(Shape):
    problems: int


class _Marker(Shape):
    counts: _Counted


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The paths of one run, and its committed shards in order; safe to read while it goes on."""

    path: Path

    @property
    def name(self) -> str:
        """The run's name: its folder's."""
        return self.path.resolve().name

    @property
    def run_json(self) -> Path:
        """Where the run says what it is."""
        return self.path / "run.json"

    @property
    def lock(self) -> Path:
        """The file that whoever writes the run holds locked."""
        return self.path / "lock"

    @property
    def rejected(self) -> Path:
        """Where the source's rows that are no problems are listed."""
        return self.path / "rejected.jsonl"

    @property
    def marks(self) -> Path:
        """Where people's marks are, a line each."""
        return self.path / "marks.jsonl"

    @property
    def staging(self) -> Path:
        """The folder of problems that are not labelled yet."""
        return self.path / "staging"

    @property
    def partials(self) -> Path:
        """The folder of tables that are being written."""
        return self.path / "partial"

    @property
    def markers(self) -> Path:
        """The folder of what makes shards part of the run."""
        return self.path / "committed"

    def marker(self, shard: str) -> Path:
        """Return the file whose presence means that the shard is committed."""
        return self.markers / f"{shard}.json"

    @property
    def journals(self) -> Path:
        """The folder of completions of shards that are not committed."""
        return self.path / "journal"

    def journal(self, shard: str) -> Path:
        """Return where a shard's completions are kept until it is committed."""
        return self.journals / f"{shard}.journal"

    def partial(self, table: TableName, shard: str) -> Path:
        """Return where a shard's part of a table is written."""
        return self.partials / f"{table}-{shard}.parquet"

    @property
    def exports_lock(self) -> Path:
        """The file that whoever exports the run holds locked."""
        return self.path / "exports" / ".lock"

    def export(self, name: str) -> Path:
        """Return the folder of an export, e.g. `trl-hard`."""
        return self.path / "exports" / name

    @property
    def exports(self) -> tuple[Path, ...]:
        """The folders of complete exports, by name."""
        return tuple(sorted(record.parent for record in self.path.glob("exports/*/export.json")))

    def critique_set(self, name: str) -> CritiqueFolder:
        """Return the folder of a set of critiques, e.g. `critic`."""
        return CritiqueFolder(self.path / "critiques" / name)

    @property
    def critique_sets(self) -> tuple[CritiqueFolder, ...]:
        """The sets of critiques that say what they are, by name."""
        records = sorted(self.path.glob("critiques/*/critiques.json"))
        return tuple(CritiqueFolder(record.parent) for record in records)

    @property
    def shards(self) -> tuple[str, ...]:
        """Names of the committed shards, e.g. `shard-00000`; raises RunError where none is."""
        if not self.path.is_dir():
            raise RunError(f"{self.path} is no folder: give a run's folder, e.g. output/demo")
        self.refuse_links()
        names = [marker.stem for marker in self.markers.glob("shard-*.json")]
        if not names:
            raise RunError(
                f"{self.path} holds no committed shard: "
                "give a run's folder, or run `stepmint label` until its first shard is done"
            )
        return tuple(sorted(names, key=lambda name: (len(name), name)))  # behind 99999 is 100000

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

    def labelled_in(self, shard: str) -> int:
        """Return the problems of a committed shard; RunError where its marker is damaged."""
        remedy = "delete it, and label again with the same command to redo its shard"
        marker = read_json(self.marker(shard), _Marker, remedy=remedy)
        return int(marker["counts"]["problems"])

    @property
    def labelled(self) -> int:
        """Problems in committed shards, as the markers say that can be read."""
        total = 0
        for marker in self.markers.glob("shard-*.json"):
            with suppress(RunError):  # told by `labelled_in`; or gone while it is committed anew
                total += self.labelled_in(marker.stem)
        return total

    @property
    def unlabelled(self) -> int:
        """Problems staged and not in a committed shard; 0 where nothing is staged any more."""
        staged = self.staging / "staged.json"
        if not staged.is_file():
            return 0
        remedy = "restore it, or label again with the same command"
        return int(read_json(staged, _Counted, remedy=remedy)["problems"]) - self.labelled

    @property
    def concludes(self) -> Concludes:
        """What the run's labeler says of a solution, as the run recorded it."""
        said = self.record().get("concludes")
        if said == "counts" or said == "first_error" or said == "stated":
            return said
        # Runs of before 2026-11-26 do not say; these two labelers counted then.
        first = next(self.solutions(), None)
        counted = first is not None and first.solution.labeler in ("math_shepherd", "outcome")
        return "counts" if counted else "first_error"

    def refuse_links(self) -> None:
        """Raise RunError where anything in the folder is a link.

        A received run could make us read, publish or overwrite what is none of its own.
        """
        for entry in _entries(self.path):
            if entry.is_symlink():
                raise RunError(
                    f"{entry.path} is a link to {os.readlink(entry.path)}, and a run holds its own "
                    "files: put the file itself there if you know what it is, or remove the link"
                )
            if not entry.is_dir() and not entry.is_file() and os.path.exists(entry.path):
                raise RunError(f"{entry.path} is neither a file nor a folder: remove it")

    def record(self) -> dict[str, object]:
        """Return `run.json`; empty where the run has not written it yet."""
        if not self.run_json.exists():
            return {}
        return read_json(self.run_json, Record, remedy="restore it, or run again")


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Yield all that is in a folder and its folders; links are not followed."""
    with suppress(OSError), os.scandir(folder) as entries:  # one may be gone while a run goes on
        for entry in entries:
            yield entry
            if entry.is_dir(follow_symlinks=False):
                yield from _entries(Path(entry.path))
