"""The rows that an address asks for, a page at a time: what all lists share."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pages.by_shard import ByShard
from pages.library import OpenRun
from pages.links import AddressError
from pages.listing.asked import Asked
from pages.listing.masks import Mask, all_of, bools, holding
from reports.facts import ShardFacts
from schemas import RunError
from schemas.arrow import TableName, read_table

PAGE = 40
"""Rows of a page."""
_SECONDS = 1.5
"""How long one request looks for a text."""

Line = TypeVar("Line")
Places = npt.NDArray[np.int64]
"""Rows of a shard's table, counted from 0."""
Matching = Sequence[tuple[ShardFacts, int]]
"""Shards, and how many rows of each match."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed(Generic[Line]):
    """A page of rows."""

    lines: Sequence[Line]
    start: int
    """Rows that match before this page."""
    matching: int
    """Rows that match, as far as was looked."""
    complete: bool
    """Whether all committed shards were looked at."""
    lacking: Sequence[str]
    """Columns in which no row of the run has anything."""

    @property
    def page(self) -> int:
        """Which page it is, from 1."""
        return self.start // PAGE + 1

    @property
    def pages(self) -> int:
        """How many there are, as far as was looked."""
        return max(-(-self.matching // PAGE), 1)

    @property
    def previous(self) -> int | None:
        """Where the page before begins; None: this is the first."""
        return max(min(self.start, self.pages * PAGE) - PAGE, 0) if self.start else None

    @property
    def next(self) -> int | None:
        """Where the next page begins, or this one where it may get fuller; None: there is none."""
        if self.start + PAGE < self.matching:
            return self.start + PAGE
        return None if self.complete else self.start


@dataclass(frozen=True)
class Rows(ABC, Generic[Line]):
    """The rows of one table that an address asks for."""

    table: ClassVar[TableName]
    searched: ClassVar[Sequence[str]]
    """The columns in which a text is looked for."""
    shown: ClassVar[Sequence[str]]
    """The columns that a line is read from."""
    sorts: ClassVar[Mapping[str, Callable[[ShardFacts], pa.ChunkedArray]]] = {}
    """What rows can be sorted by, read off the facts of a shard."""

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

    def lacking(self, some: Sequence[ShardFacts]) -> Sequence[str]:
        """Return the columns in which no row of some shards has anything."""
        return ()

    def rows(self, facts: ShardFacts, places: Places) -> Iterator[Mapping[str, Any]]:
        """Yield what lines are made of."""
        yield from self.read(facts, self.shown).take(places).to_pylist()

    def read(self, facts: ShardFacts, columns: Sequence[str]) -> pa.Table:
        """Read columns of a shard's part of the table."""
        return read_table(self.run.folder.file(self.table, facts.shard), self.table, columns)

    def page(self) -> Listed[Line]:
        """Read the page that is asked for, of what is counted and found within the time."""
        counted = self.run.facts.so_far(within_s=_SECONDS)
        looked = self._looked(counted.values)
        rows = self._sorted(looked) if self.asked.sort else self._in_order(looked)
        return Listed(
            lines=tuple(map(self.line, rows)),
            start=self.asked.start,
            matching=sum(count for _, count in looked),
            complete=counted.complete and len(looked) == len(counted.values),
            lacking=self.lacking(counted.values),
        )

    def places(self, facts: ShardFacts) -> Places:
        """Return the rows of a shard that match; what a text was found in is kept."""
        return self._searches.of(facts.shard) if self.asked.q else np.flatnonzero(self.keep(facts))

    def find(self, shard: str) -> Places:
        """Look for the text in a shard."""
        facts = self.run.facts.of(shard)
        keep = self.keep(facts)
        if keep.any():
            keep = keep & holding(self.read(facts, self.searched), self.asked.q)
        return np.flatnonzero(keep)

    @property
    def _searches(self) -> ByShard[Places]:
        everywhere = self.asked.model_copy(update={"start": 0, "sort": ""})
        return _searches(type(self), self.run, everywhere)

    def _looked(self, some: Sequence[ShardFacts]) -> Matching:
        """Return shards with how many rows match; of a text those looked at until the page is full.

        What sorts must be looked at whole, as far as the time goes.
        """
        if not self.asked.q:
            return [(one, self._matching(one)) for one in some]
        searches, deadline = self._searches, time.monotonic() + _SECONDS
        room = float("inf") if self.asked.sort else self.asked.start + PAGE
        looked: list[tuple[ShardFacts, int]] = []
        for facts in some:
            enough = room < 0 or time.monotonic() > deadline
            if looked and enough and facts.shard not in searches:
                break
            looked.append((facts, self._matching(facts)))
            room -= looked[-1][1]
        return looked

    def _in_order(self, looked: Matching) -> Iterator[Mapping[str, Any]]:
        skip, room = self.asked.start, PAGE
        for facts, count in looked:
            if skip < count and room:
                places = self.places(facts)[skip : skip + room]
                room -= len(places)
                yield from self._readable(facts, places)
            skip = max(skip - count, 0)

    def _sorted(self, looked: Matching) -> Sequence[Mapping[str, Any]]:
        name = self.asked.sort.removeprefix("-")
        if name not in self.sorts:
            known = ", ".join(self.sorts) or "nothing"
            raise AddressError(f"sort={name!r} in the address: {self.table} sort by {known}")
        tables = []
        for number, (facts, _) in enumerate(looked):
            places = self.places(facts)
            keys = self.sorts[name](facts).take(places)
            tables.append(
                pa.table({"shard": np.full(len(places), number), "row": places, "key": keys})
            )
        if not tables:
            return ()
        table = pa.concat_tables(tables)
        way = "descending" if self.asked.sort.startswith("-") else "ascending"
        order = pc.sort_indices(table, sort_keys=[("key", way)])
        chosen = table.take(order.slice(self.asked.start, PAGE))
        shards, rows = chosen["shard"].to_numpy(), chosen["row"].to_numpy()
        found: dict[tuple[int, int], Mapping[str, Any]] = {}
        for number in set(shards.tolist()):
            places = rows[shards == number]
            lines = self._readable(looked[number][0], places)
            found |= {
                (number, row): line for row, line in zip(places.tolist(), lines, strict=False)
            }
        asked = zip(shards.tolist(), rows.tolist(), strict=True)
        return [found[one] for one in asked if one in found]

    def _matching(self, facts: ShardFacts) -> int:
        """Return how many rows of a shard match; none where it turns out not to be readable."""
        with self._leaving_out(facts.shard):
            return len(self.places(facts)) if self.asked.q else self.count(facts)
        return 0

    def _readable(self, facts: ShardFacts, places: Places) -> Sequence[Mapping[str, Any]]:
        with self._leaving_out(facts.shard):
            return list(self.rows(facts, places))
        return ()

    @contextmanager
    def _leaving_out(self, shard: str) -> Iterator[None]:
        """Leave out a shard whose texts turn out not to be readable: the page says so."""
        with suppress(RunError), self.run.facts.reading(shard):
            yield


@lru_cache(8)
def _searches(kind: type[Rows[Any]], run: OpenRun, asked: Asked) -> ByShard[Places]:
    return ByShard(run.folder, kind(run, asked).find)


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
