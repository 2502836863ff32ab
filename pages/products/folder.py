"""The folder of a recipe or a search, read as it is asked for and never whole.

Of each table is kept in which row groups a problem's rows are; a table written anew is looked at
anew.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from schemas import RunError
from schemas.arrow import UNREADABLE, check_schema
from schemas.recipe_folder import RecipeFolder
from schemas.search_folder import SEARCH_TABLES, SearchFolder

Row = Mapping[str, Any]
SAMPLED = ("sample_index", "text", "extracted", "outcome", "completion_tokens")
_TABLES_KEPT = 256


class OpenProducts:
    """A recipe's or a search's folder; safe to read while it grows, by several requests at once."""

    place = "made"
    """What its addresses begin with."""

    def __init__(self, folder: RecipeFolder | SearchFolder, name: str) -> None:
        self.folder = folder
        self.name = name
        """What it is called here; its folder's name unless two of them share it."""

    @property
    def kind(self) -> str:
        """`search`, or the recipe's kind."""
        if isinstance(self.folder, SearchFolder):
            return "search"
        return str(self.folder.record().get("recipe", "recipe"))

    def files(self, table: str) -> list[Path]:
        """Return where a table's rows lie: in one file, a file a round, or a file a shard."""
        searched = isinstance(self.folder, SearchFolder)
        if searched and table not in SEARCH_TABLES:  # `problems` and `candidates` are a recipe's
            return []
        path = self.folder.path
        whole = path / f"{table}.parquet"
        if whole.is_file():
            return [whole]
        if rounds := sorted(path.glob(f"round-*/{table}.parquet"), key=_round):
            return rounds
        shards = (self.folder.file(table, shard) for shard in self.folder.shards)
        return [one for one in shards if one.is_file()]

    def rows(self, table: str, columns: Sequence[str], *, of: Collection[str]) -> Iterator[Row]:
        """Yield some columns of the rows of these problems, in their order.

        Raises RunError where a file cannot be read as such a table.
        """
        for file in self.files(table):
            for part in _parts(file, table, columns, of):
                yield from part.to_pylist()

    def sampled(self, problem_id: str) -> Iterator[Row]:
        """Yield the whole solutions of a problem that were sampled to vote."""
        for file in sorted(self.folder.path.glob("sampled/shard-*.parquet")):
            for part in _parts(file, "rollouts", SAMPLED, (problem_id,)):
                yield from part.to_pylist()

    def batches(
        self, table: str, columns: Sequence[str], *, start: int
    ) -> Iterator[tuple[int, pa.Table]]:
        """Yield some columns a row group at a time, each with the number of its first row.

        Groups before the row `start` are left out.
        """
        at = 0
        for path in self.files(table):
            with _opened(path, table, columns) as file:
                for group in range(file.num_row_groups):
                    rows = file.metadata.row_group(group).num_rows
                    if at + rows > start:
                        yield at, file.read_row_group(group, columns=[*columns])
                    at += rows

    def count(self, table: str) -> int:
        """Return how many rows a table has."""
        return sum(_counted(path, table) for path in self.files(table))


def _round(file: Path) -> tuple[int, str]:
    return len(file.parent.name), file.parent.name  # round-10 is behind round-9


def _counted(path: Path, table: str) -> int:
    with _opened(path, table, ()) as file:
        return int(file.metadata.num_rows)


def _parts(
    path: Path, table: str, columns: Sequence[str], of: Collection[str]
) -> Iterator[pa.Table]:
    stat = path.stat()
    places = _places(path, table, (stat.st_mtime_ns, stat.st_size))
    groups = sorted({group for one in of for group in places.get(one, ())})
    wanted = pa.array(sorted(of), pa.string())
    with _opened(path, table, columns) as file:
        for group in groups:
            found = file.read_row_group(group, columns=["problem_id", *columns])
            yield found.filter(pc.is_in(found["problem_id"], value_set=wanted))


@lru_cache(_TABLES_KEPT)
def _places(path: Path, table: str, stamp: tuple[int, int]) -> Mapping[str, tuple[int, ...]]:
    """Return the row groups of each problem."""
    found: dict[str, tuple[int, ...]] = {}
    with _opened(path, table, ("problem_id",)) as file:
        for group in range(file.num_row_groups):
            ids = file.read_row_group(group, columns=["problem_id"])["problem_id"]
            for one in ids.unique().to_pylist():
                found[one] = (*found.get(one, ()), group)
    return found


@contextmanager
def _opened(path: Path, table: str, columns: Sequence[str]) -> Iterator[pq.ParquetFile]:
    """Open a table's file; raises RunError where it is not one, lacks a column, or is damaged."""
    try:
        with pq.ParquetFile(path) as file:
            check_schema(file.schema_arrow, table, where=str(path))
            if lacking := set(columns) - set(file.schema_arrow.names):
                names = ", ".join(sorted(lacking))
                raise RunError(f"{path} lacks the columns {names}: restore the file")
            yield file
    except UNREADABLE as error:
        raise RunError(f"{path} cannot be read as a table ({error}): restore the file") from error
