"""Paths become rows: a file, a folder or a glob, in any of the known formats."""

import json
import os
import re
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

_FORMATS: dict[str, Format] = {
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
_NOT_DATA = {"dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json"}
"""What `datasets` writes beside the rows."""
_SPLITS = ("train", "test", "validation", "valid", "val", "dev", "eval")


def expand(path: str, *, any_format: bool) -> tuple[Path, ...]:
    """Return the data files that a path names: itself, all in a folder, or what a glob matches.

    Folders are searched to their depths, in sorted order, for files of known formats; hidden
    files, and links that lead out of the folder, are passed over. Raises SourceError with the
    remedy when there is nothing to read.
    """
    root = Path(path).expanduser()
    if root.is_file():
        if not any_format:
            format_of(root)
        if not os.access(root, os.R_OK):
            raise SourceError(f"{path}: no permission to read it; try chmod u+r")
        return (root,)
    if root.is_dir():
        own = (path for path in root.rglob("*") if _stays(path, root))
        found = _data_files(own, root, any_format=any_format)
    elif any(sign in path for sign in "*?["):
        anchor = Path(root.anchor or ".")
        found = _data_files(
            anchor.glob(str(root.relative_to(root.anchor))), anchor, any_format=any_format
        )
    elif root.exists():
        raise SourceError(f"{path}: neither a file nor a folder; copy its content into a file")
    else:
        raise SourceError(f"{path}: no such file or folder (looked in {Path.cwd()})")
    if not found:
        known = ", ".join(_FORMATS)
        raise SourceError(
            f"{path}: no data files there; give files named {known}, or these with .gz"
        )
    return found


def of_split(files: Sequence[Path], root: Path, split: str) -> tuple[Path, ...]:
    """Return the files that carry the split's name in their path below the root.

    A folder whose files name no split at all is one split. Raises SourceError naming the splits
    there are, when the wanted one is not among them.
    """
    chosen = tuple(file for file in files if _carries(file, root, split))
    others = [name for name in _SPLITS if any(_carries(file, root, name) for file in files)]
    if chosen or not others:
        return chosen or tuple(files)
    raise SourceError(f"{root}: no files of split {split!r}; splits there: {', '.join(others)}")


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
            raise SourceError(str(error) if str(file) in str(error) else f"{file}: {error}") from error
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
    if path.suffix == ".zip" and (not suffixes or suffixes[-1] not in _FORMATS):
        suffixes = _member_suffixes(path)
    if not suffixes or suffixes[-1] not in _FORMATS:
        raise SourceError(
            f"{path}: unknown format {path.suffix or 'without a suffix'!r}; end its name in "
            ".jsonl, .json, .csv, .parquet or .arrow, or set the format of the source"
        )
    return _FORMATS[suffixes[-1]]


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


def _data_files(found: Iterable[Path], root: Path, *, any_format: bool) -> tuple[Path, ...]:
    return tuple(
        path
        for path in sorted(found)
        if path.is_file()
        and path.name not in _NOT_DATA
        and not any(part.startswith((".", "__")) for part in path.relative_to(root).parts)
        and (any_format or _is_known(path))
    )


def _stays(path: Path, root: Path) -> bool:
    """Return whether a path found in a folder is the folder's own, not a link that leaves it."""
    home = root.resolve()
    # A snapshot in the hub's cache is made of links to the blobs beside it.
    own = (home, home.parent.parent / "blobs") if home.parent.name == "snapshots" else (home,)
    return any(path.resolve().is_relative_to(one) for one in own)


def _is_known(path: Path) -> bool:
    try:
        return bool(format_of(path))
    except SourceError:
        return False


def _carries(file: Path, root: Path, split: str) -> bool:
    inside = file.relative_to(root).as_posix().lower()
    return re.search(rf"(?<![a-z]){re.escape(split.lower())}(?![a-z])", inside) is not None
