"""JSON Lines and JSON: arrays, objects of columns, objects around a list, single problems."""

import codecs
import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from sources.json_elements import (
    DECODER,
    MALFORMED,
    MAX_DOCUMENT_CHARS,
    MAX_DOCUMENT_VALUES,
    Malformed,
    elements,
)
from sources.layout import Columns, find_layout
from sources.rows import MAX_ROW_VALUES, Fault, Row, printable
from sources.streams import Line, lines
from sources.turns import are_turns

_HEAD_BYTES = 1 << 20


def jsonl_rows(pieces: Iterable[bytes], *, encoding: str) -> Iterator[Row | Fault]:
    """Yield one row per line that is not blank; a bad line costs only itself."""
    for line in lines(pieces):
        if line.fault or line.text.strip():
            yield _line_row(line, encoding)


def json_rows(pieces: Iterable[bytes], *, encoding: str) -> Iterator[Row | Fault]:
    """Yield the rows of a JSON file, whichever of the usual shapes it has.

    An array is streamed, and so are objects one per line under a `.json` name. A single object is
    read whole: a problem by itself (the MATH release), a list of rows under some key, or columns.
    """
    stream = iter(pieces)
    head = _head(stream)
    rest = chain([head], stream)
    start = head.lstrip()
    if start.startswith(b"{") and _is_json_lines(start):
        yield from jsonl_rows(rest, encoding=encoding)
        return
    text = _decoded(rest, encoding)
    if start.startswith(b"{"):
        document = elements(text, longest=MAX_DOCUMENT_CHARS, most=MAX_DOCUMENT_VALUES)
        values = _unfolded(document)
    else:
        values = elements(text)
    for index, value in enumerate(values):
        yield _row(value, f"item {index}")


def _line_row(line: Line, encoding: str) -> Row | Fault:
    place = f"line {line.number}"
    shown = printable(line.text[:800].decode(encoding, "replace"))
    if line.fault:
        return Fault(place=place, reason=line.fault, detail=line.detail, excerpt=shown)
    try:
        text = line.text.decode(encoding)
    except UnicodeDecodeError as error:
        detail = f"byte 0x{line.text[error.start]:02x} at {error.start}"
        return Fault(place=place, reason=_not_in(encoding), detail=detail, excerpt=shown)
    if text.count(",") > MAX_ROW_VALUES:
        detail = f"more than {MAX_ROW_VALUES} values"
        return Fault(place=place, reason="row too long", detail=detail, excerpt=shown)
    try:
        value = DECODER.decode(text)
    except MALFORMED as error:
        return Fault(place=place, reason="not valid JSON", detail=str(error), excerpt=shown)
    return _row(value, place)


def _row(value: object, place: str) -> Row | Fault:
    if isinstance(value, Malformed):
        shown = printable(value.excerpt)
        return Fault(place=place, reason="not valid JSON", detail=value.detail, excerpt=shown)
    if not isinstance(value, Mapping):
        detail = f"{type(value).__name__} where an object was expected"
        return Fault(
            place=place, reason="not a row", detail=detail, excerpt=printable(str(value)[:800])
        )
    return Row(place=place, cells=value)


def _head(stream: Iterator[bytes]) -> bytes:
    """Return the first bytes, up to a whole first line."""
    head = bytearray()
    for piece in stream:
        head += piece
        if b"\n" in bytes(head).lstrip() or len(head) > _HEAD_BYTES:
            break
    return bytes(head)


def _is_json_lines(start: bytes) -> bool:
    """Return whether a first line is a whole object and something else follows it."""
    first, newline, after = start.partition(b"\n")
    try:
        return bool(newline) and bool(after.strip()) and isinstance(json.loads(first), dict)
    except MALFORMED:
        return False


def _decoded(pieces: Iterable[bytes], encoding: str) -> Iterator[str]:
    """Yield text; wrong bytes become lone surrogates, for which their rows are rejected later."""
    decoder = codecs.getincrementaldecoder(encoding)("surrogateescape")
    yield from map(decoder.decode, pieces)
    yield decoder.decode(b"", final=True)


def _unfolded(values: Iterator[object]) -> Iterator[object]:
    """Yield the rows of a lone top-level object, or the objects as they are if there are many."""
    leading = [value for _, value in zip(range(2), values, strict=False)]
    if len(leading) == 1 and isinstance(leading[0], dict):
        yield from _document_rows(leading[0])
    else:
        yield from chain(leading, values)


def _document_rows(document: dict[str, object]) -> Iterable[object]:
    """Return the rows that a whole JSON object stands for."""
    tables = [
        value
        for value in document.values()
        if isinstance(value, list) and value and isinstance(value[0], dict) and not are_turns(value)
    ]
    if len(tables) == 1 and not _is_problem(document):
        return tables[0]
    columns = list(document.values())
    if len(columns) > 1 and all(isinstance(v, list) for v in columns):
        return _transposed(document)
    if columns and all(isinstance(v, dict) for v in columns):
        by_index = all(isinstance(v, dict) and all(k.isdigit() for k in v) for v in columns)
        lists = {k: list(v.values()) for k, v in document.items() if isinstance(v, dict)}
        return _transposed(lists) if by_index else columns
    return [document]


def _is_problem(document: dict[str, object]) -> bool:
    """Return whether an object is one row by itself, though a cell of it is a list of objects."""
    scalars = {key: value for key, value in document.items() if isinstance(value, str)}
    return find_layout([scalars], Columns()) is not None


def _transposed(columns: Mapping[str, object]) -> Iterable[object]:
    lists = [value for value in columns.values() if isinstance(value, list)]
    if len({len(values) for values in lists}) != 1:
        sizes = ", ".join(f"{key}: {len(v)}" for key, v in columns.items() if isinstance(v, list))
        return [Malformed(detail=f"columns of unequal length: {sizes}", excerpt="")]
    return (dict(zip(columns, cells, strict=True)) for cells in zip(*lists, strict=True))


def _not_in(encoding: str) -> str:
    return "not UTF-8" if encoding.lower().replace("-", "") == "utf8" else f"not {encoding}"
