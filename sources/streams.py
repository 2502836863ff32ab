"""Files as byte pieces and lines: decompressed by content, bounded in memory."""

import bz2
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

import pyarrow as pa

from schemas import SourceError
from sources.rows import EXCERPT_CHARS, MAX_ROW_BYTES

PIECE_BYTES = 1 << 16


class _Stream(Protocol):
    def read1(self, size: int, /) -> bytes: ...
    def close(self) -> None: ...


class TornStreamError(Exception):
    """A stream that ends or breaks before its end; what came before was delivered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line without its end."""

    number: int
    """From 1, as editors count."""
    text: bytes
    """The whole line, or its first characters where there is a fault."""
    fault: str = ""
    """Why the line is no line, e.g. longer than any row may be; empty for a good one."""
    detail: str = ""


def pieces(path: Path) -> Iterator[bytes]:
    """Yield a file's bytes, decompressed where its first bytes say gzip, bzip2, xz, zstd or zip.

    Raises OSError when it cannot be opened, TornStreamError behind the last good byte, SourceError
    for a zip archive of no or several files.
    """
    with path.open("rb") as plain:
        magic = plain.read(6)
    opener = next((open_ for start, open_ in _OPENERS.items() if magic.startswith(start)), _plain)
    with closing(opener(path)) as stream:
        yield from _pieces(stream)


def lines(source: Iterable[bytes]) -> Iterator[Line]:
    """Yield the lines of a byte stream; never holds more than the longest allowed row."""
    number, held, length = 1, bytearray(), 0
    for piece in source:
        start = 0
        while (end := piece.find(b"\n", start)) >= 0:
            held += piece[start:end]
            yield _line(number, held, length + end - start)
            number, held, length, start = number + 1, bytearray(), 0, end + 1
        length += len(piece) - start
        if len(held) <= MAX_ROW_BYTES:
            held += piece[start:]
    if held:
        yield _line(number, held, length)


def _line(number: int, held: bytearray, length: int) -> Line:
    if length > MAX_ROW_BYTES:
        detail = f"{length} bytes; at most {MAX_ROW_BYTES}"
        text = bytes(held[: 4 * EXCERPT_CHARS])
        return Line(number=number, text=text, fault="row too long", detail=detail)
    return Line(number=number, text=bytes(held))


def _pieces(stream: _Stream) -> Iterator[bytes]:
    while True:
        try:
            # read1, not read: when the stream breaks, read() would drop what it had gathered.
            piece = stream.read1(PIECE_BYTES)
        except _BREAKS as error:
            raise TornStreamError(str(error)) from error
        if not piece:
            return
        yield piece


def _plain(path: Path) -> _Stream:
    return path.open("rb")


def _gzip(path: Path) -> _Stream:
    return gzip.open(path, "rb")


def _bz2(path: Path) -> _Stream:
    return bz2.open(path, "rb")


def _xz(path: Path) -> _Stream:
    return lzma.open(path, "rb")


def _zstd(path: Path) -> _Stream:
    # Python reads zstd from 3.14 on; pyarrow does already.
    stream: _Stream = pa.input_stream(str(path), compression="zstd")
    return stream


def members(path: Path) -> list[str]:
    """Return the names of a zip archive's data; raises TornStreamError where it is cut off."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [entry.filename for entry in archive.infolist() if not entry.is_dir()]
    except zipfile.BadZipFile as error:
        raise TornStreamError(str(error)) from error
    return [name for name in names if not name.startswith((".", "__")) and "/." not in name]


def _zip(path: Path) -> _Stream:
    names = members(path)
    if len(names) != 1:
        shown = ", ".join(names[:5]) or "nothing"
        raise SourceError(f"{path} holds {len(names)} files ({shown}): unpack it, give the folder")
    try:
        return cast(_Stream, zipfile.ZipFile(path).open(names[0]))
    except zipfile.BadZipFile as error:
        raise TornStreamError(str(error)) from error
    except (RuntimeError, NotImplementedError) as error:  # a password; a method of other tools
        raise SourceError(f"{path} cannot be unpacked here ({error}): unpack it first") from error


_BREAKS = (
    EOFError,
    OSError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    pa.ArrowException,
)
_OPENERS: dict[bytes, Callable[[Path], _Stream]] = {
    b"\x1f\x8b": _gzip,
    b"BZh": _bz2,
    b"\xfd7zXZ\x00": _xz,
    b"\x28\xb5\x2f\xfd": _zstd,
    b"PK\x03\x04": _zip,
    b"PK\x05\x06": _zip,  # an empty one
}
