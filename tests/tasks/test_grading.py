"""Grading files of pairs: the same rows out, in order, whatever is in them."""

import csv
import gzip
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from schemas import ConfigError, StepmintError
from tasks.grading import Columns, grade_file
from tasks.pairs import Cells, read_pairs
from verification import VerificationSettings

ROWS = [
    {"id": 1, "gold": "1/2", "prediction": r"so \boxed{0.5}", "expected": True},
    {"id": 2, "gold": "18", "prediction": "#### 19", "expected": False},
    {
        "id": 3,
        "gold": "18",
        "prediction": "she sells 9 eggs. Then they have 18 left",
        "expected": False,
    },
    {"id": 4, "gold": "18", "prediction": "#### 1", "finish_reason": "length"},
    {"id": 5, "gold": 7, "prediction": "7.0", "expected": True},
    {"id": 6, "gold": "x+1", "prediction": "1+x", "source": "s:answer", "expected": True},
    {"id": 7, "gold": "5", "prediction": None},
]
VERDICTS = ["correct", "incorrect", "no_answer", "truncated", "correct", "correct", "no_answer"]


def write(path: Path, rows: Iterable[object]) -> Path:
    opened: Callable[..., IO[str]] = gzip.open if path.suffix == ".gz" else open
    with opened(path, "wt") as lines:
        lines.writelines(row if isinstance(row, str) else json.dumps(row) + "\n" for row in rows)
    return path


def graded(path: Path) -> list[Cells]:
    return [row for _, row in read_pairs(path) if isinstance(row, dict)]


@pytest.mark.parametrize("name", ["pairs.jsonl", "pairs.jsonl.gz"])
def test_every_row_comes_out_in_order_with_its_verdict(tmp_path: Path, name: str) -> None:
    output = tmp_path / f"graded-{name}"
    summary = grade_file(write(tmp_path / name, ROWS), output)
    rows = graded(output)
    assert [row["id"] for row in rows] == [row["id"] for row in ROWS]
    assert [row["verdict"] for row in rows] == VERDICTS
    assert all({"extracted", "stage", "reason", "ms"} <= row.keys() for row in rows)
    assert summary.rows == len(ROWS)
    assert summary.outcomes == {"correct": 3, "incorrect": 1, "no_answer": 2, "truncated": 1}


def test_confusions_are_counted_where_a_row_says_what_is_expected(tmp_path: Path) -> None:
    rows = [*ROWS, {"gold": "1", "prediction": "1", "expected": False}]
    summary = grade_file(write(tmp_path / "pairs.jsonl", rows))
    assert summary.confusion[True, "correct"] == 3
    assert (summary.false_accepts, summary.false_rejects) == (1, 0)


def test_bad_rows_are_reported_by_line_and_stop_nothing(tmp_path: Path) -> None:
    rows = [ROWS[0], "{not json\n", "\n", "[1, 2]\n", {"prediction": "5"},
            {"gold": "5"}, {"gold": "5", "prediction": {"a": 1}}, ROWS[1]]  # fmt: skip
    output = tmp_path / "out.jsonl"
    summary = grade_file(write(tmp_path / "pairs.jsonl", rows), output)
    assert summary.rows == 2
    assert [line for line, _ in summary.bad_rows] == [2, 4, 5, 6, 7]
    assert "gold" in summary.bad_rows[2][1]
    assert "prediction" in summary.bad_rows[3][1]
    verdicts = [row["verdict"] for row in graded(output)]
    assert verdicts == ["correct", None, None, None, "incorrect"]


def test_columns_have_names_of_ones_own(tmp_path: Path) -> None:
    path = write(tmp_path / "pairs.jsonl", [{"answer": "5", "output": "#### 5", "ok": "true"}])
    columns = Columns(gold="answer", prediction="output", expected="ok")
    assert grade_file(path, columns=columns).confusion == {(True, "correct"): 1}


def test_csv_and_parquet_are_read_and_csv_is_written(tmp_path: Path) -> None:
    rows = [{"gold": "5", "prediction": "#### 5"}, {"gold": "5", "prediction": "#### 6"}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "pairs.parquet")
    grade_file(tmp_path / "pairs.parquet", tmp_path / "graded.csv")
    with open(tmp_path / "graded.csv", newline="") as lines:
        assert [row["verdict"] for row in csv.DictReader(lines)] == ["correct", "incorrect"]
    assert grade_file(tmp_path / "graded.csv").outcomes == {"correct": 1, "incorrect": 1}


def test_bare_answers_can_be_declared(tmp_path: Path) -> None:
    path = write(tmp_path / "pairs.jsonl", [{"gold": "A: 5", "prediction": "A: 5"}])
    assert grade_file(path, answers="bare").outcomes == {"correct": 1}


@pytest.mark.parametrize("name", ["out.jsonl", "out.csv", "out.csv.gz"])
def test_text_that_is_no_valid_unicode_is_written_all_the_same(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / "pairs.jsonl", [{"gold": "5", "prediction": "5\ud835"}])
    assert grade_file(path, tmp_path / name).rows == 1
    assert len(graded(tmp_path / name)) == 1


