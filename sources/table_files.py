"""CSV, Parquet and Arrow files as rows."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sources.row_sizes import batch_size, row_sizes
from sources.rows import MAX_ROW_BYTES, Fault, Row, printable
from sources.streams import Line, lines

BATCH_ROWS = 256
BATCH_BYTES = 64 << 20
"""Rows that are heavier together are decoded one by one."""
_MAX_UNPACKED = 256 << 20
_MAX_RATIO = 50
"""A page of text that packs better was made to fill memory: what it holds is unpacked at once."""
_UNREADABLE = (ValueError, OverflowError, IndexError, pa.ArrowException)
LONGEST_CELL = 1 << 17
"""Characters of a cell of CSV."""
_DELIMITERS = ",\t;|"
_ENDS_OF_OLD = re.compile(r"(?<=\r)(?![\r\n])")
"""Behind a line of files that end their lines with a carriage return alone."""


def csv_rows(
    pieces: Iterable[bytes],
    *,
    encoding: str,
    names: Sequence[str] = (),
    longest_cell: int = LONGEST_CELL,
) -> Iterator[Row | Fault]:
    """Yield the rows of a CSV or TSV file; its delimiter is the commonest of its first line.

    That is the header unless columns are named. Cells stay text, exactly as written. A quote left
    open costs at most `longest_cell` characters.
    """
    faults: list[Line] = []
    text = _text_lines(lines(pieces), encoding, faults)
    first = next(text, None)
    if first is None:
        return
    reader = csv.reader(chain([first], text), delimiter=_delimiter(first, len(names)))
    try:
        header = list(names) or [name.strip() for name in _next_cells(reader, longest_cell) or ()]
    except csv.Error as error:
        yield Fault(place="line 1", reason="not valid CSV", detail=str(error))
        return
    while True:
        place = f"line {reader.line_num + 1}"
        try:
            cells = _next_cells(reader, longest_cell)
        except csv.Error as error:
            yield Fault(place=place, reason="not valid CSV", detail=str(error))
            continue
        while faults:
            bad = faults.pop(0)
            yield Fault(place=f"line {bad.number}", reason=bad.fault, detail=bad.detail)
        if cells is None:
            return
        if any(cells):
            yield _csv_row(header, cells, place)


def _delimiter(first: str, columns: int) -> str:
    """Return what stands between the cells of a first line, of so many columns where known."""
    bare = re.sub(r'"[^"]*("|$)', "", first)
    fitting = [sign for sign in _DELIMITERS if columns and bare.count(sign) == columns - 1]
    if "\t" in fitting:  # text holds commas as often as not, and no tabs
        return "\t"
    # max returns the first of equals: a comma for a header of one column.
    return max(fitting or _DELIMITERS, key=bare.count)


def _next_cells(reader: Iterator[list[str]], longest: int) -> list[str] | None:
    before = csv.field_size_limit(longest)  # of the whole process: so only for this row
    try:
        return next(reader, None)
    finally:
        csv.field_size_limit(before)


def _text_lines(source: Iterable[Line], encoding: str, faults: list[Line]) -> Iterator[str]:
    for line in source:
        if line.fault:
            # csv.reader takes only text: the fault goes round it, a blank line in its place.
            faults.append(line)
            yield "\n"
        else:
            text = line.text.decode(encoding, "surrogateescape") + "\n"
            yield from _ENDS_OF_OLD.split(text) if "\r" in text else (text,)


def _csv_row(header: list[str], cells: list[str], place: str) -> Row | Fault:
    # Spreadsheets end rows with the empty cells of columns that were never used.
    own = cells if any(cells[len(header) :]) else cells[: len(header)]
    known = dict(zip(header, own, strict=False))
    if len(own) != len(header):
        detail = f"{len(own)} cells, the header has {len(header)}"
        shown = printable(" | ".join(own)[:800])
        return Fault(
            place=place,
            reason="wrong number of cells",
            detail=detail,
            excerpt=shown,
            cells=dict.fromkeys(header, "") | known,
        )
    return Row(place=place, cells=known)


def parquet_rows(path: Path) -> Iterator[Row | Fault]:
    """Yield the rows of a Parquet file, 256 in memory at a time."""
    with pq.ParquetFile(path) as file:
        leaves = [file.schema.column(index) for index in range(len(file.schema))]
    texts = [leaf.path for leaf in leaves if _is_text(leaf)]
    # Dictionaries stay dictionaries until the size of what they stand for is known.
    with pq.ParquetFile(path, read_dictionary=texts) as file:
        yield from _row_groups(file)


def _row_groups(file: Any) -> Iterator[Row | Fault]:
    first = 0
    for index in range(file.num_row_groups):
        group = file.metadata.row_group(index)
        if told := _too_dense(group):
            place = f"rows {first} to {first + group.num_rows - 1}"
            yield Fault(place=place, reason="packed too densely", detail=told)
        else:
            heavy = group.total_byte_size // max(1, group.num_rows)
            rows = max(1, min(BATCH_ROWS, BATCH_BYTES // max(1, heavy)))
            batches = file.iter_batches(batch_size=rows, row_groups=[index])
            yield from batch_rows(batches, first=first)
        first += group.num_rows


def _too_dense(group: Any) -> str:
    """Return why a row group is not unpacked; empty for one that is."""
    for column in map(group.column, range(group.num_columns)):
        packed, unpacked = column.total_compressed_size, column.total_uncompressed_size
        if unpacked > max(_MAX_UNPACKED, _MAX_RATIO * packed) and _is_text(column):
            return (
                f"{column.path_in_schema!r} unpacks from {packed} to {unpacked} bytes: "
                "if you trust it, write the file again with smaller row groups"
            )
    return ""


def _is_text(column: Any) -> bool:
    return bool(column.physical_type == "BYTE_ARRAY")


def arrow_rows(path: Path) -> Iterator[Row | Fault]:
    """Yield the rows of an Arrow file, stream or file format, as `datasets` saves them."""
    with pa.OSFile(str(path)) as file:
        try:
            reader = pa.ipc.open_stream(file)
        except pa.ArrowInvalid:
            file.seek(0)
            stored = pa.ipc.open_file(file)
            batches = (stored.get_batch(index) for index in range(stored.num_record_batches))
            yield from batch_rows(batches, foreign=True)
        else:
            yield from batch_rows(reader, foreign=True)


def batch_rows(
    batches: Iterable[Any], *, foreign: bool = False, first: int = 0
) -> Iterator[Row | Fault]:
    """Yield the rows of Arrow record batches or tables, each decoded once its size is known.

    Foreign ones come from a file that may hold anything in place of offsets and indices. `first`
    is the number of the first row in its file.
    """
    count = first
    for batch in chain.from_iterable(map(_record_batches, batches)):
        exact = _with_exact_floats(batch)
        for start in range(0, exact.num_rows, BATCH_ROWS):
            for cells in _cells(exact.slice(start, BATCH_ROWS), foreign):
                place = f"row {count}"
                bad = isinstance(cells, Fault)
                yield replace(cells, place=place) if bad else Row(place=place, cells=cells)
                count += 1


def _cells(batch: Any, foreign: bool) -> Iterable[Any]:
    """Return the cells of each row of a batch, or a Fault in place of a row's."""
    try:
        if foreign:
            batch.validate(full=True)
        if batch_size(batch) <= BATCH_BYTES:
            return _decoded(batch)
    except _UNREADABLE:
        # Text that is not UTF-8, or a date beyond Python's: find the rows it is in.
        pass
    return (_one(batch.slice(at, 1), foreign) for at in range(batch.num_rows))


