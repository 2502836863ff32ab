"""The commit of a shard: four files, then one atomic rename that makes them part of the run.

partial/<table>-shard-00000.parquet    being written
<table>/shard-00000.parquet            whole, but nobody's until
committed/shard-00000.json             this marker appears, in one rename
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa

from rollouts import Spent, remove_journal
from schemas import RunError
from schemas.arrow import TABLE_NAMES, TableName, write_table
from schemas.run_folder import RunFolder, shard_name
from tasks.files import digest, sync, write_json, writing
from tasks.records import Counts, ShardRecord, Total


def committed(folder: Path, shard: int) -> ShardRecord | None:
    """Return the record of a shard that is committed with all its problems, or None."""
    record = recorded(folder, shard)
    return record if record and not record.left else None


def recorded(folder: Path, shard: int) -> ShardRecord | None:
    """Return the record of a committed shard, also of one that a budget cut short, or None."""
    path = RunFolder(folder).marker(shard_name(shard))
    return _read(path) if path.exists() else None


def held(folder: Path, shards: int) -> Total:
    """Return what a run's committed shards hold together, those that a budget cut short too."""
    records = (recorded(folder, shard) for shard in range(shards))
    return Total.of(record for record in records if record)


def _read(path: Path) -> ShardRecord:
    try:
        return ShardRecord.from_json(json.loads(path.read_text("utf-8")))
    except (ValueError, KeyError, TypeError) as error:
        raise RunError(
            f"{path} is damaged ({error}): delete it and run the same command to redo its shard"
        ) from error


def commit(
    folder: Path,
    shard: int,
    *,
    tables: Mapping[TableName, pa.Table],
    counts: Counts,
    policy: str,
    paid: Spent | None = None,
    reused: Mapping[str, int] | None = None,
    left: int = 0,
) -> ShardRecord:
    """Write a shard's four tables and commit them; a crash before the end leaves no trace of them.

    Running it again for a shard that was cut short overwrites what it left. What a budget had cut
    short is no part of the run while its files are replaced.
    """
    run = RunFolder(folder)
    name = shard_name(shard)
    with writing(folder):
        partials = {table: run.partial(table, name) for table in TABLE_NAMES}
        run.partials.mkdir(exist_ok=True)
        for table, partial in partials.items():
            write_table(tables[table], partial)
            sync(partial)
        digests = {table: digest(partial) for table, partial in partials.items()}
        if run.marker(name).exists():
            run.marker(name).unlink()
            sync(run.marker(name).parent)
        for table, partial in partials.items():
            final = run.file(table, name)
            final.parent.mkdir(exist_ok=True)
            partial.replace(final)
            sync(final.parent)
        run.marker(name).parent.mkdir(exist_ok=True)
        record = ShardRecord(
            shard=name,
            policy=policy,
            counts=counts,
            digests=digests,
            paid=paid or Spent(),
            reused=dict(reused or {}),
            left=left,
        )
        write_json(run.marker(name), asdict(record))
    return record


def check_shards(folder: Path) -> None:
    """Raise RunError for a link, a damaged marker, a file that is missing or not as committed."""
    run = RunFolder(folder)
    for shard in run.shards:
        path = run.marker(shard)
        for table, known in _read(path).digests.items():
            file = run.file(table, shard)
            if not file.is_file() or digest(file) != known:
                what = "differs from what was committed" if file.is_file() else "is missing"
                raise RunError(
                    f"{file} {what}: bring it back from a copy, or delete {path} and label again "
                    "with the same command, which pays for that shard anew"
                )


def clear_partials(folder: Path) -> None:
    """Remove what an interrupted commit left half-written."""
    with writing(folder):
        shutil.rmtree(RunFolder(folder).partials, ignore_errors=True)


def drop_journal(folder: Path, shard: int) -> None:
    """Remove a committed shard's journal: all it held is in Parquet now."""
    path = RunFolder(folder).journal(shard_name(shard))
    with writing(path):
        remove_journal(path)
