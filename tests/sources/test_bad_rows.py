import json
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas import Problem, RejectedRow, SourceError
from sources import Columns, FileSource
from sources.rows import MAX_ROW_BYTES
from tests.sources.samples import ROWS, answers, jsonl, problems, rejected

GOOD = json.dumps(ROWS[1]).encode()


def source_of(path: Path, data: bytes, name: str = "rows.jsonl") -> FileSource:
    (path / name).write_bytes(data)
    return FileSource(path=str(path / name))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"question": "torn', "not valid JSON"),
        (b'{"question": "q"}', "missing column: answer"),
        (b'{"answer": "3"}', "missing column: question"),
        (b'{"question": "q", "answer": ""}', "empty gold"),
        (b'{"question": "q", "answer": null}', "empty gold"),
        (b'{"question": "  ", "answer": "3"}', "empty question"),
        (b'{"question": "caf\xe9", "answer": "3"}', "not UTF-8: byte 0xe9"),
        (b'{"question": "q\\u0000", "answer": "3"}', "NUL character in text"),
        (b'{"question": "q\x00", "answer": "3"}', "not valid JSON"),
        (b'{"question": "\\ud83d", "answer": "3"}', "not UTF-8"),
        (b'{"question": {"text": "q"}, "answer": "3"}', "wrong type: dict"),
        (b'{"question": "q", "answer": NaN}', "not a finite number"),
        (b'{"question": "q", "answer": 1e999999999}', "number too long"),
        (b'{"question": "q", "answer": 1e9999999999999999999}', "not a finite number"),
        (b'{"question": "q", "answer": ' + b"9" * 5000 + b"}", "not valid JSON"),
        (b'{"question": "' + b"q" * 60_000 + b'", "answer": "3"}', "question too long"),
        (b'{"question": "q", "answer": "' + b"3 " * 3000 + b'"}', "gold too long"),
        (b"[" * 100_000, "not valid JSON"),
        (b"[1, 2]", "not a row: list"),
        (b"17", "not a row: int"),
        (GOOD, "duplicate: same question and gold as row 0"),
    ],
)
def test_a_bad_row_is_rejected_with_its_reason_and_stops_nothing(
    tmp_path: Path, line: bytes, reason: str
) -> None:
    last = json.dumps(ROWS[2]).encode()
    source = source_of(tmp_path, b"\n".join([GOOD, line, last]))
    assert answers(source) == ["2", "4"]
    (bad,) = rejected(source)
    assert bad.reason.startswith(reason)
    assert bad.reason.endswith("(line 2 of rows.jsonl)")
    assert bad.row == 1
    assert bad.excerpt
    assert len(bad.excerpt) <= 200
    bad.excerpt.encode()


def test_a_line_longer_than_any_row_is_passed_over_unread(tmp_path: Path) -> None:
    huge = b'{"question": "' + b"q" * (MAX_ROW_BYTES + 10) + b'", "answer": "3"}'
    source = source_of(tmp_path, b"\n".join([GOOD, huge, json.dumps(ROWS[2]).encode()]))
    assert answers(source) == ["2", "4"]
    assert "row too long" in rejected(source)[0].reason


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"only one cell", "wrong number of cells: 1 cells, the header has 2"),
        (b"a,b,c", "wrong number of cells"),
        (b"What is 3?,", "empty gold"),
        (b"What is 3?,,,", "empty gold"),
        (b"caf\xe9,3", "not UTF-8"),
        (b"q\x00,3", "NUL character in text"),
        (b'"' + b"q" * 140_000 + b'",3', "not valid CSV"),
    ],
)
def test_a_bad_csv_row_costs_only_itself(tmp_path: Path, line: bytes, reason: str) -> None:
    data = b"\n".join([b"question,answer", b"What is 1+1?,2", line, b"What is 2+2?,4"])
    source = source_of(tmp_path, data, "rows.csv")
    assert answers(source) == ["2", "4"]
    assert rejected(source)[0].reason.startswith(reason)


def test_parquet_text_that_is_not_utf8_costs_only_its_row(tmp_path: Path) -> None:
    raw = pa.array([b"What is 1?", b"caf\xe9", b"What is 2?"], pa.binary())
    question = pa.Array.from_buffers(pa.string(), 3, raw.buffers())
    pq.write_table(
        pa.table({"question": question, "answer": ["1", "3", "2"]}), tmp_path / "x.parquet"
    )
    source = FileSource(path=str(tmp_path / "x.parquet"))
    assert answers(source) == ["1", "2"]
    assert [row.row for row in rejected(source)] == [1]


