import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import pytest

from rollouts import Spent
from schemas import RunError
from schemas.arrow import TABLE_NAMES, TableName
from schemas.conversion import nodes_table, problems_table, rollouts_table, solutions_table
from schemas.run_folder import RunFolder
from tasks.commits import check_shards, clear_partials, commit, committed
from tasks.records import Counts, ShardRecord
from tests.toy_runs import tree

TABLES: Mapping[TableName, pa.Table] = {
    "problems": problems_table([]),
    "solutions": solutions_table([]),
    "nodes": nodes_table([]),
    "rollouts": rollouts_table([]),
}
COUNTS = Counts(problems=3, correct=2, incorrect=1)


class Crash(BaseException):
    """A stand-in for the power going off."""


def test_a_committed_shard_gives_its_record_back(tmp_path: Path) -> None:
    record = commit(tmp_path, 2, tables=TABLES, counts=COUNTS, policy="p")
    assert committed(tmp_path, 2) == record
    assert committed(tmp_path, 3) is None
    assert RunFolder(tmp_path).shards == ("shard-00002",)
    assert set(record.digests) == set(TABLE_NAMES)


@pytest.mark.parametrize("renames", range(5))
def test_a_crash_before_the_marker_commits_nothing_and_a_second_try_commits_the_same(
    renames: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = tmp_path / "whole"
    torn = tmp_path / "torn"
    for folder in (whole, torn):
        folder.mkdir()
    commit(whole, 0, tables=TABLES, counts=COUNTS, policy="p")
    rename, left = Path.replace, [renames]

    def crashing(path: Path, target: Path) -> Path:
        if not left[0]:
            raise Crash
        left[0] -= 1
        return rename(path, target)

    monkeypatch.setattr(Path, "replace", crashing)
    with pytest.raises(Crash):
        commit(torn, 0, tables=TABLES, counts=COUNTS, policy="p")
    monkeypatch.undo()
    assert committed(torn, 0) is None
    assert all(
        not name.endswith((".json", ".parquet")) or _whole(torn / name) for name in tree(torn)
    )
    commit(torn, 0, tables=TABLES, counts=COUNTS, policy="p")
    clear_partials(torn)
    clear_partials(whole)
    assert tree(torn) == tree(whole)


def _whole(path: Path) -> bool:
    data = path.read_bytes()
    return data[-4:] == b"PAR1" if path.suffix == ".parquet" else bool(json.loads(data))


def test_a_damaged_marker_is_an_error_that_names_it(tmp_path: Path) -> None:
    for content in ("{}", '{"shard": ', json.dumps(asdict(without_digest("nodes")))):
        marker = RunFolder(tmp_path).marker("shard-00000")
        marker.parent.mkdir(exist_ok=True)
        marker.write_text(content)
        with pytest.raises(RunError, match=r"shard-00000\.json is damaged .* delete it"):
            committed(tmp_path, 0)
        with pytest.raises(RunError, match=r"shard-00000\.json is damaged .* delete it"):
            check_shards(tmp_path)


def without_digest(table: str) -> ShardRecord:
    digests = {name: "0" * 64 for name in TABLES if name != table}
    return ShardRecord(
        shard="shard-00000", policy="p", counts=COUNTS, digests=digests, paid=Spent()
    )


def test_a_full_disk_is_one_clear_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device", str(target))

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(RunError, match="the disk is full: free space and run the same command"):
        commit(tmp_path, 0, tables=TABLES, counts=COUNTS, policy="p")


@pytest.mark.parametrize("harm", [Path.unlink, lambda file: file.write_bytes(b"PAR1 other")])
def test_a_file_that_is_not_the_committed_one_is_named_with_the_remedy(
    tmp_path: Path, harm: Callable[[Path], object]
) -> None:
    commit(tmp_path, 0, tables=TABLES, counts=COUNTS, policy="p")
    check_shards(tmp_path)
    file = RunFolder(tmp_path).file("solutions", "shard-00000")
    harm(file)
    with pytest.raises(
        RunError, match=f"{file} .*delete {RunFolder(tmp_path).marker('shard-00000')}"
    ):
        check_shards(tmp_path)
