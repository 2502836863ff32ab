"""Files of pairs, row by row: whatever `sources` reads comes in; JSON Lines or CSV go out."""

import csv
import gzip
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

from schemas import ConfigError, SourceError
from sources.data_files import file_rows
from sources.rows import MAX_ROW_BYTES, Row
from tasks.files import named_file

Cells = dict[str, Any]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A line that is no row."""

    reason: str
    cells: Cells | None = None
    """What could be read of it, where it is known which columns it stands in."""


def read_pairs(path: Path) -> Iterator[tuple[int, Cells | BadRow]]:
    """Yield 1-based line (Parquet: row; JSON array: item) numbers with rows.

    Raises ConfigError where the file is missing, its kind unknown, or its content torn or not of
    its kind.
    """
    if not path.is_file():
        raise ConfigError(f"{path}: no such file; give a file of pairs")
    try:
        for row in file_rows([path], longest_cell=MAX_ROW_BYTES):
            if isinstance(row, Row):
                yield _number(row.place), _pair(row)
                continue
            told = f"{row.reason}: {row.detail}" if row.detail else row.reason
            yield _number(row.place), BadRow(told, dict(row.cells) if row.cells else None)
    except SourceError as error:
        raise ConfigError(str(error)) from error


def _number(place: str) -> int:
    """Return the number in `line 3 of pairs.csv`; rows and items are counted from 0 there."""
    found = re.match(r"(line|row|item) (\d+)", place)
    return int(found[2]) + (found[1] != "line") if found else 1


def _pair(row: Row) -> Cells | BadRow:
    try:
        return {name: _as_json_has_it(cell) for name, cell in row.cells.items()}
    except RecursionError:
        return BadRow("nested too deep")


def _as_json_has_it(value: Any) -> Any:
    """Return a cell with doubles in place of the exact numbers that sources read."""
    match value:
        case Decimal():
            return float(value)
        case Mapping():
            return {key: _as_json_has_it(inner) for key, inner in value.items()}
        case list():
            return [_as_json_has_it(inner) for inner in value]
    return value


@contextmanager
def row_writer(path: Path | None) -> Iterator[Callable[[Cells], None]]:
    """Yield a function that writes a row; the file appears whole, at the end, or not at all."""
    if path is None:
        yield lambda row: None
        return
    name = path.name.lower().removesuffix(".gz")
    if not name.endswith((".jsonl", ".ndjson", ".csv")):
        raise ConfigError(f"{path}: rows are written as .jsonl or .csv, each also .gz")
    packed = path.name.lower().endswith(".gz")
    with (
        named_file(path) as plain,
        gzip.open(plain, "wb") if packed else plain as stream,
        io.TextIOWrapper(stream, "utf-8", errors="backslashreplace", newline="") as out,
    ):
        yield _csv_rows(out) if name.endswith(".csv") else _jsonl_rows(out)


def _jsonl_rows(out: IO[str]) -> Callable[[Cells], None]:
    def write(row: Cells) -> None:
        out.write(json.dumps(row, ensure_ascii=True, default=str) + "\n")

    return write


def _csv_rows(out: IO[str]) -> Callable[[Cells], None]:
    writer: csv.DictWriter[str] | None = None

    def write(row: Cells) -> None:
        nonlocal writer
        if writer is None:
            writer = csv.DictWriter(out, list(row), extrasaction="ignore")
            writer.writeheader()
        writer.writerow(row)

    return write