def test_one_unreadable_file_of_a_folder_is_an_error_that_names_it(tmp_path: Path) -> None:
    jsonl(tmp_path / "a.jsonl", ROWS[:2])
    (tmp_path / "b.parquet").write_bytes(b"PAR1 this is no Parquet file PAR1")
    jsonl(tmp_path / "c.jsonl", ROWS[2:])
    with pytest.raises(SourceError, match=r"b\.parquet is torn or not what its name says"):
        answers(FileSource(path=str(tmp_path)))


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("empty.jsonl", b"", "no rows at all"),
        ("blank.jsonl", b"\n \n", "no rows at all"),
        ("empty.json", b"[]", "no rows at all"),
        ("empty.csv", b"", "no rows at all"),
        ("header.csv", b"question,answer\n", "no rows at all"),
        (
            "bad.jsonl",
            b"{\n{\n[1]\n",
            r"none of its 3 rows is a problem \(2 x not valid JSON; 1 x not a row",
        ),
        ("utf16.jsonl", '{"question": "q"}\n'.encode("utf-16-le"), "set encoding: utf-16-le"),
        ("utf16.csv", "question,answer\n".encode("utf-16-be"), "set encoding: utf-16-be"),
        ("bad.parquet", b"no", "not what its name says"),
        ("bad.arrow", b"no", "not what its name says"),
        ("rows.tar.gz", b"no", "unpack it and give the folder"),
        ("rows.jsonl.zip", b"PK\x03\x04no", "not what its name says"),
        (
            "other.jsonl",
            b'{"frage": "q", "antwort": "a"}',
            "Columns there: frage, antwort. Name the right",
        ),
        ("notes.txt", b"hello", "unknown format '.txt'; end its name in"),
        ("noname", b"hello", "unknown format 'without a suffix'"),
        ("unequal.json", b'{"question": ["a", "b"], "answer": ["1"]}', "not valid JSON"),
    ],
)
def test_a_file_without_any_problem_says_why_and_what_to_do(
    tmp_path: Path, name: str, data: bytes, message: str
) -> None:
    with pytest.raises(SourceError, match=message):
        answers(source_of(tmp_path, data, name))


def test_a_misnamed_column_names_those_there_are(tmp_path: Path) -> None:
    source = FileSource(path=str(jsonl(tmp_path / "x.jsonl")), columns=Columns(answer="gold"))
    with pytest.raises(SourceError, match=r"5 x missing column.*Columns there: question, answer"):
        answers(source)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("nowhere.jsonl", "no such file or folder"),
        ("sub", "no data files there"),
        ("*.jsonl", "no data files there"),
        ("pipe", "neither a file nor a folder"),
    ],
)
def test_a_path_with_nothing_to_read_is_one_clear_error(
    tmp_path: Path, path: str, message: str
) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "notes.md").write_text("hello")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SourceError, match=message):
        answers(FileSource(path=str(tmp_path / path)))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_one_may_not_read_is_one_clear_error(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "x.jsonl")
    path.chmod(0)
    with pytest.raises(SourceError, match="no permission"):
        answers(FileSource(path=str(path)))


def test_an_encoding_that_python_does_not_know_is_refused() -> None:
    for encoding in ("klingon", "base64"):
        with pytest.raises(ValidationError, match="give utf-8, utf-16"):
            FileSource(path="x.jsonl", encoding=encoding)


def test_folders_and_globs_are_searched_in_sorted_order_without_hidden_files(
    tmp_path: Path,
) -> None:
    for index, name in enumerate(("b/2.jsonl", "a/1.jsonl", ".git/3.jsonl", "__MACOSX/4.jsonl")):
        jsonl(tmp_path / name, [ROWS[index]])
    (tmp_path / "dataset_info.json").write_text('{"description": "no row"}')
    assert answers(FileSource(path=str(tmp_path))) == ["2", "0"]
    assert answers(FileSource(path=str(tmp_path / "*" / "2.jsonl"))) == ["0"]


def test_ids_depend_on_content_and_name_not_on_paths_or_formats(tmp_path: Path) -> None:
    here = FileSource(path=str(jsonl(tmp_path / "x" / "a.jsonl")))
    (tmp_path / "b.json").write_text(json.dumps(ROWS[::-1]))
    there = FileSource(path=str(tmp_path / "b.json"))
    renamed = FileSource(path=str(tmp_path / "b.json"), name="mine")
    assert {p.id for p in problems(here)} == {p.id for p in problems(there)}
    assert {p.id for p in problems(here)}.isdisjoint(p.id for p in problems(renamed))
    assert problems(renamed)[0].id.startswith("mine-")


def test_an_instruction_can_be_cut_out_of_every_question(tmp_path: Path) -> None:
    row = {"question": "2+2?\nPlease reason step by step.", "answer": "4"}
    path = str(jsonl(tmp_path / "x.jsonl", [row]))
    source = FileSource(path=path, remove=("Please reason step by step.",))
    assert problems(source)[0].question == "2+2?"


JSONISH = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
)
ROWISH = st.dictionaries(st.sampled_from(["question", "answer", "options", "level", "x"]), JSONISH)


def only_source_errors(path: Path, name: str, data: bytes) -> None:
    (path / name).write_bytes(data)
    try:
        for item in FileSource(path=str(path / name)).load():
            assert isinstance(item, Problem | RejectedRow)
            text = item.question if isinstance(item, Problem) else item.excerpt + item.reason
            text.encode()
    except SourceError:
        return  # none of it was a problem


@pytest.mark.parametrize(
    "name", ["x.jsonl", "x.json", "x.csv", "x.parquet", "x.arrow", "x.jsonl.gz"]
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    start=st.sampled_from([b"", b"\x1f\x8b", b"BZh9", b"\x28\xb5\x2f\xfd", b"{", b"[{"]),
    data=st.binary(),
)
def test_random_bytes_never_raise_anything_but_a_source_error(
    tmp_path: Path, name: str, start: bytes, data: bytes
) -> None:
    only_source_errors(tmp_path, name, start + data)


@pytest.mark.parametrize("name", ["x.jsonl", "x.json"])
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROWISH, max_size=4), as_array=st.booleans(), cut=st.integers(0, 300))
def test_any_json_whole_or_cut_never_raises_anything_but_a_source_error(
    tmp_path: Path, name: str, rows: list[dict[str, object]], as_array: bool, cut: int
) -> None:
    text = json.dumps(rows) if as_array else "\n".join(map(json.dumps, rows))
    only_source_errors(
        tmp_path, name, text.encode()[: len(text) - cut if cut < len(text) else None]
    )
