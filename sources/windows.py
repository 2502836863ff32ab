"""Rows paired with the layout they are read by, which is found in the first of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TypeVar

from sources.layout import MOST_NAMES
from sources.rows import Fault, Row, characters

WINDOW_ROWS = 256
"""Rows looked at to find the columns; the first window with a question and a gold decides."""
WINDOW_CHARS = 1 << 26

Found = TypeVar("Found")
Find = Callable[[Sequence[Mapping[str, object]]], Found | None]
"""Returns the layout of some rows; None where they do not show one."""
Widen = Callable[[Found, Iterable[str]], Found]
"""Returns a layout that knows of all these columns."""


def with_layout(
    rows: Iterator[Row | Fault], find: Find[Found], widen: Widen[Found] | None = None
) -> Iterator[tuple[Row | Fault, Found | None]]:
    """Pair every row with the layout; it is found in the first window that shows one.

    With `widen` a column that appears only later is known from its first row on.
    """
    layout: Found | None = None
    names: dict[str, None] = {}
    while layout is None and (window := list(_window(rows))):
        cells = [row.cells for row in window if isinstance(row, Row)]
        layout = find(cells) if cells else None
        names = dict.fromkeys(name for one in cells for name in one)
        for row in window:
            yield row, layout
    for row in rows:
        known = not isinstance(row, Row) or row.cells.keys() <= names.keys()
        if layout is not None and widen and not known and len(names) < MOST_NAMES:
            names |= dict.fromkeys(row.cells if isinstance(row, Row) else ())
            layout = widen(layout, names)
        yield row, layout


def _window(rows: Iterator[Row | Fault]) -> Iterator[Row | Fault]:
    """Yield rows up to WINDOW_ROWS or about WINDOW_CHARS."""
    held = 0
    for row in islice(rows, WINDOW_ROWS):
        yield row
        held += characters(row.cells) if isinstance(row, Row) else 0
        if held > WINDOW_CHARS:
            return
