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

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from schemas.arrow import SearchTable, read_table
from schemas.errors import RunError

_FOLDERS: dict[SearchTable, str] = {
    "search_problems": "problems",
    "search_candidates": "candidates",
    "search_chosen": "chosen",
    "search_trace": "trace",
}
SEARCH_TABLES: tuple[SearchTable, ...] = tuple(_FOLDERS)


@dataclass(frozen=True, slots=True)
class SearchFolder:
    """The paths of one search."""

    path: Path

    @property
    def record_file(self) -> Path:
        """Where it says what it is."""
        return self.path / "search.json"

    @property
    def lock(self) -> Path:
        """The file that whoever searches holds locked."""
        return self.path / "lock"

    @property
    def markers(self) -> Path:
        """The folder of what makes shards count."""
        return self.path / "committed"

    def marker(self, shard: str) -> Path:
        """Return the file whose presence means that the shard is committed."""
        return self.markers / f"{shard}.json"

    def journal(self, shard: str) -> Path:
        """Return where what came back for a shard is kept until it is committed."""
        return self.path / "journal" / f"{shard}.journal"

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

    def record(self) -> dict[str, Any]:
        """Return `search.json`; empty where it is not there. Raises RunError for no JSON."""
        if not self.record_file.is_file():
            return {}
        try:
            return dict(json.loads(self.record_file.read_text("utf-8")))
        except (ValueError, TypeError) as error:
            raise RunError(
                f"{self.record_file} is no JSON ({error}): restore it, or search anew under "
                "another name"
            ) from error
