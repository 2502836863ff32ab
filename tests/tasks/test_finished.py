from pathlib import Path

import pytest

from schemas import RunError
from schemas.run_folder import RunFolder
from tasks.exports import export
from tasks.finished import finished
from tasks.run_file import opened
from tests.tasks.test_shards import label_all
from tests.toy_runs import toy_run

EXPORTS = [{"format": "trl"}]


def test_a_finished_run_is_told_without_starting_anything(tmp_path: Path) -> None:
    run = toy_run(tmp_path)
    assert finished(run) is None, "there is nothing yet"
    with opened(run):
        label_all(run)
        assert finished(run) is None, "it is still running"
    counts = finished(run)
    assert counts is not None
    assert counts.problems == 12


def test_a_run_that_lacks_an_export_is_not_finished(tmp_path: Path) -> None:
    run = toy_run(tmp_path)
    with opened(run):
        label_all(run)
    more = toy_run(tmp_path, exports=EXPORTS)
    assert finished(more) is None
    export(more.folder, more.exports[0])
    assert finished(more) is not None


def test_a_finished_run_whose_files_were_changed_says_so(tmp_path: Path) -> None:
    run = toy_run(tmp_path)
    with opened(run):
        label_all(run)
    path = RunFolder(run.folder).file("solutions", "shard-00001")
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(RunError, match="differs from what was committed"):
        finished(run)
