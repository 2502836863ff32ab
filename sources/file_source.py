"""Any file of problems."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, field_validator

from sources.data_files import Format, file_rows, format_of
from sources.encodings import is_known
from sources.folders import expand, split_files
from sources.rows import Fault, Row
from sources.table_source import SourceName, TableSource


class FileSource(TableSource):
    """JSONL, JSON, CSV, TSV, Parquet or Arrow files: one, a folder of them, or a glob.

    Plain or compressed with gzip, bzip2, xz, zstd or zip (Parquet and Arrow compress inside).
    """

    later: ClassVar[frozenset[str]] = frozenset({"split", "header"})

    kind: Literal["file"] = "file"
    name: SourceName = "file"
    path: str = Field(min_length=1)
    """A file, a folder that is searched to its depths, or a glob such as `data/**/*.jsonl`."""
    split: str | None = None
    """In a folder of several splits, the one to take: files that carry its name in their path, or
    the folder that `save_to_disk` gave it."""
    format: Format | None = None
    """Null goes by the file name's ending."""
    encoding: str = "utf-8"
    """Of text files; a row with other bytes is rejected. A byte order mark says more than this."""
    header: tuple[str, ...] = ()
    """The columns of CSV and TSV files that have no header line, e.g. [question, answer]."""

    @field_validator("encoding")
    @classmethod
    def _known(cls, encoding: str) -> str:
        """Refuse encodings that Python does not know."""
        if not is_known(encoding):
            raise ValueError(f"encoding={encoding!r}: give utf-8, utf-16, gb18030 or the like")
        return encoding

    @property
    def origin(self) -> str:
        """The file or folder, with the formats there."""
        return self.opened()[0]

    @property
    def remedy(self) -> str:
        """Say that CSV may have no header line: its first row is then taken for one."""
        if self.header or "csv" not in self.origin.rpartition("(")[2]:
            return ""
        return ". A CSV or TSV file without a header line is read with header: [question, answer]"

    def rows(self) -> Iterator[Row | Fault]:
        """Yield the rows of all files, in the order of their paths."""
        return self.opened()[1]

    def opened(self) -> tuple[str, Iterator[Row | Fault]]:
        """Look for the files once, and return both what they are and their rows."""
        files = self._files()
        formats = sorted({self.format or format_of(file) for file in files})
        many = f"{len(files)} files, " if len(files) > 1 else ""
        origin = f"{self.path} ({many}{', '.join(formats)})"
        return origin, file_rows(
            files, format=self.format, encoding=self.encoding, header=self.header
        )

    def _files(self) -> tuple[Path, ...]:
        root, any_format = Path(self.path).expanduser(), self.format is not None
        if root.is_dir():
            return split_files(root, self.split, any_format=any_format)
        return expand(self.path, any_format=any_format)
