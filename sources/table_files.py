"""CSV, Parquet and Arrow files as rows."""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sources.rows import Fault, Row, printable
from sources.streams import Line, lines

BATCH_ROWS = 256
_DELIMITERS = ",\t;|"


def csv_rows(pieces: Iterable[bytes], *, encoding: str) -> Iterator[Row | Fault]:
    """Yield the rows of a CSV or TSV file with a header; its delimiter is the header's commonest.

    Cells stay text, exactly as written. A quote left open costs at most 128 KiB of rows.
    """
    faults: list[Line] = []
    text = _text_lines(lines(pieces), encoding, faults)
    first = next(text, None)
    if first is None:
        return
    # max returns the first of equals: a comma for a header of one column.
    delimiter = max(_DELIMITERS, key=first.count)
    try:
        header = [name.strip() for name in next(csv.reader([first], delimiter=delimiter), [])]
    except csv.Error as error:
        yield Fault(place="line 1", reason="not valid CSV", detail=str(error))
        return
    reader = csv.reader(text, delimiter=delimiter)
    while True:
        place = f"line {reader.line_num + 2}"
        try:
            cells = next(reader, None)
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


def _text_lines(source: Iterable[Line], encoding: str, faults: list[Line]) -> Iterator[str]:
    for line in source:
        if line.fault:
            # csv.reader takes only text: the fault goes round it, a blank line in its place.
            faults.append(line)
            yield "\n"
        else:
            yield line.text.decode(encoding, "surrogateescape") + "\n"


def _csv_row(header: list[str], cells: list[str], place: str) -> Row | Fault:
    if len(cells) != len(header):
        detail = f"{len(cells)} cells, the header has {len(header)}"
        shown = printable(" | ".join(cells)[:800])
        return Fault(place=place, reason="wrong number of cells", detail=detail, excerpt=shown)
    return Row(place=place, cells=dict(zip(header, cells, strict=True)))


def parquet_rows(path: Path) -> Iterator[Row | Fault]:
    """Yield the rows of a Parquet file, 256 in memory at a time; a broken end costs only itself."""
    with pq.ParquetFile(path) as file:
        yield from _until_broken(batch_rows(file.iter_batches(batch_size=BATCH_ROWS)))


def arrow_rows(path: Path) -> Iterator[Row | Fault]:
    """Yield the rows of an Arrow file, stream or file format, as `datasets` saves them."""
    with pa.OSFile(str(path)) as file:
        try:
            reader = pa.ipc.open_stream(file)
        except pa.ArrowInvalid:
            file.seek(0)
            stored = pa.ipc.open_file(file)
            batches = (stored.get_batch(index) for index in range(stored.num_record_batches))
            yield from _until_broken(batch_rows(batches))
        else:
            yield from _until_broken(batch_rows(reader))


def batch_rows(batches: Iterable[Any]) -> Iterator[Row | Fault]:
    """Yield the rows of Arrow record batches or tables."""
    count = 0
    for batch in batches:
        exact = _with_exact_floats(batch)
        for start in range(0, exact.num_rows, BATCH_ROWS):
            for cells in _cells(exact.slice(start, BATCH_ROWS)):
                row = Row(place=f"row {count}", cells=cells) if isinstance(cells, dict) else None
                yield row or Fault(place=f"row {count}", reason="not readable", detail=str(cells))
                count += 1


def _cells(batch: Any) -> Iterable[dict[str, object] | Exception]:
    try:
        rows: list[dict[str, object]] = batch.to_pylist()
        return rows
    except (ValueError, OverflowError, pa.ArrowException):
        # Text that is not UTF-8, or a date beyond Python's: find the rows it is in.
        return (_one(batch.slice(at, 1)) for at in range(batch.num_rows))


def _one(batch: Any) -> dict[str, object] | Exception:
    try:
        cells: dict[str, object] = batch.to_pylist()[0]
    except (ValueError, OverflowError, pa.ArrowException) as error:
        return error
    return cells


def _with_exact_floats(batch: Any) -> Any:
    """Return the batch with 32-bit floats as the doubles that their shortest text means."""
    for index, field in enumerate(batch.schema):
        if field.type == pa.float32():
            text = pc.cast(batch.column(index), pa.string())
            batch = batch.set_column(index, field.name, pc.cast(text, pa.float64()))
    return batch


def _until_broken(rows: Iterator[Row | Fault]) -> Iterator[Row | Fault]:
    last = "its start"
    try:
        for row in rows:
            last = row.place
            yield row
    except (pa.ArrowException, OSError, ValueError) as error:
        yield Fault(place=f"behind {last}", reason="the file is broken here", detail=str(error))
