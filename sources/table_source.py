"""What all sources of rows share: rows become problems, bad ones are rejected with a reason."""

import logging
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Annotated, TypeVar

from pydantic import Field

from schemas import Problem, RejectedRow, Settings, SourceError
from sources.first_places import FirstPlaces
from sources.gold import GoldRule
from sources.layout import MAX_NAMES, Columns, Layout, column_names, find_layout
from sources.problems import to_problem
from sources.rows import BadCellError, Fault, Row, characters, excerpt
from sources.selection import shuffled, stretch

WINDOW_ROWS = 256
"""Rows looked at to find the columns; the first window with a question and a gold decides."""

WINDOW_CHARS = 1 << 26

SourceName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,39}$")]

_log = logging.getLogger(__name__)


class TableSource(Settings, ABC):
    """A source made of rows with columns; which ones it reads, it logs."""

    name: SourceName = "table"
    """What problems say they are from; part of their ids, so keep it when files move."""
    columns: Columns = Columns()
    """Which columns hold what, where their names do not tell."""
    gold: GoldRule = "auto"
    """How the gold is found in its column; see sources/gold.py."""
    remove: tuple[str, ...] = ()
    """Texts cut out of every question, such as `Please reason step by step.`"""
    start: int = Field(default=0, ge=0)
    """Problems to pass over, in the dataset's order or the shuffled one."""
    limit: int | None = Field(default=None, ge=1)
    """Problems to take at most; null takes all."""
    shuffle_seed: int | None = None
    """Take problems in an order that depends on this seed and their ids alone, not on the order
    of rows or files. They wait for their turn in a temporary file (in TMPDIR): start + limit and
    some more, all of them without a limit."""

    @abstractmethod
    def rows(self) -> Iterator[Row | Fault]:
        """Yield the dataset's rows, and faults where one should have been."""

    def load(self) -> Iterator[Problem | RejectedRow]:
        """Yield the selected problems, and every rejected row met on the way to them.

        Of problems with equal id the first is kept and the others rejected as duplicates.
        Raises SourceError when no row is a problem, or the selection is empty.
        """
        loaded = self._loaded()
        if self.shuffle_seed is None:
            return stretch(loaded, start=self.start, limit=self.limit)
        return shuffled(loaded, seed=self.shuffle_seed, start=self.start, limit=self.limit)

    def _loaded(self) -> Iterator[Problem | RejectedRow]:
        rejected: Counter[str] = Counter()
        first_rows = FirstPlaces()
        columns: dict[str, None] = {}
        find = partial(find_layout, named=self.columns)
        for position, (row, layout) in enumerate(with_layout(self.rows(), find, name=self.name)):
            if not first_rows and isinstance(row, Row) and len(columns) < MAX_NAMES:
                columns |= dict.fromkeys(column_names([row.cells]))
            try:
                problem = self._problem(row, layout)
                first = first_rows.first(problem.id, position)
                if first != position:
                    raise BadCellError("duplicate", f"same question and gold as row {first}")
            except BadCellError as error:
                rejected[error.reason] += 1
                yield self.rejection(position, row, error)
            else:
                yield problem
        if not first_rows:
            raise SourceError(self._nothing(rejected, columns))
        _log.info("%s: %d problems; rejected: %s", self.name, len(first_rows), dict(rejected))

    def _problem(self, row: Row | Fault, layout: Layout | None) -> Problem:
        if isinstance(row, Fault):
            raise BadCellError(row.reason, row.detail)
        if layout is None:
            raise BadCellError("no known question and answer columns")
        return to_problem(row.cells, layout, source=self.name, gold=self.gold, remove=self.remove)

    def rejection(self, position: int, row: Row | Fault, error: BadCellError) -> RejectedRow:
        """Return what is recorded of a row that cannot be used."""
        detail = f": {error.detail}" if error.detail else ""
        return RejectedRow(
            source=self.name,
            row=position,
            reason=f"{error.reason}{detail} ({row.place})",
            excerpt=excerpt(row.cells) if isinstance(row, Row) else row.excerpt,
        )

    def _nothing(self, rejected: Counter[str], columns: Iterable[str]) -> str:
        if not rejected:
            return f"{self.name}: no rows at all; is the file empty or the split the wrong one?"
        reasons = "; ".join(f"{count} x {reason}" for reason, count in rejected.most_common(3))
        there = ", ".join(columns) or "none"
        return (
            f"{self.name}: none of its {rejected.total()} rows is a problem ({reasons}). "
            f"Columns there: {there}. Name the right ones with columns.problem and "
            "columns.answer, and how the gold is written with gold"
        )


Found = TypeVar("Found")
Find = Callable[[Sequence[Mapping[str, object]]], Found | None]
"""Returns the layout of some rows; None where they do not show one."""


def with_layout(
    rows: Iterator[Row | Fault], find: Find[Found], *, name: str
) -> Iterator[tuple[Row | Fault, Found | None]]:
    """Pair every row with the layout; it is found in the first window that shows one."""
    layout: Found | None = None
    while layout is None and (window := list(_window(rows))):
        cells = [row.cells for row in window if isinstance(row, Row)]
        layout = find(cells) if cells else None
        if layout is not None:
            _log.info("%s: %s", name, layout)
        for row in window:
            yield row, layout
    for row in rows:
        yield row, layout


def _window(rows: Iterator[Row | Fault]) -> Iterator[Row | Fault]:
    """Yield rows up to WINDOW_ROWS or about WINDOW_CHARS."""
    held = 0
    for row in islice(rows, WINDOW_ROWS):
        yield row
        held += characters(row.cells) if isinstance(row, Row) else 0
        if held > WINDOW_CHARS:
            return
