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
from typing import ClassVar, get_args

import pyarrow as pa

from schemas.arrow import SearchTable, read_table
from schemas.record_folder import TablesFolder

SEARCH_TABLES: tuple[SearchTable, ...] = get_args(SearchTable)


@dataclass(frozen=True, slots=True)
class SearchFolder(TablesFolder):
    """The paths of one search."""

    record_name: ClassVar[str] = "search.json"
    anew: ClassVar[str] = "search anew under another name"

    def file(self, table: str, shard: str) -> Path:
        """Return where a shard's part of a table lies: `search_trace` in `trace`."""
        return self.path / table.removeprefix("search_") / f"{shard}.parquet"

    def tables(self, table: SearchTable, *columns: str) -> Iterator[pa.Table]:
        """Yield a table, or some of its columns, shard by shard."""
        for shard in self.shards:
            yield read_table(self.file(table, shard), table, columns or None)
