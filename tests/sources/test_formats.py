import bz2
import gzip
import io
import json
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from schemas import SourceError
from sources import Columns, FileSource
from tests.sources.samples import ROWS, Compress, answers, jsonl, problems, rejected

ANSWERS = [row["answer"] for row in ROWS]
LINES = "".join(json.dumps(row) + "\n" for row in ROWS)


def zstd(data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return bytes(sink.getvalue().to_pybytes())


def write(path: Path, text: str | bytes) -> str:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return str(path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("rows.jsonl", LINES),
        ("rows.ndjson", LINES),
        ("windows.jsonl", "\ufeff" + LINES.replace("\n", "\r\n")),
        ("no_last_newline.jsonl", LINES.rstrip("\n")),
        ("blank_lines.jsonl", LINES.replace("\n", "\n\n  \n")),
        ("lines_in.json", LINES),
        ("array.json", json.dumps(ROWS)),
        ("pretty.json", "\ufeff" + json.dumps(ROWS, indent=4)),
        ("array_in.jsonl", json.dumps(ROWS)),
        ("objects_after_another.json", "\n".join(json.dumps(row, indent=2) for row in ROWS)),
        ("table_under_a_key.json", json.dumps({"version": "1.0", "data": ROWS})),
        ("columns.json", json.dumps({k: [row[k] for row in ROWS] for k in ROWS[0]})),
        (
            "pandas_columns.json",
            json.dumps({k: {str(i): row[k] for i, row in enumerate(ROWS)} for k in ROWS[0]}),
        ),
        ("by_id.json", json.dumps({f"id-{i}": row for i, row in enumerate(ROWS)})),
        (
            "rows.csv",
            "question,answer\n" + "".join(f"{r['question']},{r['answer']}\n" for r in ROWS),
        ),
        (
            "euro.csv",
            "question;answer\r\n" + "".join(f"{r['question']};{r['answer']}\r\n" for r in ROWS),
        ),
        (
            "rows.tsv",
            "question\tanswer\n" + "".join(f"{r['question']}\t{r['answer']}\n" for r in ROWS),
        ),
    ],
)
def test_every_text_format_gives_the_same_problems(tmp_path: Path, name: str, text: str) -> None:
    source = FileSource(path=write(tmp_path / name, text))
    assert answers(source) == ANSWERS
    assert rejected(source) == []


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress, zstd])
def test_compressed_files_are_known_by_their_first_bytes(
    tmp_path: Path, compress: Compress
) -> None:
    path = write(tmp_path / "rows.jsonl.gz", compress(LINES.encode()))
    assert answers(FileSource(path=path)) == ANSWERS


def test_parquet_and_arrow_give_the_same_problems(tmp_path: Path) -> None:
    table = pa.Table.from_pylist(ROWS)
    pq.write_table(table, tmp_path / "rows.parquet", row_group_size=2)
    with pa.ipc.new_stream(str(tmp_path / "stream.arrow"), table.schema) as stream:
        stream.write_table(table)
    with pa.ipc.new_file(str(tmp_path / "file.arrow"), table.schema) as file:
        file.write_table(table)
    for name in ("rows.parquet", "stream.arrow", "file.arrow"):
        assert answers(FileSource(path=str(tmp_path / name))) == ANSWERS


def test_numbers_stay_what_the_file_says_in_every_width(tmp_path: Path) -> None:
    pq.write_table(
        pa.table(
            {
                "question": ["a", "b", "c"],
                "answer": pa.array([0.1, 27.0, 1e22], pa.float32()),
            }
        ),
        tmp_path / "narrow.parquet",
    )
    assert answers(FileSource(path=str(tmp_path / "narrow.parquet"))) == [
        "0.1",
        "27",
        "1" + "0" * 22,
    ]
    text = '{"question": "a", "answer": 0.30000000000000004}\n{"question": "b", "answer": 1e3}\n'
    path = write(tmp_path / "wide.jsonl", text)
    assert answers(FileSource(path=path)) == ["0.30000000000000004", "1000"]


def test_a_quoted_csv_cell_may_hold_lines_quotes_and_commas(tmp_path: Path) -> None:
    text = 'question,answer\n"He said ""2,\n3""?",5\n'
    (problem,) = problems(FileSource(path=write(tmp_path / "q.csv", text)))
    assert problem.question == 'He said "2,\n3"?'


