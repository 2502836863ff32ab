"""Files of pairs, row by row: JSON Lines, CSV or Parquet in; JSON Lines or CSV out."""

import csv
import gzip
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pyarrow.parquet as pq

from schemas import ConfigError

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A line that is no row."""

    reason: str


def read_rows(path: Path) -> Iterator[tuple[int, Row | BadRow]]:
    """Yield 1-based line (CSV, Parquet: row) numbers with rows; memory stays bounded.

    Raises ConfigError where the file is missing or its kind unknown.
    """
    if not path.is_file():
        raise ConfigError(f"{path}: no such file; give a file of pairs")
    name = path.name.lower().removesuffix(".gz")
    if name.endswith(".parquet"):
        yield from _parquet(path)
    elif name.endswith(".csv"):
        with _text(path) as lines:
            yield from enumerate(csv.DictReader(lines), start=2)
    elif name.endswith((".jsonl", ".ndjson", ".json")):
        with _text(path) as lines:
            yield from _json_lines(lines)
    else:
        raise ConfigError(f"{path}: unknown kind; give .jsonl, .csv (each also .gz) or .parquet")


def _text(path: Path) -> IO[str]:
    opened: Callable[..., IO[str]] = gzip.open if path.name.lower().endswith(".gz") else open
    return opened(path, "rt", encoding="utf-8", errors="surrogateescape", newline="")


def _json_lines(lines: IO[str]) -> Iterator[tuple[int, Row | BadRow]]:
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
