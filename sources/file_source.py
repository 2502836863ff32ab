"""Any file of problems."""

import codecs
from collections.abc import Iterator
from typing import Literal

from pydantic import Field, field_validator

from sources.data_files import Format, expand, file_rows
from sources.rows import Fault, Row
from sources.table_source import SourceName, TableSource


class FileSource(TableSource):
    """JSONL, JSON, CSV, TSV, Parquet or Arrow files: one, a folder of them, or a glob.

    Plain or compressed with gzip, bzip2, xz or zstd (Parquet and Arrow compress inside).
    """

    kind: Literal["file"] = "file"
    name: SourceName = "file"
    path: str = Field(min_length=1)
    """A file, a folder that is searched to its depths, or a glob such as `data/**/*.jsonl`."""
    format: Format | None = None
    """Null goes by the file name's ending."""
    encoding: str = "utf-8"
    """Of text files; a row with other bytes is rejected."""

    @field_validator("encoding")
    @classmethod
    def _extends_ascii(cls, encoding: str) -> str:
        """Refuse encodings that lines cannot be cut in, and those Python does not know."""
        try:
            extends = codecs.lookup(encoding) and '{"\n'.encode(encoding) == b'{"\n'
        except (LookupError, UnicodeError, TypeError):
            extends = False
        if not extends:
            raise ValueError(f"encoding={encoding!r}: give utf-8, latin-1, gb18030 or the like")
        return encoding

    def rows(self) -> Iterator[Row | Fault]:
        """Yield the rows of all files, in the order of their paths."""
        files = expand(self.path, any_format=self.format is not None)
        return file_rows(files, format=self.format, encoding=self.encoding)
