"""Any file of problems."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field, field_validator

from sources.data_files import Format, expand, file_rows, format_of
from sources.encodings import is_known
from sources.rows import Fault, Row
from sources.table_source import SourceName, TableSource


class FileSource(TableSource):
    """JSONL, JSON, CSV, TSV, Parquet or Arrow files: one, a folder of them, or a glob.

    Plain or compressed with gzip, bzip2, xz, zstd or zip (Parquet and Arrow compress inside).
    """

    kind: Literal["file"] = "file"
    name: SourceName = "file"
    path: str = Field(min_length=1)
    """A file, a folder that is searched to its depths, or a glob such as `data/**/*.jsonl`."""
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
        files = expand(self.path, any_format=self.format is not None)
        formats = sorted({self.format or format_of(file) for file in files})
        many = f"{len(files)} files, " if len(files) > 1 else ""
        return f"{self.path} ({many}{', '.join(formats)})"

    @property
    def remedy(self) -> str:
        """Say that CSV may have no header line: its first row is then taken for one."""
        if self.header or "csv" not in self.origin.rpartition("(")[2]:
            return ""
        return ". A CSV or TSV file without a header line is read with header: [question, answer]"

    def rows(self) -> Iterator[Row | Fault]:
        """Yield the rows of all files, in the order of their paths."""
        files = expand(self.path, any_format=self.format is not None)
        return file_rows(
            files, format=self.format, encoding=self.encoding, header=self.header
        )
