import asyncio
import json
import tracemalloc
from pathlib import Path

import pytest

from schemas import Problem, RunError, SourceError
from schemas.run_folder import RunFolder
from sources import problems_of
from tasks.problems import stage
from tasks.run_file import opened
from tasks.settings import LabelRun
from tasks.staging import StagingRecord, shard_problems, staged
from tests.toy_runs import toy_run


def staging(run: LabelRun) -> StagingRecord:
    with opened(run):
        return asyncio.run(stage(run))


def test_problems_are_cut_into_shards_in_their_order(tmp_path: Path) -> None:
    run = toy_run(tmp_path, problems=12)
    summary = staging(run)
    assert (summary.shards, summary.problems) == (3, 12)
    assert (summary.unjudgeable, summary.rejected) == (0, 0)
    rows = [row for shard in range(3) for row in shard_problems(run.folder, shard)]
    assert [row.problem for row in rows] == list(problems_of(run.source, run.solutions))
    assert [len(shard_problems(run.folder, shard)) for shard in range(3)] == [5, 5, 2]


def test_a_run_resumes_on_the_problems_it_began_with(tmp_path: Path) -> None:
    run = toy_run(tmp_path, problems=12)
    first = staging(run)
    (tmp_path / "sums.jsonl").write_text("")
    assert staging(run) == first == staged(run.folder)


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
    assert {path.name for path in run.folder.iterdir()} == {"lock", "run.json"}


def test_problems_none_of_which_can_be_judged_are_an_error_that_shows_the_first(
    tmp_path: Path,
) -> None:
    run = toy_run(tmp_path)
    (tmp_path / "sums.jsonl").write_text(
        '{"problem": "p", "answer": ""}\n'
        + "".join(f'{{"problem": "q{n}", "answer": "why {n}?"}}\n' for n in range(20))
    )
    with pytest.raises(SourceError, match="no problem that can be labelled") as caught:
        staging(run)
    assert len(str(caught.value).splitlines()) == 5
    assert "row 0" in str(caught.value).splitlines()[1]
    assert {path.name for path in run.folder.iterdir()} == {"lock", "run.json"}


def test_a_disk_that_is_full_while_problems_are_staged_is_one_message_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []

    def full(path: Path) -> None:
        synced.append(path)
        if len(synced) == 2:
            raise OSError(28, "No space left on device", str(path))

    run = toy_run(tmp_path)
    monkeypatch.setattr("tasks.staging.sync", full)
    with pytest.raises(RunError, match="the disk is full"):
        staging(run)
    assert {path.name for path in run.folder.iterdir()} == {"lock", "run.json"}


def test_staging_holds_a_shard_of_problems_and_not_all(tmp_path: Path) -> None:
    run = toy_run(tmp_path)
    with (tmp_path / "sums.jsonl").open("w") as file:
        for number in range(1000):
            row = {"problem": f"{number} {'x' * 20_000}", "answer": str(number)}
            file.write(json.dumps(row) + "\n")
    tracemalloc.start()
    assert staging(run).problems == 1000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < (tmp_path / "sums.jsonl").stat().st_size / 2


def write_rows(tmp_path: Path, *rows: tuple[str, str]) -> None:
    lines = (json.dumps({"problem": question, "answer": gold}) for question, gold in rows)
    (tmp_path / "sums.jsonl").write_text("\n".join(lines) + "\n")


def test_one_question_with_two_golds_is_set_aside_both_times_whatever_lies_between(
    tmp_path: Path,
) -> None:
    run = toy_run(tmp_path)
    others = [(f"What is {n} + {n}?", str(2 * n)) for n in range(10)]
    write_rows(tmp_path, ("How many?", "4"), *others, ("How  many?", "5"))
    assert staging(run).unjudgeable == 2
    rows = [row for shard in range(3) for row in shard_problems(run.folder, shard)]
    aside = [row for row in rows if row.set_aside]
    assert [row.problem.answer for row in aside] == ["4", "5"]
    assert aside[0].set_aside.startswith(
        "gold answer: the same question also has the gold answer '5'"
    )
    assert aside[0].problem.id in aside[1].set_aside


