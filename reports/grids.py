"""A small table of words and numbers, before a terminal or a page draws it."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table
from rich.text import Text

from reports.text import plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Rows of cells; those of the first columns are words, the others numbers."""

    title: str = ""
    header: Sequence[str] = ()
    """Empty: it has none."""
    rows: Sequence[Sequence[str]]
    words: int = 1
    """Columns of words."""


def drawn(grid: Grid) -> Table:
    """Return a grid as a terminal shows it."""
    title = f"\n{plain(grid.title)}" if grid.title else None
    table = Table(
        title=title,
        title_justify="left",
        box=None,
        padding=(0, 2, 0, 0),
        pad_edge=False,
        show_header=bool(grid.header),
        header_style="dim",
    )
    for at in range(max(map(len, (grid.header, *grid.rows)), default=0)):
        name = grid.header[at] if at < len(grid.header) else ""
        table.add_column(plain(name), justify="left" if at < grid.words else "right")
    for row in grid.rows:
        table.add_row(*(Text(plain(cell)) for cell in row))
    return table
