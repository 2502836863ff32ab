"""Rows paired with the layout they are read by, which is found in the first of them."""

from collections.abc import Iterator
from itertools import islice

from sources.layout import MOST_NAMES, Columns, Layout, find_layout, with_columns
from sources.rows import Fault, Row, characters

WINDOW_ROWS = 256
"""Rows looked at to find the columns; the first window with a question and a gold decides."""
WINDOW_CHARS = 1 << 26


def with_layout(
    rows: Iterator[Row | Fault], named: Columns
) -> Iterator[tuple[Row | Fault, Layout | None]]:
    """Pair every row with the layout; it is found in the first window that shows one.

    A column that appears only later is known from its first row on.
    """
    layout: Layout | None = None
    while layout is None and (window := list(_window(rows))):
        cells = [row.cells for row in window if isinstance(row, Row)]
        layout = find_layout(cells, named) if cells else None
        for row in window:
            yield row, layout
    if layout is None:
        return
    read = (path for paths in layout.read.values() for path in paths)
    names = dict.fromkeys((*layout.unused, *read))
    for row in rows:
        known = not isinstance(row, Row) or row.cells.keys() <= names.keys()
        if isinstance(row, Row) and not known and len(names) < MOST_NAMES:
            names |= dict.fromkeys(row.cells)
            layout = with_columns(layout, names, named)
        yield row, layout


def _window(rows: Iterator[Row | Fault]) -> Iterator[Row | Fault]:
    """Yield rows up to WINDOW_ROWS or about WINDOW_CHARS."""
    held = 0
    for row in islice(rows, WINDOW_ROWS):
        yield row
        held += characters(row.cells) if isinstance(row, Row) else 0
        if held > WINDOW_CHARS:
            return
