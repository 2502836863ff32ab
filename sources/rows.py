"""What readers yield: rows of a dataset, and faults where a row should have been."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

MAX_ROW_BYTES = 16 << 20
"""A longer row is no math problem; it is rejected unread, so memory stays bounded."""

EXCERPT_CHARS = 200


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


class BadCellError(Exception):
    """A cell that makes its row no problem; becomes a RejectedRow, never leaves the room."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


def printable(text: str) -> str:
    """Return the first 200 characters, fit for UTF-8 files: lone surrogates become `?`."""
    return text[:EXCERPT_CHARS].encode("utf-8", "replace").decode()


def excerpt(cells: Mapping[str, object]) -> str:
    """Return the first 200 characters of a row, as JSON, for a person to recognise it."""
    try:
        return printable(json.dumps(dict(cells), ensure_ascii=False, default=str))
    except (RecursionError, ValueError, TypeError):
        # Nested too deep, a number too long to print or keys that are no text: name the columns.
        return printable(f"columns {', '.join(map(str, cells))}")
