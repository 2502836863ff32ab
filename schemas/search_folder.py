"""The folder of a search at test time: where everything in it lies.

output/<name>/
    search.json                       settings, prompt template, accuracy, tokens
    problems/shard-00000.parquet      problems, and how hard they are for the policy
    candidates/shard-00000.parquet    the solutions among which each search chooses, judged
    chosen/shard-00000.parquet        what each selector chose
    trace/shard-00000.parquet         every step that a search looked at
    committed/shard-00000.json        a shard counts once its marker is here
    journal/shard-00000.journal       what came back for a shard until it is committed
    lock                              held by the process that searches
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pyarrow as pa

from schemas.arrow import SearchTable, read_table
from schemas.record_folder import ShardedFolder

_FOLDERS: dict[SearchTable, str] = {
    "search_problems": "problems",
    "search_candidates": "candidates",
    "search_chosen": "chosen",
    "search_trace": "trace",
}
SEARCH_TABLES: tuple[SearchTable, ...] = tuple(_FOLDERS)


@dataclass(frozen=True, slots=True)
class SearchFolder(ShardedFolder):
    """The paths of one search."""

    record_name: ClassVar[str] = "search.json"
    anew: ClassVar[str] = "search anew under another name"

    def file(self, table: SearchTable, shard: str) -> Path:
        """Return where a shard's part of a table lies."""
        return self.path / _FOLDERS[table] / f"{shard}.parquet"

    @property
    def shards(self) -> tuple[str, ...]:
        """Names of the committed shards, in order."""
        names = [marker.stem for marker in self.markers.glob("shard-*.json")]
        return tuple(sorted(names, key=lambda name: (len(name), name)))

    def tables(self, table: SearchTable, *columns: str) -> Iterator[pa.Table]:
        """Yield a table, or some of its columns, shard by shard."""
        for shard in self.shards:
            yield read_table(self.file(table, shard), table, columns or None)
