"""Text files of any encoding become bytes that lines can be cut in."""

import codecs
from collections.abc import Iterable, Iterator
from itertools import chain

from schemas import SourceError
from sources.streams import TornStreamError

_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",  # before UTF-16: its mark begins with that one's
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_LONGEST_MARK = 4


def is_known(encoding: str) -> bool:
    """Return whether Python knows an encoding of text by this name."""
    try:
        "{\n".encode(encoding)
    except (LookupError, UnicodeError, TypeError):
        return False
    return True


def readable(pieces: Iterable[bytes], encoding: str) -> tuple[Iterator[bytes], str]:
    """Return a text file's bytes in an encoding that extends ASCII, and that encoding.

    A byte order mark says how the file is written, whatever `encoding` says, and is taken off.
    Raises SourceError for what can only be UTF-16 that does not say so, and TornStreamError, while
    iterating, behind the last character there is.
    """
    stream = iter(pieces)
    start = b""
    while len(start) < _LONGEST_MARK and (piece := next(stream, b"")):
        start += piece
    for mark, marked in _MARKS.items():
        if start.startswith(mark):
            start, encoding = start[len(mark) :], marked
            break
    stream = chain([start], stream)
    if _extends_ascii(encoding):
        _refuse_zeros(start)
        return stream, encoding
    return _as_utf8(stream, encoding), "utf-8"


def _extends_ascii(encoding: str) -> bool:
    return '{"\n'.encode(encoding) == b'{"\n'


def _refuse_zeros(start: bytes) -> None:
    """Refuse text of which every other byte is zero."""
    zeros = [byte == 0 for byte in start[:2]]
    if any(zeros):
        guess = "utf-16-be" if zeros[0] else "utf-16-le"
        raise SourceError(
            f"it looks like UTF-16 and has no byte order mark to say so: set encoding: {guess}, "
            f"or convert it (iconv -f {guess} -t utf-8)"
        )


def _as_utf8(stream: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    # Lone surrogates pass: they are no UTF-8, and so cost the row they are in.
    decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
    try:
        for piece in stream:
            yield decoder.decode(piece).encode("utf-8", "surrogatepass")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise TornStreamError(f"not {encoding}: {error.reason}") from error