def test_a_csv_header_may_hold_lines_and_delimiters_and_rows_empty_cells_behind_its_last(
    tmp_path: Path,
) -> None:
    text = '"the\nquestion; all; of; it",answer\nWhat is 1?,1,,\n'
    columns = Columns(problem="the\nquestion; all; of; it")
    source = FileSource(path=write(tmp_path / "q.csv", text), columns=columns)
    assert answers(source) == ["1"]
    assert [problem.question for problem in problems(source)] == ["What is 1?"]


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_lines_of_csv_end_as_any_system_ends_them(tmp_path: Path, end: str) -> None:
    lines = ["question,answer", "What is 1?,1", f'"What{end}is 2?",2', "What is 3?", ""]
    source = FileSource(path=write(tmp_path / "q.csv", end.join(lines)))
    assert [problem.question.split()[-1] for problem in problems(source)] == ["1?", "2?"]
    assert rejected(source)[0].reason.endswith("(line 5 of q.csv)")


def test_a_problem_object_with_a_list_in_it_is_one_problem(tmp_path: Path) -> None:
    row = {**ROWS[1], "turns": [{"role": "user"}]}
    assert answers(FileSource(path=write(tmp_path / "1.json", json.dumps(row)))) == ["2"]


def test_an_array_of_many_pieces_is_read_to_its_last_element(tmp_path: Path) -> None:
    rows = [{"question": f"{i} " + "x" * (i % 700), "answer": i} for i in range(3000)]
    source = FileSource(path=write(tmp_path / "big.json", json.dumps(rows)))
    assert answers(source) == [str(i) for i in range(3000)]


def test_a_broken_element_of_an_array_costs_only_itself(tmp_path: Path) -> None:
    broken = json.dumps(ROWS).replace('"4"', "oops")
    source = FileSource(path=write(tmp_path / "a.json", broken))
    assert answers(source) == ["0", "2", "6", "8"]
    assert [row.row for row in rejected(source)] == [2]


def test_an_array_cut_off_keeps_what_came_before(tmp_path: Path) -> None:
    text = json.dumps(ROWS)
    source = FileSource(path=write(tmp_path / "a.json", text[: text.index("What is 3") + 4]))
    assert answers(source) == ["0", "2", "4"]
    assert all("item 3" in row.reason or "never closed" in row.reason for row in rejected(source))


MANY = [{"question": f"Q{i} {i * 7919 % 104729}?", "answer": str(i)} for i in range(2000)]
MANY_LINES = "".join(json.dumps(row) + "\n" for row in MANY).encode()
MANY_CSV = "".join(f"{row['question']},{row['answer']}\n" for row in MANY)


def zipped(data: bytes, *names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, data)
    return file.getvalue()


def parquet(path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(MANY), path, row_group_size=100)


def arrow_stream(path: Path) -> None:
    table = pa.Table.from_pylist(MANY)
    with pa.ipc.new_stream(str(path), table.schema) as stream:
        stream.write_table(table, max_chunksize=100)


def arrow_file(path: Path) -> None:
    table = pa.Table.from_pylist(MANY)
    with pa.ipc.new_file(str(path), table.schema) as file:
        file.write_table(table, max_chunksize=100)


ARCHIVES: dict[str, bytes | Callable[[Path], None]] = {
    "rows.jsonl.gz": gzip.compress(MANY_LINES),
    "rows.json.gz": gzip.compress(json.dumps(MANY).encode()),
    "rows.csv.gz": gzip.compress(f"question,answer\n{MANY_CSV}".encode()),
    "rows.jsonl.bz2": bz2.compress(MANY_LINES),
    "rows.jsonl.xz": lzma.compress(MANY_LINES),
    "rows.jsonl.zst": zstd(MANY_LINES),
    "rows.jsonl.zip": zipped(MANY_LINES, "rows.jsonl"),
    "rows.zip": zipped(MANY_LINES, "data/rows.jsonl", "__MACOSX/rows.jsonl"),
    "rows.parquet": parquet,
    "stream.arrow": arrow_stream,
    "file.arrow": arrow_file,
}


