"""What readers yield: rows of a dataset, and faults where a row should have been."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

MAX_ROW_BYTES = 16 << 20
"""A longer row is no math problem; it is rejected unread, so memory stays bounded."""

EXCERPT_CHARS = 200
MAX_ROW_VALUES = 1_000_000
"""Values in one row's nested cells: JSON makes 64 bytes and more of each `[],`."""
_VALUE_CHARACTERS = 64
_MAX_SHOWN = 100_000
"""Characters of a row that is shown cell by cell; of a longer one each cell is cut first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row, its cells not yet looked at."""

    place: str
    """Where it stands, for a person, e.g. `line 12 of train.jsonl`."""
    cells: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something in a row's place that could not be read as one."""

    place: str
    reason: str
    """The kind of fault, e.g. `not valid JSON`: what rejections are counted by."""
    detail: str = ""
    excerpt: str = ""
    cells: Mapping[str, object] | None = None
    """What could be read of it, where it is known which columns it stands in."""


class BadCellError(Exception):
    """A cell that makes its row no problem; becomes a RejectedRow, never leaves the room."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


def printable(text: str) -> str:
    """Return the first 200 characters, fit for UTF-8 files: lone surrogates become `?`."""
    return text[:EXCERPT_CHARS].encode("utf-8", "replace").decode()


def characters(value: object) -> int:
    """Return how many characters nested cells hold, each value counting as some; no recursion."""
    total, left = 0, [value]
    while left:
        total += _VALUE_CHARACTERS
        match left.pop():
            case str() | bytes() as text:
                total += len(text)
            case Mapping() as cells:
                left.extend(cells.values())
            case list() | tuple() as items:
                left.extend(items)
    return total


def excerpt(cells: Mapping[str, object]) -> str:
    """Return the first 200 characters of a row, as JSON, for a person to recognise it."""
    try:
        if characters(cells) > _MAX_SHOWN:
            cells = {name: _shortened(cell) for name, cell in cells.items()}
        return printable(json.dumps(dict(cells), ensure_ascii=False, default=str))
    except (RecursionError, ValueError, TypeError):
        # Nested too deep, a number too long to print or keys that are no text: name the columns.
        return printable(f"columns {', '.join(map(str, cells))}")


def _shortened(cell: object) -> object:
    return cell[:EXCERPT_CHARS] if isinstance(cell, str) else f"({type(cell).__name__})"
