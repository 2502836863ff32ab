"""Files of pairs, row by row: JSON Lines, JSON, CSV or Parquet in; JSON Lines or CSV out."""

import csv
import gzip
import itertools
import json
import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from schemas import ConfigError

Row = dict[str, Any]

_LONGEST_CELL = 1 << 30
"""Characters of a CSV cell at most."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A line that is no row."""

    reason: str


def read_rows(path: Path) -> Iterator[tuple[int, Row | BadRow]]:
    """Yield 1-based line (CSV, Parquet: row; JSON array: item) numbers with rows.

    Memory stays bounded, but for a JSON array, which is read whole. Raises ConfigError where the
    file is missing, its kind unknown, or its content torn or not of its kind.
    """
    if not path.is_file():
        raise ConfigError(f"{path}: no such file; give a file of pairs")
    name = path.name.lower().removesuffix(".gz")
    if not name.endswith((".parquet", ".csv", ".jsonl", ".ndjson", ".json")):
        raise ConfigError(
            f"{path}: unknown kind; give .jsonl, .json, .csv (each also .gz) or .parquet"
        )
    try:
        yield from _rows(path, name)
    except (pa.ArrowInvalid, EOFError, gzip.BadGzipFile, zlib.error, csv.Error) as error:
        raise ConfigError(
            f"{path} is torn or not what its name says ({error}): give the whole file"
        ) from error


def _rows(path: Path, name: str) -> Iterator[tuple[int, Row | BadRow]]:
    if name.endswith(".parquet"):
        yield from _parquet(path)
        return
    with _text(path) as lines:
        if name.endswith(".csv"):
            # Python's own limit, 128 KiB, is less than a long completion; it is process-wide.
            csv.field_size_limit(_LONGEST_CELL)
            yield from enumerate(csv.DictReader(lines), start=2)
        elif name.endswith(".json"):
            yield from _json(lines)
        else:
            yield from _json_lines(lines)


def _text(path: Path) -> IO[str]:
    opened: Callable[..., IO[str]] = gzip.open if path.name.lower().endswith(".gz") else open
    return opened(path, "rt", encoding="utf-8-sig", errors="surrogateescape", newline="")


def _json(lines: IO[str]) -> Iterator[tuple[int, Row | BadRow]]:
    """Yield the items of an array; where the file holds none, its lines."""
    first = next((line for line in lines if line.strip()), "")
    if not first.lstrip().startswith("["):
        yield from _json_lines(itertools.chain([first], lines))
        return
    try:
        items = json.loads(first + lines.read())
    except (ValueError, RecursionError) as error:
        yield 1, BadRow(f"no JSON array: {str(error)[:100]}")
        return
    for number, item in enumerate(items, start=1):
        yield number, item if isinstance(item, dict) else BadRow("no JSON object")


def _json_lines(lines: Iterable[str]) -> Iterator[tuple[int, Row | BadRow]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield number, BadRow(f"no JSON: {str(error)[:100]}")
            continue
        yield number, row if isinstance(row, dict) else BadRow("no JSON object")


def _parquet(path: Path) -> Iterator[tuple[int, Row | BadRow]]:
    number = 0
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=1024):
            for row in batch.to_pylist():
                number += 1
                yield number, row


@contextmanager
def row_writer(path: Path | None) -> Iterator[Callable[[Row], None]]:
    """Yield a function that writes a row; the file appears whole, at the end, or not at all."""
    if path is None:
        yield lambda row: None
        return
    name = path.name.lower().removesuffix(".gz")
    if not name.endswith((".jsonl", ".ndjson", ".csv")):
        raise ConfigError(f"{path}: rows are written as .jsonl or .csv, each also .gz")
    if not path.parent.is_dir():
        raise ConfigError(f"{path}: its folder does not exist; make it first")
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    opened: Callable[..., IO[str]] = gzip.open if path.name.lower().endswith(".gz") else open
    try:
        with opened(partial, "wt", encoding="utf-8", errors="backslashreplace", newline="") as out:
            yield _csv_rows(out) if name.endswith(".csv") else _jsonl_rows(out)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _jsonl_rows(out: IO[str]) -> Callable[[Row], None]:
    def write(row: Row) -> None:
        out.write(json.dumps(row, ensure_ascii=True, default=str) + "\n")

    return write


def _csv_rows(out: IO[str]) -> Callable[[Row], None]:
    writer: csv.DictWriter[str] | None = None

    def write(row: Row) -> None:
        nonlocal writer
        if writer is None:
            writer = csv.DictWriter(out, list(row), extrasaction="ignore")
            writer.writeheader()
        writer.writerow(row)

    return write
