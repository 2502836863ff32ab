"""A folder that one process writes, with a JSON record that says what it is."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError

from schemas.errors import RunError

_SHOWN = 60
"""Characters of what stands in a file where something else should."""


class Shape(BaseModel):
    """What of a JSON file has to be so for its readers; more may stand in it."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)


class _Numbers(Shape):
    problems: int = 0
    solutions: int = 0
    labelled_steps: int = 0
    critiques: int = 0
    rollouts: int = 0
    tokens: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Figures(_Numbers):
    costs: _Numbers = _Numbers()


class Record(Shape):
    """What records of runs, critiques, searches and recipes say in one way."""

    status: str = ""
    started: str = ""
    error: str | None = None
    policy: str = ""
    config: Mapping[str, Any] = {}
    counts: _Numbers = _Numbers()
    costs: _Numbers = _Numbers()
    paid: _Numbers = _Numbers()
    figures: _Figures = _Figures()


def read_json(path: Path, shape: type[Shape], *, remedy: str) -> dict[str, Any]:
    """Return what a small JSON file holds; RunError naming it and the remedy where it is damaged.

    That is: where it cannot be read, is no JSON, or not of this shape.
    """
    try:
        found: dict[str, Any] = json.loads(path.read_text("utf-8"))
        shape.model_validate(found)
    except ValidationError as error:
        raise RunError(f"{path} is damaged ({_differing(error)}): {remedy}") from error
    except (ValueError, RecursionError) as error:
        raise RunError(f"{path} is no JSON ({error}): {remedy}") from error
    except OSError as error:
        raise RunError(f"{path} cannot be read ({error.strerror}): {remedy}") from error
    return found


def _differing(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    where, found = ".".join(map(str, first["loc"])) or "it", repr(first["input"])
    if first["type"] == "missing":
        return f"{where} is missing"
    kind = "should be a mapping" if first["type"] == "model_type" else first["msg"].lower()
    shown = found if len(found) <= _SHOWN else f"{found[:_SHOWN]}..."
    return f"{where} is {shown}: {kind}"


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
        """Return the record; empty where it is not there. Raises RunError for a damaged one."""
        if not self.record_file.is_file():
            return {}
        return read_json(self.record_file, Record, remedy=f"restore it, or {self.anew}")


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
