"""What of a run is published, by its path in the repository: tables, exports, records.

A copy of the repository is a run's folder that `stepmint show`, `export` and the like can read.
Nothing in it tells of this machine: records are written anew without folders, servers and times.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePath
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from exporters.splits import SPLITS, Split
from schemas import RunError
from schemas.arrow import TABLE_NAMES
from schemas.run_folder import RunFolder
from tasks.files import digest

RECORD = "run.json"
_EXPORT_NAME = re.compile(r"\w[\w.-]*", re.ASCII)
_AGAIN = "write it again with `stepmint export`"
OURS = (*(f"{table}/" for table in TABLE_NAMES), "exports/", "committed/")
"""Where a publication's files lie, besides its record and its card."""
PER_FOLDER = 10_000
"""Files that a hub wants in one folder at most; later shards lie in folders below."""
_SHAPING = (
    *("seed", "source", "solutions", "limit", "prompt", "sampling", "splitter", "verification"),
    *("labeler", "budget"),
)
"""The settings a reader needs; not the policy's, which may hold addresses of private servers."""
_TOLD = (
    *("schema_version", "seed", "config_digest", "prompt", "splitter_prompt", "concludes"),
    *("source", "import", "policy", "shards", "left", "counts", "costs"),
)
"""What `run.json` says of rows: nothing that another session without news would change."""
_FOLDERS = frozenset({"against", "dataset", "model", "path", "paths", "prompt", "tokenizer"})
"""Settings that may name a folder or a file of this machine."""
_LEADING = re.compile(r"(?<![\w.])(?:~|/[^/\s]+)(?:/[^/\s]+)*/(?=[^/\s])")
"""Folders before a file's name, inside a longer text."""


class FilterCount(BaseModel):
    """What a filter did to an export."""

    kind: str
    taken: dict[str, int]


class ExportRecord(BaseModel):
    """What publishing reads of an `export.json`, which may have come from anywhere."""

    separator: str
    rows: dict[Split, int]
    refused: dict[str, int]
    filters: list[FilterCount] = []
    digests: dict[Split, str] = Field(min_length=len(SPLITS))
    settings: dict[str, Any] = {}


def export_record(folder: Path) -> ExportRecord:
    """Return what an export's folder says of it; raises RunError where that is damaged."""
    path = folder / "export.json"
    if not _EXPORT_NAME.fullmatch(folder.name):
        raise RunError(f"{folder}: an export's name has letters, digits, `_`, `.` and `-` alone")
    try:
        return ExportRecord.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise RunError(f"{path} is damaged or of an older stepmint: {_AGAIN}") from error


def published_files(run: RunFolder, scratch: Path) -> dict[str, Path]:
    """Return what is published by its path in the repository, all but the card.

    Only what is committed; what is told anew is written into `scratch`. Raises RunError where a
    file is missing or is not what was exported.
    """
    files = dict(_tables(run))
    for shard in run.shards:
        files[_place("committed", shard, ".json")] = _told_anew(run.marker(shard), scratch)
    for folder in run.exports:
        for split, known in export_record(folder).digests.items():
            path = folder / f"{split}.parquet"
            if not path.is_file() or digest(path) != known:
                raise RunError(f"{path} is missing or not what was exported: {_AGAIN}")
            files[f"exports/{folder.name}/{path.name}"] = path
        files[f"exports/{folder.name}/export.json"] = _told_anew(folder / "export.json", scratch)
    files[RECORD] = _written(scratch / RECORD, public_record(run))
    return files


def public_record(run: RunFolder) -> dict[str, Any]:
    """Return of `run.json` what concerns rows and is the same whoever publishes them, and when."""
    record = run.record()
    told = {key: record[key] for key in _TOLD if key in record}
    named = {"name": record.get("name", run.name)}
    return dict(without_folders({**named, "config": shown_settings(run), **told}))


def identity(record: Mapping[str, Any]) -> tuple[object, object]:
    """Return what tells a published record's run from other runs."""
    return record.get("name"), record.get("config_digest")


def shown_settings(run: RunFolder) -> dict[str, Any]:
    """Return the settings a reader needs; of a segmenter's own policy no more than its model."""
    config = run.record().get("config")
    config = config if isinstance(config, dict) else {}
    shown = {key: config[key] for key in _SHAPING if config.get(key) is not None}
    splitter = shown.get("splitter")
    if isinstance(splitter, dict) and isinstance(splitter.get("policy"), dict):
        policy = splitter["policy"]
        named = {key: policy[key] for key in ("kind", "model") if policy.get(key)}
        shown["splitter"] = {**splitter, "policy": named}
    return dict(without_folders(shown))


def without_folders(value: Any, key: str = "") -> Any:
    """Return JSON values in which files and folders of this machine have their names alone."""
    if isinstance(value, Mapping):
        if key in _COUNTED_BY:
            return _counted(value, _COUNTED_BY[key])
        return {name: without_folders(inner, str(name)) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [without_folders(inner, key) for inner in value]
    if not isinstance(value, str):
        return value
    if key in _FOLDERS:
        return _name(value)
    return _LEADING.sub("", value) if key == "origin" else value


def _counted(counts: Mapping[str, int], told: Callable[[str], str]) -> dict[str, int]:
    """Return counts by what is told of their names; names of which the same is told are one."""
    named = Counter[str]()
    for name, count in counts.items():
        named[told(name)] += count
    return dict(named)


def _name(place: str) -> str:
    return PurePath(place).name if place.startswith(("/", "~", "../")) else place


def _reason(text: str) -> str:
    """Return why a filter took out a row, which may end with the list that it is in."""
    reason, is_in, place = text.partition(" is in ")
    return f"{reason}{is_in}{_name(place)}"


_COUNTED_BY: Mapping[str, Callable[[str], str]] = {
    "reused": lambda folder: PurePath(folder).name,
    "taken": _reason,
}
"""What is told of the names in counts by folders of other runs, and by reasons of filters."""


def _tables(run: RunFolder) -> Iterator[tuple[str, Path]]:
    for table in TABLE_NAMES:
        for shard in run.shards:
            path = run.file(table, shard)
            if not path.exists():
                raise RunError(f"{path} is missing though its shard is committed: restore it")
            yield _place(table, shard, ".parquet"), path


def _place(folder: str, shard: str, ending: str) -> str:
    """Return where a shard's file goes: into a folder below where a hub wants no more in one."""
    number = int(shard.rpartition("-")[2])
    below = f"{number // PER_FOLDER}/" if number >= PER_FOLDER else ""
    return f"{folder}/{below}{shard}{ending}"


def _told_anew(path: Path, scratch: Path) -> Path:
    """Return a record's file itself where it says no more than it may, else what is told of it."""
    record = json.loads(path.read_text("utf-8"))
    told = without_folders(record)
    if told == record:
        return path
    return _written(scratch / path.parent.name / path.name, told)


def _written(path: Path, record: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path
