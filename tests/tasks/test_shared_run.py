import json
from pathlib import Path
from typing import Any

import pytest

from schemas import RunError
from schemas.run_folder import RunFolder
from tasks.settings import LabelRun
from tasks.shared_run import SharedRun
from tests.toy_runs import tables, toy_run

from .test_shards import label_all


def machine(folder: Path, place: int, **changes: Any) -> LabelRun:
    """Return a run as one of several machines sees it."""
    output = str(folder / f"disk-{place}")
    return toy_run(folder, output=output, shared=str(folder / "shared"), **changes)


def shared_by(run: LabelRun) -> SharedRun:
    """Label a run on one machine and put up all of it."""
    label_all(run)
    shared = SharedRun(run)
    shared.share_problems("first")
    for shard in range(3):
        shared.share(shard)
    return shared


def test_a_machine_gathers_what_others_committed_byte_by_byte(tmp_path: Path) -> None:
    first, second = machine(tmp_path, 1), machine(tmp_path, 2)
    shared_by(first)
    there = SharedRun(second)
    plan = there.plan()
    assert plan
    second.folder.mkdir(parents=True)
    there.adopt_problems(plan)
    there.fetch_problems(plan, 0)
    for shard in range(3):
        there.gather(shard)
    assert tables(second.folder) == tables(first.folder)


def test_two_machines_that_commit_one_shard_differently_cannot_mix_their_rows(
    tmp_path: Path,
) -> None:
    first, second = machine(tmp_path, 1), machine(tmp_path, 2)
    label_all(first)
    label_all(second.model_copy(update={"seed": 6}))  # as a model that answers otherwise
    shared, other = SharedRun(first), SharedRun(second)
    shared.share_problems("first")
    for shard in range(3):
        shared.share(shard)
    marker = shared.root.get("committed/shard-00000.json")
    shared.root.delete("committed/shard-00000.json")
    other.share(0)  # it saw no marker, as the first now does not see the other's
    shared.root.put("committed/shard-00000.json", marker or b"")
    for shard in range(3):
        other.gather(shard)
    assert tables(second.folder) == tables(first.folder)
    shared.conclude({})
    names = [name for name in shared.root.listing("solutions") if name.startswith("shard-00000")]
    assert len(names) == 1


def test_a_table_that_is_not_as_committed_is_named(tmp_path: Path) -> None:
    shared = shared_by(machine(tmp_path, 1))
    record = json.loads(shared.root.get("committed/shard-00001.json") or b"")
    name = f"nodes/shard-00001-{record['digests']['nodes'][:16]}.parquet"
    shared.root.put(name, b"torn")
    second = machine(tmp_path, 2)
    second.folder.mkdir(parents=True)
    with pytest.raises(RunError, match=rf"{name} .* is not as committed"):
        SharedRun(second).gather(1)
    assert not list(RunFolder(second.folder).markers.glob("*"))


def test_machines_with_different_configurations_do_not_meet(tmp_path: Path) -> None:
    shared_by(machine(tmp_path, 1))
    with pytest.raises(RunError, match="seed: was 5, now 6"):
        SharedRun(machine(tmp_path, 2, seed=6)).plan()


def test_a_machine_with_labels_of_other_problems_is_refused(tmp_path: Path) -> None:
    shared_by(machine(tmp_path, 1))
    second = machine(tmp_path, 2)
    label_all(second)
    there = SharedRun(second)
    plan = there.plan()
    assert plan
    with pytest.raises(RunError, match="choose another folder"):
        there.adopt_problems(plan)


@pytest.mark.parametrize("where", ["runs", "s3://key:secret@bucket/runs", "s3://bucket/a?token=b"])
def test_a_shared_root_that_cannot_work_is_refused_without_repeating_a_secret(
    where: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=r"absolute path|AWS_ACCESS_KEY_ID|options are") as refused:
        toy_run(tmp_path, shared=where)
    assert "secret@" not in str(refused.value.errors()[0]["msg"])  # type: ignore[attr-defined]