def test_one_question_with_two_spellings_of_its_gold_is_kept(tmp_path: Path) -> None:
    run = toy_run(tmp_path)
    write_rows(tmp_path, ("How much?", r"\frac12"), ("How much?", "0.5"), ("Other?", "3"))
    assert staging(run).unjudgeable == 0


def test_a_gold_that_no_answer_can_equal_is_set_aside_with_the_reason(tmp_path: Path) -> None:
    run = toy_run(tmp_path)
    write_rows(tmp_path, ("How much?", "2 or maybe 3"), ("Other?", "3"))
    assert staging(run).unjudgeable == 1
    assert "among words" in shard_problems(run.folder, 0)[0].set_aside


def test_a_run_staged_before_its_source_was_recorded_goes_on(tmp_path: Path) -> None:
    run = toy_run(tmp_path)
    before = staging(run)
    path = RunFolder(run.folder).staging / "staged.json"
    record = json.loads(path.read_text())
    del record["source"]
    path.write_text(json.dumps(record))
    resumed = staging(run)
    assert resumed.source.lines() == []
    assert resumed.problems == before.problems


def test_what_the_source_left_out_is_recorded_with_the_run(tmp_path: Path) -> None:
    run = toy_run(tmp_path)
    rows = [
        {"problem": "1+1?", "answer": "2", "url": "u", "image": None},
        {"problem": "How tall is he?", "answer": "3", "url": "u", "image": "he.png"},
        {"problem": "no gold", "answer": "", "url": "u", "image": None},
    ]
    (tmp_path / "sums.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    source = staging(run).source
    assert source.columns == {"question": ("problem",), "gold": ("answer",)}
    assert source.unused == ("url", "image")
    assert (source.rows, source.problems) == (3, 1)
    assert source.rejected == {"needs its column image": 1, "empty gold": 1}
    assert json.loads((run.folder / "run.json").read_text())["source"]["rows"] == 3
    assert staged(run.folder) == staging(run)
    assert [line for line in source.lines() if "not read" in line] == [
        "columns not read: url, image"
    ]


def held_out(folder: Path, *questions: str) -> dict[str, object]:
    path = folder / "bench.jsonl"
    path.write_text("".join(json.dumps({"question": one}) + "\n" for one in questions))
    return {"against": str(path)}


def test_no_token_is_spent_on_what_a_list_holds_out(tmp_path: Path) -> None:
    every = list(problems_of(toy_run(tmp_path, problems=12).source, None))
    asked = [row.question for row in every if isinstance(row, Problem)]
    run = toy_run(tmp_path, problems=12, held_out=held_out(tmp_path, asked[1].upper(), asked[4]))
    summary = staging(run)
    assert (summary.problems, summary.rejected) == (10, 2)
    assert summary.source.problems == 10
    assert summary.source.rejected == {"held out": 2}
    first, second = map(json.loads, (run.folder / "rejected.jsonl").read_text().splitlines())
    assert (first["row"], second["row"]) == (1, 4)
    assert first["reason"] == f"held out: its question is in {tmp_path / 'bench.jsonl'}"


def test_a_limit_counts_what_is_not_held_out(tmp_path: Path) -> None:
    asked = [
        row.question
        for row in problems_of(toy_run(tmp_path, problems=12).source, None)
        if isinstance(row, Problem)
    ]
    run = toy_run(tmp_path, problems=12, limit=5, held_out=held_out(tmp_path, *asked[:3]))
    assert staging(run).problems == 5


def test_a_run_that_holds_nothing_out_keeps_its_digest(tmp_path: Path) -> None:
    run = toy_run(tmp_path, problems=12)
    assert "held_out" not in run.shaping()
    held = toy_run(tmp_path, problems=12, held_out=held_out(tmp_path, "What?"))
    assert "held_out" in held.shaping()