def test_an_output_appears_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "pairs.jsonl", ROWS)
    output = tmp_path / "out.jsonl"
    output.write_text("earlier\n")
    monkeypatch.setattr("tasks.grading._grade_row", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        grade_file(path, output)
    assert output.read_text() == "earlier\n"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.jsonl", "pairs.jsonl"]


@pytest.mark.parametrize(
    ("path", "output"), [("missing.jsonl", None), ("pairs.xml", None), ("pairs.jsonl", "out.txt")]
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, path: str, output: str | None) -> None:
    for name in ("pairs.xml", "pairs.jsonl"):
        write(tmp_path / name, ROWS)
    with pytest.raises(ConfigError, match=output or path):
        grade_file(tmp_path / path, tmp_path / output if output else None)


def test_several_processes_give_the_same_rows_in_the_same_order(tmp_path: Path) -> None:
    rows = [{"gold": "7", "prediction": f"#### {n % 9}", "n": n} for n in range(450)]
    path = write(tmp_path / "pairs.jsonl", rows)
    settings = VerificationSettings(answer_format="hash")
    one = grade_file(path, tmp_path / "one.jsonl", settings)
    two = grade_file(path, tmp_path / "two.jsonl", settings, workers=2)
    assert one.outcomes == two.outcomes
    strip = [{k: v for k, v in row.items() if k != "ms"} for row in graded(tmp_path / "one.jsonl")]
    assert strip == [
        {k: v for k, v in row.items() if k != "ms"} for row in graded(tmp_path / "two.jsonl")
    ]


def test_a_json_array_is_a_file_of_pairs(tmp_path: Path) -> None:
    path = tmp_path / "pairs.json"
    path.write_text(json.dumps([ROWS[0], 5, ROWS[1]], indent=2))
    summary = grade_file(path)
    assert summary.outcomes == {"correct": 1, "incorrect": 1}
    assert summary.bad_rows == [(2, "not a row: int where an object was expected")]
    path.write_text("\n".join(map(json.dumps, ROWS[:2])))
    assert grade_file(path).rows == 2
    path.write_text('[{"gold": "1", ')
    assert [line for line, _ in grade_file(path).bad_rows] == [1, 2]


@pytest.mark.parametrize("name", ["pairs.jsonl", "pairs.json", "pairs.csv"])
def test_a_byte_order_mark_costs_no_row(tmp_path: Path, name: str) -> None:
    row = "gold,prediction\n1,1\n" if name.endswith("csv") else '{"gold": "1", "prediction": "1"}\n'
    (tmp_path / name).write_text("\ufeff" + row, encoding="utf-8")
    assert grade_file(tmp_path / name).outcomes == {"correct": 1}


def test_a_long_completion_fits_a_cell_of_a_csv_file(tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text('gold,prediction\n1,"' + "so " * 100_000 + '#### 1"\n')
    assert grade_file(path).outcomes == {"correct": 1}


def test_rows_of_csv_with_cells_too_many_or_too_few_keep_their_place_in_the_output(
    tmp_path: Path,
) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text("gold,prediction,id\n1,1\n1,1,b,\n1,000,1,c\n1,1,d\n")
    summary = grade_file(path, tmp_path / "out.csv")
    assert summary.bad_rows == [
        (2, "wrong number of cells: 2 cells, the header has 3"),
        (4, "wrong number of cells: 4 cells, the header has 3"),
    ]
    rows = graded(tmp_path / "out.csv")
    assert [row["id"] for row in rows] == ["", "b", "1", "d"]
    assert [row["verdict"] for row in rows] == ["", "correct", "", "correct"]
    assert [row["rule"] for row in rows] == ["", "bare", "", "bare"]


@pytest.mark.parametrize("name", ["folder.jsonl", "n" * 300 + ".jsonl"])
def test_an_output_that_cannot_be_written_is_named_with_the_remedy(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / "folder.jsonl").mkdir()
    pairs = write(tmp_path / "pairs.jsonl", ROWS)
    with pytest.raises(StepmintError, match=r"\.jsonl: .*(give another|name a) file"):
        grade_file(pairs, tmp_path / name)
    assert not list(tmp_path.glob(".*"))


def test_a_torn_file_is_one_readable_error(tmp_path: Path) -> None:
    whole = gzip.compress(b'{"gold": "1", "prediction": "1"}\n' * 9)
    files = {"cut.jsonl.gz": whole[:-9], "no.arrow": b"hello", "no.parquet": b"hello"}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ConfigError, match=f"{name} is torn or not what its name says"):
            grade_file(tmp_path / name)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_file_of_pairs_may_be_written_as_windows_writes_it(
    tmp_path: Path, encoding: str, end: str
) -> None:
    path = tmp_path / "pairs.csv"
    path.write_bytes(end.join(["gold,prediction", "1,1", "2,3", ""]).encode(encoding))
    assert grade_file(path).outcomes == {"correct": 1, "incorrect": 1}
