"""Files made to fill memory or to take for ever: refused with a reason, in linear time."""

import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from schemas import SourceError
from sources import FileSource
from sources.boxed import UnclosedBoxError, boxed
from sources.contexts import refuse_gaps
from sources.gold import extract_gold
from sources.options import option_gold, option_texts
from sources.rows import BadCellError
from tests.doubling import assert_doubles
from tests.sources.samples import problems, rejected

M = 1 << 20
LOAD = """
import resource, sys
from schemas import SourceError
from sources import FileSource
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    sum(1 for _ in FileSource(path=sys.argv[1]).load())
except SourceError as error:
    print(error, file=sys.stderr)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def one_text(times: int) -> pa.DictionaryArray:
    """Return a column of one long text, which it holds once."""
    return pa.DictionaryArray.from_arrays(pa.array([0] * times, pa.int32()), ["q" * 15 * M])


def dictionary_parquet(path: Path) -> None:
    table = pa.table({"question": one_text(256), "answer": ["2"] * 256})
    pq.write_table(table, path, compression="zstd", dictionary_pagesize_limit=1 << 30)
    assert path.stat().st_size < 2_000


def nested_parquet(path: Path) -> None:
    lists = pa.ListArray.from_arrays(pa.array(range(0, 251, 10), pa.int32()), one_text(250))
    table = pa.table({"question": lists, "answer": ["2"] * 25})
    pq.write_table(table, path, compression="zstd", dictionary_pagesize_limit=1 << 30)


def plain_parquet(path: Path) -> None:
    table = pa.table({"question": ["q" * 15 * M] * 30, "answer": ["2"] * 30})
    pq.write_table(table, path, compression="zstd", use_dictionary=False)


def view_arrow(path: Path) -> None:
    one = pa.array(["q" * 15 * M], pa.string_view()).buffers()
    views = pa.Array.from_buffers(
        pa.string_view(), 200, [None, pa.py_buffer(one[1].to_pybytes()[:16] * 200), *one[2:]]
    )
    table = pa.table({"question": views, "answer": ["2"] * 200})
    with pa.ipc.new_file(str(path), table.schema) as file:
        file.write_table(table)


def dictionary_arrow(path: Path) -> None:
    table = pa.table({"question": one_text(2_000), "answer": ["2"] * 2_000})
    with pa.ipc.new_file(str(path), table.schema) as file:
        file.write_table(table)


def packed(*parts: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with gzip.open(path, "wb") as file:
            file.writelines(parts)

    return write


FILES: dict[str, Callable[[Path], None]] = {
    "dictionary.parquet": dictionary_parquet,
    "nested.parquet": nested_parquet,
    "plain.parquet": plain_parquet,
    "dictionary.arrow": dictionary_arrow,
    "view.arrow": view_arrow,
    "lines.jsonl.gz": packed(*[b'{"q": "', b"q" * 15 * M, b'"}\n'] * 20),
    "values.jsonl.gz": packed(*[b'{"question": [', b"[]," * (5 * M), b"[]]}\n"] * 4),
    "document.json.gz": packed(b'{"data": [', b"[]," * (20 * M), b"[]]}"),
    "open.json.gz": packed(b'[{"a": "', *[b"q" * M] * 100),
}


@pytest.mark.parametrize("name", FILES)
def test_a_small_file_that_unpacks_to_gigabytes_takes_little_memory(
    tmp_path: Path, name: str
) -> None:
    FILES[name](tmp_path / name)
    read = subprocess.run(
        [sys.executable, "-c", LOAD, str(tmp_path / name)], capture_output=True, text=True
    )
    assert read.returncode == 0, read.stderr
    assert "Traceback" not in read.stderr
    assert "none of its" in read.stderr
    assert int(read.stdout) < 700_000  # KiB


def test_equal_values_of_a_dictionary_are_read_whatever_their_number(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    rows = [
        {"question": f"What is {i}?", "answer": "2", "level": "easy" if i % 300 else None}
        for i in range(600)
    ]
    pq.write_table(pa.Table.from_pylist(rows), path)
    levels = [problem.level for problem in problems(FileSource(path=str(path)))]
    assert levels == [row["level"] for row in rows]


@pytest.mark.parametrize("kind", [pa.dictionary(pa.uint8(), pa.string()), pa.string_view()])
def test_indices_of_any_width_and_views_are_read_from_any_offset(
    tmp_path: Path, kind: pa.DataType
) -> None:
    texts = [None if i % 7 == 0 else f"What is {i}, and {i} again?" for i in range(200)]
    table = pa.table({"question": pa.array(texts, kind), "answer": ["2"] * 200}).slice(3)
    with pa.ipc.new_file(str(tmp_path / "rows.arrow"), table.schema) as file:
        file.write_table(table)
    read = problems(FileSource(path=str(tmp_path / "rows.arrow")))
    assert [problem.question for problem in read] == [text for text in texts[3:] if text]


def test_of_a_row_group_that_is_packed_too_densely_only_its_own_rows_are_lost(
    tmp_path: Path,
) -> None:
    path = tmp_path / "rows.parquet"
    schema = pa.schema({"question": pa.string(), "answer": pa.string()})
    with pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=False) as file:
        for texts in (["first"], ["q" * 15 * M] * 30, ["last"]):
            file.write_table(pa.table({"question": texts, "answer": ["2"] * len(texts)}, schema))
    source = FileSource(path=str(path))
    assert [problem.question for problem in problems(source)] == ["first", "last"]
    (lost,) = rejected(source)
    assert lost.reason.startswith("packed too densely")
    assert lost.reason.endswith("(rows 1 to 30 of rows.parquet)")


BOXES = [
    "\\boxed{\\boxed 5 $",
    "\\boxed ",
    "\\boxed{",
    "\\boxed{}",
    "\\boxed}",
    "{\\boxed 5",
    "\\boxed{\\boxed 5 $",
    "{",
    "\\",
]


@pytest.mark.parametrize("unit", [*BOXES, "#### ", "####\n", "5 (", "( ", "\n#", "#### \\boxed{"])
def test_twice_the_text_takes_twice_the_time_to_find_a_gold_in(unit: str) -> None:
    def gold(count: int) -> Callable[[], object]:
        return lambda: (
            extract_gold(unit * count, "auto", from_solution=False),
            boxed(unit * count),
        )

    assert_doubles(gold, 400_000 // len(unit), UnclosedBoxError, BadCellError)


GAPS = ["![", "![](", "![a](b", "<image", "<image ", "N_0", "\\includegraphic", "![](x.pn"]


@pytest.mark.parametrize("unit", GAPS)
def test_twice_the_question_takes_twice_the_time_to_look_for_images_in(unit: str) -> None:
    def look(count: int) -> Callable[[], object]:
        return lambda: refuse_gaps(unit * count)

    assert_doubles(look, 10_000 // len(unit), BadCellError)


@pytest.mark.parametrize("unit", ["A", "A ", " ", "A,", "and ", "(", "a ) ", "A. b "])
def test_twice_the_options_take_twice_the_time_to_tell_apart(unit: str) -> None:
    def tell(count: int) -> Callable[[], object]:
        return lambda: (option_texts(unit * count), option_gold("A" + unit * count, ["1", "2"]))

    assert_doubles(tell, 100_000 // len(unit), BadCellError)


def test_rows_of_ever_new_columns_are_read_in_linear_time(tmp_path: Path) -> None:
    def load(count: int) -> Callable[[], object]:
        path = tmp_path / f"{count}.jsonl"
        rows = ({"question": f"{i}?", "answer": "1", f"word{i}": i} for i in range(count))
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return lambda: sum(1 for _ in FileSource(path=str(path)).load())

    assert_doubles(load, 2_000, SourceError)


BROKEN = [
    "} ",
    "{",
    '{"a":',
    '},{"',
    '},{\\"',
    "[",
    "[[],",
    '"',
    "}\n,",
    "\\",
    "1,",
    "\n",
    " ",
    "nul",
]


@pytest.mark.parametrize("unit", BROKEN)
@pytest.mark.parametrize("name", ["rows.json", "rows.jsonl", "rows.csv"])
def test_twice_the_file_takes_twice_the_time_to_read(tmp_path: Path, unit: str, name: str) -> None:
    def load(count: int) -> Callable[[], object]:
        path = tmp_path / str(count) / name
        path.parent.mkdir(exist_ok=True)
        path.write_text('[{"question": "q", "answer": "1"} x' + unit * count)
        return lambda: sum(1 for _ in FileSource(path=str(path)).load())

    assert_doubles(load, 40_000 // len(unit), SourceError)
