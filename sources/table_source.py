"""What all sources of rows share: rows become problems, bad ones are rejected with a reason."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Annotated

from pydantic import Field

from schemas import Problem, RejectedRow, Settings, SourceError
from sources.first_places import FirstPlaces
from sources.gold import GoldRule
from sources.layout import (
    MAX_NAMES,
    Columns,
    Layout,
    column_names,
    find_layout,
    with_columns,
)
from sources.problems import left_out, to_problem
from sources.reading import Reading
from sources.rows import BadCellError, Fault, Row, excerpt
from sources.selection import shuffled, stretch
from sources.windows import with_layout

_NAME_CHARS = 60
"""Characters of a column's name that a message shows: a row taken for a header is longer."""

SourceName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,39}$")]

_log = logging.getLogger(__name__)


class TableSource(Settings, ABC):
    """A source made of rows with columns; which ones it reads and leaves out, it notes."""

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

    @property
    def origin(self) -> str:
        """Where the rows come from, for a person."""
        return ""

    def opened(self) -> tuple[str, Iterator[Row | Fault]]:
        """Return `origin` and `rows()`; whoever has to look for the rows first does it once."""
        return self.origin, self.rows()

    @property
    def remedy(self) -> str:
        """What else to try where no row is a problem, beside naming the columns."""
        return ""

    def load(self, reading: Reading | None = None) -> Iterator[Problem | RejectedRow]:
        """Yield the selected problems, and every rejected row met on the way to them.

        Of problems with equal id the first is kept and the others rejected as duplicates.
        Raises SourceError when no row is a problem, or the selection is empty.
        """
        loaded = self._loaded(reading or Reading())
        if self.shuffle_seed is None:
            return stretch(loaded, start=self.start, limit=self.limit)
        return shuffled(loaded, seed=self.shuffle_seed, start=self.start, limit=self.limit)

    def _loaded(self, reading: Reading) -> Iterator[Problem | RejectedRow]:
        reading.source = self.name
        reading.origin, rows = self.opened()
        first_rows = FirstPlaces()
        columns: dict[str, None] = {}
        examples: dict[str, str] = {}
        find = partial(find_layout, named=self.columns)
        widen = partial(with_columns, named=self.columns)
        for position, (row, layout) in enumerate(with_layout(rows, find, widen)):
            if not first_rows and row.cells and len(columns) < MAX_NAMES:
                columns |= dict.fromkeys(column_names([row.cells]))
            reading.layout = layout
            try:
                problem, left = self._problem(row, layout)
                first = first_rows.first(problem.id, position)
                if first != position:
                    raise BadCellError("duplicate", f"same question and gold as row {first}")
            except BadCellError as error:
                reading.refused(error.reason)
                examples.setdefault(error.reason, error.detail)
                yield self.rejection(position, row, error)
            else:
                reading.took(problem, left)
                yield problem
        if not first_rows:
            raise SourceError(self._nothing(reading, columns, examples))
        _log.info("%s", "; ".join(reading.record.lines()))

    def _problem(self, row: Row | Fault, layout: Layout | None) -> tuple[Problem, list[str]]:
        """Return the problem of a row, and what was left out of it."""
        if isinstance(row, Fault):
            raise BadCellError(row.reason, row.detail)
        if layout is None:
            raise BadCellError("no known question and answer columns")
        problem = to_problem(
            row.cells, layout, source=self.name, gold=self.gold, remove=self.remove
        )
        return problem, list(left_out(row.cells, layout))

    def rejection(self, position: int, row: Row | Fault, error: BadCellError) -> RejectedRow:
        """Return what is recorded of a row that cannot be used."""
        detail = f": {error.detail}" if error.detail else ""
        return RejectedRow(
            source=self.name,
            row=position,
            reason=f"{error.reason}{detail} ({row.place})",
            excerpt=excerpt(row.cells) if isinstance(row, Row) else row.excerpt,
        )

    def _nothing(
        self, reading: Reading, columns: Iterable[str], examples: Mapping[str, str]
    ) -> str:
        if not reading.rows:
            return f"{self.name}: no rows at all; is the file empty or the split the wrong one?"
        common = reading.rejected.most_common(3)
        reasons = "; ".join(f"{count} x {reason}" for reason, count in common)
        told = f"{self.name}: none of its {reading.rows} rows is a problem ({reasons}). "
        if common[0][0].startswith("needs") or common[0][0] == "several user turns":
            return told + f"The first: {examples[common[0][0]]}"
        there = ", ".join(name[:_NAME_CHARS] for name in columns) or "none"
        return (
            f"{told}Columns there: {there}. Name the right ones with columns.problem and "
            f"columns.answer, and how the gold is written with gold{self.remedy}"
        )
