"""A folder that one process writes, with a JSON record that says what it is."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from schemas.errors import RunError


@dataclass(frozen=True, slots=True)
class RecordFolder:
    """The paths of such a folder."""

    record_name: ClassVar[str]
    """The record's file."""
    anew: ClassVar[str]
    """What to do where the record is damaged and cannot be restored."""

    path: Path

    @property
    def record_file(self) -> Path:
        """Where it says what it is."""
        return self.path / self.record_name

    @property
    def lock(self) -> Path:
        """The file that whoever writes it holds locked."""
        return self.path / "lock"

    def record(self) -> dict[str, Any]:
        """Return the record; empty where it is not there. Raises RunError for no JSON."""
        if not self.record_file.is_file():
            return {}
        try:
            return dict(json.loads(self.record_file.read_text("utf-8")))
        except (ValueError, TypeError) as error:
            raise RunError(
                f"{self.record_file} is no JSON ({error}): restore it, or {self.anew}"
            ) from error


@dataclass(frozen=True, slots=True)
class ShardedFolder(RecordFolder):
    """One whose tables come shard by shard."""

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


@dataclass(frozen=True, slots=True)
class TablesFolder(ShardedFolder):
    """One with several tables of each shard, each table in a folder of its own."""

    def file(self, table: str, shard: str) -> Path:
        """Return where a shard's part of a table lies."""
        return self.path / table / f"{shard}.parquet"

    @property
    def shards(self) -> tuple[str, ...]:
        """Names of the committed shards, in order."""
        names = [marker.stem for marker in self.markers.glob("shard-*.json")]
        return tuple(sorted(names, key=lambda name: (len(name), name)))