def archive(path: Path) -> Path:
    made = ARCHIVES[path.name]
    if isinstance(made, bytes):
        path.write_bytes(made)
    else:
        made(path)
    return path


@pytest.mark.parametrize("name", ARCHIVES)
def test_a_whole_archive_is_read_to_its_end(tmp_path: Path, name: str) -> None:
    assert len(answers(FileSource(path=str(archive(tmp_path / name))))) == 2000


@pytest.mark.parametrize("name", ARCHIVES)
@pytest.mark.parametrize("part", [0.5, 0.97])
def test_a_torn_archive_is_an_error_and_not_one_rejected_row(
    tmp_path: Path, name: str, part: float
) -> None:
    path = archive(tmp_path / name)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(part * len(whole))])
    with pytest.raises(SourceError, match=f"{name} is torn or not what its name says"):
        answers(FileSource(path=str(path)))


def test_a_zip_archive_of_several_files_is_to_be_unpacked(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.jsonl.zip", zipped(MANY_LINES, "a.jsonl", "b.jsonl"))
    with pytest.raises(SourceError, match=r"holds 2 files \(a\.jsonl, b\.jsonl\): unpack it"):
        answers(FileSource(path=path))


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.csv", "array.json", "array.jsonl"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_says_how_a_file_is_written(
    tmp_path: Path, name: str, encoding: str
) -> None:
    text = {"rows.jsonl": LINES, "rows.csv": "question,answer\nKäse?,1\n"}
    data = text.get(name, json.dumps(ROWS)).replace("\n", "\r\n").encode(encoding)
    source = FileSource(path=write(tmp_path / name, data))
    assert answers(source) == (["1"] if name == "rows.csv" else ANSWERS)
    if name == "rows.csv":
        assert [problem.question for problem in problems(source)] == ["Käse?"]


def test_utf_16_without_a_mark_is_read_where_the_encoding_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.jsonl", LINES.encode("utf-16-be"))
    assert answers(FileSource(path=path, encoding="utf-16-be")) == ANSWERS


def test_a_half_of_a_pair_in_utf_16_costs_its_row(tmp_path: Path) -> None:
    lines = LINES.replace("What is 1", "What is \ud83d")
    path = write(tmp_path / "rows.jsonl", lines.encode("utf-16", "surrogatepass"))
    source = FileSource(path=path)
    assert answers(source) == ["0", "4", "6", "8"]
    assert rejected(source)[0].reason.startswith("not UTF-8")


@pytest.mark.parametrize("name", ["mgsm_en.tsv", "mgsm_en.csv"])
def test_a_table_without_a_header_line_is_read_with_its_columns_named(
    tmp_path: Path, name: str
) -> None:
    sign = "\t" if name.endswith(".tsv") else ";"
    lines = [f"She ate two, then 3, then 4.{sign}9", f"Ann has 1 and Bob 2; how many?{sign}3"]
    if sign == ";":
        lines[1] = f'"Ann has 1 and Bob 2; how many?"{sign}3'
    path = write(tmp_path / name, "\n".join(lines))
    with pytest.raises(SourceError, match="header"):
        answers(FileSource(path=path))
    assert answers(FileSource(path=path, header=("question", "answer"))) == ["9", "3"]


def test_columns_are_named_by_dotted_paths_and_joined(tmp_path: Path) -> None:
    row = {"q": {"body": "Ann has 3.", "ask": "How many?"}, "gold": {"value": 3.0}, "tags": ["a"]}
    columns = Columns(problem=("q.body", "q.ask"), answer="gold.value", subject="tags")
    source = FileSource(path=str(jsonl(tmp_path / "x.jsonl", [row])), columns=columns)
    (problem,) = problems(source)
    assert (problem.question, problem.answer) == ("Ann has 3.\nHow many?", "3")
    assert problem.subject == "a"


def test_another_encoding_can_be_named(tmp_path: Path) -> None:
    path = write(tmp_path / "l.csv", "question,answer\nWieviel kostet Käse?,4\n".encode("latin-1"))
    (problem,) = problems(FileSource(path=path, encoding="latin-1"))
    assert problem.question == "Wieviel kostet Käse?"
