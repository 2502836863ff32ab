"""A run whose source grows: what is new goes behind what is there."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from pydantic import ValidationError

from benchmarks import made
from schemas.run_folder import RunFolder
from tasks.problems import stage
from tasks.session import new_session
from tasks.settings import LabelRun
from tasks.shards import label_shard
from tasks.staging import StagingRecord, shard_problems, staged
from tests.toy_runs import tables, toy_run

FIRST = [(2, 3), (4, 5), (6, 7)]
MORE = [(8, 9), (10, 11)]


def run_over(folder: Path, numbers: Sequence[tuple[int, ...]], **changes: object) -> LabelRun:
    source = {"kind": "file", "path": str(made.sums(folder / "growing.jsonl", numbers))}
    shards = {"size": 2, "accept_none_correct": True}
    return toy_run(folder, source=source, shards=shards, incremental=True, **changes)


def night(run: LabelRun, *, labels: bool = True) -> StagingRecord:
    """Stage what is new, and label what is left."""

    async def main() -> StagingRecord:
        run.folder.mkdir(parents=True, exist_ok=True)
        async with new_session(run).kept_open():
            found = await stage(run)
            for shard in range(found.shards if labels else 0):
                await label_shard.fn(run, shard)
            return found

    return asyncio.run(main())


def questions(run: LabelRun) -> list[list[str]]:
    found = staged(run.folder)
    assert found
    return [
        [row.problem.answer for row in shard_problems(run.folder, shard)]
        for shard in range(found.shards)
    ]


def test_what_is_new_in_the_source_is_labelled_in_shards_of_its_own(tmp_path: Path) -> None:
    first = night(run_over(tmp_path, FIRST))
    before = tables(run_over(tmp_path, FIRST).folder)
    run = run_over(tmp_path, [*MORE, *FIRST])
    second = night(run)
    assert (first.shards, second.shards) == (2, 3)
    assert questions(run) == [["5", "9"], ["13"], ["17", "21"]]
    after = tables(run.folder)
    assert before.items() <= after.items(), "what was committed is as it was"
    assert len(list(RunFolder(run.folder).problems())) == 5


def test_a_night_without_anything_new_changes_nothing(tmp_path: Path) -> None:
    run = run_over(tmp_path, FIRST)
    night(run)
    before = tables(run.folder)
    assert night(run) == staged(run.folder)
    assert tables(run.folder) == before
    assert RunFolder(run.folder).unlabelled == 0


def test_what_one_night_left_the_next_one_labels_beside_what_is_new(tmp_path: Path) -> None:
    night(run_over(tmp_path, FIRST), labels=False)
    run = run_over(tmp_path, [*FIRST, *MORE])
    night(run)
    whole = run_over(tmp_path, [*FIRST, *MORE], name="at-once")
    night(whole)
    assert {one.problem.id for one in RunFolder(run.folder).problems()} == {
        one.problem.id for one in RunFolder(whole.folder).problems()
    }
    labels = [
        {(s.problem.id, s.solution.solution_index): s.solution for s in RunFolder(r).solutions()}
        for r in (run.folder, whole.folder)
    ]
    assert labels[0] == labels[1], "a problem's labels do not depend on its shard"


def test_a_new_gold_for_a_question_sets_the_newcomer_aside_and_leaves_the_old_row(
    tmp_path: Path,
) -> None:
    night(run_over(tmp_path, FIRST))
    run = run_over(tmp_path, FIRST)
    path = tmp_path / "growing.jsonl"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines, lines[0].replace('"5"', '"6"')]) + "\n")
    night(run)
    rows = {row.problem.answer: row.set_aside for row in RunFolder(run.folder).problems()}
    assert rows["5"] == ""
    assert "the same question also has the gold answer '5'" in rows["6"]


def test_shards_that_a_killed_night_had_moved_do_not_count(tmp_path: Path) -> None:
    run = run_over(tmp_path, FIRST)
    night(run)
    staging = RunFolder(run.folder).staging
    (staging / "shard-00002.parquet").write_bytes(b"half of a night")
    night(run_over(tmp_path, [*FIRST, *MORE]))
    assert questions(run)[2] == ["17", "21"]


def test_a_run_that_is_not_incremental_keeps_its_problems(tmp_path: Path) -> None:
    night(run_over(tmp_path, FIRST))
    still = run_over(tmp_path, [*FIRST, *MORE]).model_copy(update={"incremental": False})
    assert night(still).problems == 3


def test_machines_that_share_a_run_cannot_let_it_grow(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="agree on its problems once"):
        run_over(tmp_path, FIRST, shared=str(tmp_path))