def _one(row: Any, foreign: bool) -> dict[str, object] | Fault:
    try:
        if foreign:
            row.validate(full=True)
        size = row_sizes(row).sum()
        if size > MAX_ROW_BYTES:
            detail = f"{size} bytes; at most {MAX_ROW_BYTES}"
            return Fault(place="", reason="row too long", detail=detail)
        return _decoded(row)[0]
    except _UNREADABLE as error:
        return Fault(place="", reason="not readable", detail=str(error))


def _decoded(batch: Any) -> list[dict[str, object]]:
    columns = (
        _shared(column) if pa.types.is_dictionary(column.type) else column.to_pylist()
        for column in batch.columns
    )
    names = batch.schema.names
    return [dict(zip(names, cells, strict=True)) for cells in zip(*columns, strict=True)]


def _shared(column: Any) -> list[object]:
    """Return a dictionary column's values, equal ones as one object."""
    used = column.indices.dictionary_encode()
    values = column.dictionary.take(used.dictionary.drop_null()).to_pylist()
    return [None if index is None else values[index] for index in used.indices.to_pylist()]


def _record_batches(table: Any) -> Iterable[Any]:
    return table.to_batches() if isinstance(table, pa.Table) else (table,)


def _with_exact_floats(batch: Any) -> Any:
    """Return the batch with 32-bit floats as the doubles that their shortest text means."""
    for index, field in enumerate(batch.schema):
        if field.type == pa.float32():
            text = pc.cast(batch.column(index), pa.string())
            batch = batch.set_column(index, field.name, pc.cast(text, pa.float64()))
    return batch
