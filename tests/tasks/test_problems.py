import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas import Problem, RejectedRow, SourceError
from tasks.problems import StagingRecord, load_problems, shard_problems, stage, staged
from tasks.run_file import opened
from tasks.settings import LabelRun
from tests.toy_runs import toy_run


def problem(name: str) -> Problem:
    return Problem(id=name, source="s", question=f"{name}?", answer="1")


def staging(run: LabelRun) -> StagingRecord:
    with opened(run):
        return asyncio.run(stage(run))


BAD = RejectedRow(source="s", row=1, reason="empty gold", excerpt="{}")


def test_problems_are_cut_into_shards_in_their_order(tmp_path: Path) -> None:
    run = toy_run(tmp_path, problems=12)
    summary = staging(run)
    assert summary == StagingRecord(shards=3, problems=12, unjudgeable=0, rejected=0)
    rows = [row for shard in range(3) for row in shard_problems(run.folder, shard)]
    assert [row.problem for row in rows] == list(run.source.load())
    assert [len(shard_problems(run.folder, shard)) for shard in range(3)] == [5, 5, 2]


def test_a_run_resumes_on_the_problems_it_began_with(tmp_path: Path) -> None:
    run = toy_run(tmp_path, problems=12)
    first = staging(run)
    (tmp_path / "sums.jsonl").write_text("")
    assert staging(run) == first == staged(run.folder)


def test_a_duplicate_is_rejected_with_the_problem_it_repeats() -> None:
    problems, rejected = load_problems([problem("a"), BAD, problem("a"), problem("b")], None)
    assert [one.id for one in problems] == ["a", "b"]
    assert rejected[0] == BAD
    assert rejected[1].row == 2
    assert "came before, as a" in rejected[1].reason


def test_the_limit_counts_problems_and_reads_no_further() -> None:
    read: list[str] = []

    def rows() -> Iterator[Problem]:
        for name in "abcdef":
            read.append(name)
            yield problem(name)

    problems, _ = load_problems(rows(), 2)
    assert [one.id for one in problems] == read == ["a", "b"]


def test_bad_rows_are_written_with_their_reason_and_stop_nothing(tmp_path: Path) -> None:
    run = toy_run(tmp_path, problems=3)
    path = tmp_path / "sums.jsonl"
    path.write_text(path.read_text() + '{"problem": "no gold"}\n{torn\n')
    summary = staging(run)
    assert (summary.problems, summary.rejected) == (3, 2)
    lines = (run.folder / "rejected.jsonl").read_text().splitlines()
    assert [json.loads(line)["row"] for line in lines] == [3, 4]
    assert all(json.loads(line)["reason"] for line in lines)


def test_a_source_without_a_single_good_row_is_an_error_with_examples(tmp_path: Path) -> None:
    run = toy_run(tmp_path)
    (tmp_path / "sums.jsonl").write_text('{"problem": "p", "answer": ""}\n' * 2)
    with pytest.raises(SourceError):
        staging(run)
    assert staged(run.folder) is None
