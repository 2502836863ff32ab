"""The rows that an address asks for, a page at a time: what all lists share."""

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pages.library import OpenRun
from pages.listing.asked import Asked
from pages.listing.masks import Mask, all_of, bools, holding
from reports.facts import ShardFacts
from schemas.arrow import TableName, read_table

PAGE = 40
"""Rows of a page."""
_END = 10**9
"""A place behind all rows of a shard."""
_SECONDS = 1.5
"""How long one request looks for a text."""

Line = TypeVar("Line")
Places = npt.NDArray[np.int64]
"""Rows of a shard's table, counted from 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed(Generic[Line]):
    """A page of rows."""

    lines: Sequence[Line]
    after: str
    """Where the next page begins; empty: there is none."""
    matching: int | None
    """Rows that match in all counted shards; None where a text is looked for."""
    complete: bool
    """Whether all committed shards are counted."""


@dataclass(frozen=True)
class Rows(ABC, Generic[Line]):
    """The rows of one table that an address asks for."""

    table: ClassVar[TableName]
    searched: ClassVar[Sequence[str]]
    """The columns in which a text is looked for."""
    shown: ClassVar[Sequence[str]]
    """The columns that a line is read from."""

    run: OpenRun
    asked: Asked

    @abstractmethod
    def keep(self, facts: ShardFacts) -> Mask:
        """Return which rows of a shard the filters keep, texts aside."""

    @abstractmethod
    def line(self, row: Mapping[str, Any]) -> Line:
        """Return a row as a line."""

    def count(self, facts: ShardFacts) -> int:
        """Return how many rows of a shard the filters keep, texts aside."""
        return int(self.keep(facts).sum())

    def rows(self, facts: ShardFacts, places: Places) -> Iterator[Mapping[str, Any]]:
        """Yield what lines are made of."""
        yield from self.read(facts, self.shown).take(places).to_pylist()

    def read(self, facts: ShardFacts, columns: Sequence[str]) -> pa.Table:
        """Read columns of a shard's part of the table."""
        return read_table(self.run.folder.file(self.table, facts.shard), self.table, columns)

    def page(self) -> Listed[Line]:
        """Read shards from the asked place on until a page is full or the time is up."""
        counted = self.run.facts.so_far(within_s=_SECONDS)
        start, row = _place(self.asked.after)
        deadline = time.monotonic() + _SECONDS
        lines: list[Line] = []
        after = "" if counted.complete else f"{counted.values[-1].shard}.{_END}"
        for facts in counted.values:
            if _order(facts.shard) < _order(start):
                continue
            places = self._places(facts, begin=row if facts.shard == start else 0)
            room = PAGE - len(lines)
            if len(places):
                lines += map(self.line, self.rows(facts, places[:room]))
            if len(places) > room:
                after = f"{facts.shard}.{places[room]}"
                break
            if time.monotonic() > deadline and facts is not counted.values[-1]:
                after = f"{facts.shard}.{_END}"
                break
        matching = None if self.asked.q else sum(map(self.count, counted.values))
        return Listed(lines=lines, after=after, matching=matching, complete=counted.complete)

    def _places(self, facts: ShardFacts, *, begin: int) -> Places:
        """Return the rows of a shard that are asked for, from one on."""
        keep = self.keep(facts)
        if self.asked.q and keep[begin:].any():
            keep = keep & holding(self.read(facts, self.searched), self.asked.q)
        return np.flatnonzero(keep[begin:]) + begin


class CountedRows(Rows[Line]):
    """Rows of problems or solutions, of which facts are kept: filters and lines go by these."""

    @abstractmethod
    def counted(self, facts: ShardFacts) -> pa.Table:
        """Return the facts of the rows."""

    @abstractmethod
    def filters(self, counted: pa.Table) -> Iterator[Mask]:
        """Yield what each filter that is asked for keeps of these facts."""

    def keep(self, facts: ShardFacts) -> Mask:
        """Return which rows all filters keep, that on doubted golds included."""
        counted = self.counted(facts)
        masks = list(self.filters(counted))
        if self.asked.doubted:
            suspects = pa.array(sorted(self.run.suspects.of(facts.shard)), pa.string())
            masks.append(bools(pc.is_in(counted["problem_id"], value_set=suspects)))
        return all_of(masks, rows=counted.num_rows)

    def rows(self, facts: ShardFacts, places: Places) -> Iterator[Mapping[str, Any]]:
        """Yield the facts of rows with their texts."""
        counted = self.counted(facts).take(places).to_pylist()
        for known, texts in zip(counted, super().rows(facts, places), strict=True):
            yield {**known, **texts}


def _place(after: str) -> tuple[str, int]:
    shard, _, row = after.partition(".")
    return (shard, int(row)) if after else ("", 0)


def _order(shard: str) -> tuple[int, str]:
    return len(shard), shard  # behind 99999 is 100000
