"""A run folder becomes train and validation files."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import datasets
import pyarrow.parquet as pq
import pytest

from exporters import TrlExporter
from exporters.runs import ExportReport, export_run
from exporters.splits import split_of
from schemas import ExportError, RunError
from schemas.rows import ProblemRow
from schemas.run_folder import RunFolder
from schemas.views import Hard
from tests.runs import evidence, problem, solution, sums_run, write_shard

GOOD, DEAD = evidence(3, 5), evidence(0, 8)
KEEP = Hard(after_error="keep")


class WordTokenizer:
    """A token per word and per newline; a beginning-of-sequence token."""

    adds_bos = True

    def count(self, text: str) -> int:
        return len(text.split()) + text.count("\n")

    def ids(self, text: str) -> list[int]:
        return list(range(self.count(text)))


def export(run_dir: Path, tokenizer: Any = None, **settings: Any) -> ExportReport:
    return export_run(RunFolder(run_dir), TrlExporter(**settings), tokenizer=tokenizer)


def rows_of(report: ExportReport) -> list[dict[str, Any]]:
    return [
        row
        for split in ("train", "validation")
        for row in pq.read_table(report.folder / f"{split}.parquet").to_pylist()
    ]


def test_every_solution_is_a_row_or_is_counted_with_the_reason(tmp_path: Path) -> None:
    report = export(sums_run(tmp_path / "sums"), validation_ratio=0.25)
    assert report.rows["train"] + report.rows["validation"] + sum(report.refused.values()) == 80
    assert len(rows_of(report)) == sum(report.rows.values())
    labels = [label for row in rows_of(report) for label in row["labels"]]
    assert (labels.count(True), labels.count(False)) == (report.right_steps, report.wrong_steps)


def test_all_rows_of_a_problem_lie_in_one_split(tmp_path: Path) -> None:
    report = export(sums_run(tmp_path / "sums"), validation_ratio=0.25)
    ids = {
        split: set(pq.read_table(report.folder / f"{split}.parquet")["problem_id"].to_pylist())
        for split in ("train", "validation")
    }
    assert ids["train"]
    assert ids["validation"]
    assert not ids["train"] & ids["validation"]


def test_the_split_of_a_problem_is_its_own_and_takes_the_asked_share() -> None:
    taken = [split_of(f"gsm8k-{number}", 0.1) == "validation" for number in range(5000)]
    assert 400 < sum(taken) < 600
    assert split_of("gsm8k-1", 0.0) == "train"


def test_the_same_run_exports_to_the_same_bytes(tmp_path: Path) -> None:
    run = sums_run(tmp_path / "sums")
    first = {path.name: path.read_bytes() for path in export(run).folder.iterdir()}
    assert {path.name: path.read_bytes() for path in export(run).folder.iterdir()} == first
    assert set(first) == {"train.parquet", "validation.parquet", "export.json"}


def test_datasets_reads_the_declared_types(tmp_path: Path) -> None:
    folder = export(sums_run(tmp_path / "sums"), validation_ratio=0.25).folder
    files = {split: str(folder / f"{split}.parquet") for split in ("train", "validation")}
    loaded = datasets.load_dataset("parquet", data_files=files, cache_dir=str(tmp_path / "cache"))
    assert loaded["train"].features["labels"] == datasets.List(datasets.Value("bool"))
    assert loaded["train"].features["completions"] == datasets.List(datasets.Value("string"))


def test_the_separator_is_the_first_that_no_step_contains(tmp_path: Path) -> None:
    one = problem()
    write_shard(
        tmp_path,
        0,
        problems=[ProblemRow(problem=one, set_aside="")],
        solutions=[solution(one, ["a\nb\n\n", "c\n\n"], [GOOD, DEAD])],
    )
    report = export(tmp_path)
    assert report.separator == "\n\n"
    assert json.loads((report.folder / "export.json").read_text())["separator"] == "\n\n"


def test_a_row_above_the_limit_is_refused_and_counted(tmp_path: Path) -> None:
    run = sums_run(tmp_path / "sums")
    report = export(run, WordTokenizer(), max_length=30, view=KEEP)
    assert report.lengths_measured
    assert report.rows["train"] > 0
    with pytest.raises(ExportError, match="longer than 29 tokens"):
        export(run, WordTokenizer(), max_length=29, view=KEEP)


def test_a_row_above_the_limit_is_shortened_by_whole_steps_where_asked(tmp_path: Path) -> None:
    run = sums_run(tmp_path / "sums")
    whole = export(run, validation_ratio=0, view=KEEP)
    report = export(
        run, WordTokenizer(), max_length=29, long_rows="shorten", validation_ratio=0, view=KEEP
    )
    assert report.rows == whole.rows
    assert report.shortened == report.rows["train"]
    assert {len(row["labels"]) for row in rows_of(report)} == {2}


def test_equal_solutions_of_a_problem_make_one_row(tmp_path: Path) -> None:
    one = problem()
    twice = [solution(one, ["a\n"], [GOOD], index=index) for index in range(2)]
    write_shard(tmp_path, 0, problems=[ProblemRow(problem=one, set_aside="")], solutions=twice)
    report = export(tmp_path)
    assert sum(report.rows.values()) == 1
    assert report.refused == {"equal to another solution of the problem": 1}


def test_a_run_of_which_nothing_can_be_exported_says_why(tmp_path: Path) -> None:
    one = problem()
    undecided = solution(one, ["a\n"], [evidence(0, 0, undecided=8)])
    write_shard(
        tmp_path, 0, problems=[ProblemRow(problem=one, set_aside="")], solutions=[undecided]
    )
    with pytest.raises(ExportError, match="1: no step is decided"):
        export(tmp_path)
    assert not RunFolder(tmp_path).export("trl-hard").exists(), "nobody takes what is left for rows"


@pytest.mark.parametrize(
    ("record", "labeler", "view"),
    [
        ({"concludes": "counts"}, "a_new_one", "hard"),
        ({"concludes": "first_error"}, "a_new_one", "first_error"),
        ({}, "math_shepherd", "hard"),
        ({}, "omega_prm", "first_error"),
        ({"concludes": "anything"}, "omega_prm", "first_error"),
    ],
)
def test_without_a_view_a_run_is_exported_as_its_labeler_concludes(
    tmp_path: Path, record: dict[str, str], labeler: str, view: str
) -> None:
    one = problem()
    labelled = replace(solution(one, ["a\n", "b\n"], [GOOD, GOOD]), labeler=labeler)
    write_shard(tmp_path, 0, problems=[ProblemRow(problem=one, set_aside="")], solutions=[labelled])
    (tmp_path / "run.json").write_text(json.dumps(record))
    assert export(tmp_path).folder.name == f"trl-{view}"


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no committed shard"):
        export(tmp_path)


def test_a_run_is_exported_as_its_labeler_concludes(tmp_path: Path) -> None:
    run = sums_run(tmp_path / "sums", count=4, shards=1)
    assert export(run, validation_ratio=0).folder.name == "trl-hard"
    one = problem()
    found = replace(solution(one, ["a\n", "b\n"], [GOOD, GOOD]), labeler="posterior", first_error=1)
    write_shard(
        tmp_path / "p", 0, problems=[ProblemRow(problem=one, set_aside="")], solutions=[found]
    )
    report = export(tmp_path / "p", validation_ratio=0)
    assert report.folder.name == "trl-first_error"
    assert [row["labels"] for row in rows_of(report)] == [[True, False]]


def test_many_shards_share_row_groups_and_give_the_same_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = sums_run(tmp_path / "sums", count=120, shards=30)
    whole = rows_of(export(run))
    monkeypatch.setattr("exporters.runs._GROUPS_BY_SHARD", 4)
    monkeypatch.setattr("exporters.runs._GROUP_ROWS", 50)
    report = export(run)
    assert rows_of(report) == whole
    groups = pq.ParquetFile(report.folder / "train.parquet").metadata.num_row_groups
    assert 4 < groups < 4 + report.rows["train"] / 50 + 1


def test_an_export_of_a_part_of_a_run_says_so(tmp_path: Path) -> None:
    run = sums_run(tmp_path / "sums")
    assert export(run).unlabelled == 0
    (run / "staging").mkdir()
    (run / "staging" / "staged.json").write_text(json.dumps({"problems": 50}))
    report = export(run, folder="later")
    assert report.unlabelled == 8
    assert json.loads((report.folder / "export.json").read_text())["unlabelled"] == 8


def test_exports_of_other_settings_have_folders_of_their_own_which_the_same_settings_find_again(
    tmp_path: Path,
) -> None:
    run = sums_run(tmp_path / "sums")
    names = [export(run, max_length=length).folder.name for length in (512, 256, 128, 256)]
    assert names == ["trl-hard", "trl-hard-2", "trl-hard-3", "trl-hard-2"]
    with pytest.raises(ExportError, match="max_length was 512, now 64"):
        export(run, max_length=64, folder="trl-hard")
