"""Files become rows, in any of the known formats."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import Literal

import pyarrow as pa

from schemas import SourceError
from sources.encodings import readable
from sources.json_files import json_rows, jsonl_rows
from sources.rows import Fault, Row
from sources.streams import TornStreamError, members, pieces
from sources.table_files import LONGEST_CELL, arrow_rows, csv_rows, parquet_rows

Format = Literal["jsonl", "json", "csv", "parquet", "arrow"]

FORMATS: dict[str, Format] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
}
_COMPRESSED = {".gz", ".bz2", ".xz", ".zst", ".zip"}


def file_rows(
    files: Iterable[Path],
    *,
    format: Format | None = None,
    encoding: str = "utf-8",
    header: Sequence[str] = (),
    longest_cell: int = LONGEST_CELL,
) -> Iterator[Row | Fault]:
    """Yield the rows of files one after another.

    `header`: the columns of CSV files whose first line is a row. `longest_cell`: characters of a
    cell of CSV; so much of a file an open quote may cost. Raises SourceError, behind the last row
    that can be read, for a file that is torn or not what its name says: what is behind may be most
    of it.
    """
    for file in files:
        told = ""
        try:
            for row in _open(file, format or format_of(file), encoding, header, longest_cell):
                yield _placed(row, file)
        except SourceError as error:
            raise SourceError(
                str(error) if str(file) in str(error) else f"{file}: {error}"
            ) from error
        except MemoryError:
            told = "it does not fit into memory"
        except OSError as error:
            told = error.strerror or str(error)
        # ValueError: pyarrow's kind of error for a file that is not of its format.
        except (TornStreamError, ValueError, pa.ArrowException) as error:
            told = str(error)
        if told:
            raise SourceError(
                f"{file} is torn or not what its name says ({told[:300]}): get the whole file "
                "again, or take it out of the source"
            )


def format_of(path: Path) -> Format:
    """Return the format that a file's name says; compression suffixes do not count."""
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() not in _COMPRESSED]
    if ".tar" in suffixes or path.suffix == ".tgz":
        raise SourceError(f"{path}: an archive of files: unpack it and give the folder")
    if path.suffix == ".zip" and (not suffixes or suffixes[-1] not in FORMATS):
        suffixes = _member_suffixes(path)
    if not suffixes or suffixes[-1] not in FORMATS:
        raise SourceError(
            f"{path}: unknown format {path.suffix or 'without a suffix'!r}; end its name in "
            ".jsonl, .json, .csv, .parquet or .arrow, or set the format of the source"
        )
    return FORMATS[suffixes[-1]]


def _member_suffixes(path: Path) -> list[str]:
    """Return what the name of a zip archive's only file says; nothing of another archive's."""
    try:
        names = members(path)
    except (OSError, TornStreamError) as error:
        raise SourceError(
            f"{path} is torn or not what its name says ({error}): get the whole file again"
        ) from error
    return [Path(names[0]).suffix.lower()] if len(names) == 1 else []


def _open(
    file: Path, format: Format, encoding: str, header: Sequence[str], longest_cell: int
) -> Iterator[Row | Fault]:
    if format == "parquet":
        return parquet_rows(file)
    if format == "arrow":
        return arrow_rows(file)
    text, encoding = readable(pieces(file), encoding)
    if format == "csv":
        return csv_rows(text, encoding=encoding, names=header, longest_cell=longest_cell)
    start = list(islice(text, 1))
    text = chain(start, text)
    # An array under a .jsonl name, as many are published.
    is_array = b"".join(start).lstrip().startswith(b"[")
    return (json_rows if format == "json" or is_array else jsonl_rows)(text, encoding=encoding)


def _placed(row: Row | Fault, file: Path) -> Row | Fault:
    place = f"{row.place} of {file.name}"
    if isinstance(row, Row):
        return Row(place=place, cells=row.cells)
    return replace(row, place=place)
