"""Solutions that exist: rows of question, gold and solution, or solutions of a source's problems.

Solutions of one problem are brought together however far apart they stand, and the same solution
twice is one. They wait for that in a temporary file, not in memory.
"""

import json
import logging
import sqlite3
from abc import ABC
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import partial
from hashlib import sha256
from typing import Annotated, Literal

from pydantic import Field

from schemas import GivenSolution, Problem, RejectedRow, SourceError
from sources.cells import lookup
from sources.dataset_source import DatasetSource
from sources.file_source import FileSource
from sources.given_rows import GivenColumns, GivenLayout, find_given, given_of
from sources.layout import MAX_NAMES, column_names
from sources.problems import question_of, to_problem
from sources.reading import Reading
from sources.rows import BadCellError, Fault, Row, printable
from sources.scratch import scratch
from sources.seam import Source
from sources.table_source import SourceName, TableSource
from sources.windows import with_layout

_log = logging.getLogger(__name__)


class GivenSolutions(TableSource, ABC):
    """Rows with a solution each, and with its question and gold or those of a source."""

    name: SourceName = "given"
    columns: GivenColumns = GivenColumns()
    separator: str = "\n\n"
    """Put between steps of a list where neither has white space there, so that the policy reads the
    solution as it was written."""

    def of(self, source: Source, reading: Reading | None = None) -> Iterator[Problem | RejectedRow]:
        """Yield the problems of a source for which there are solutions, and all rejected rows.

        Problems keep the source's order, and `reading` notes what is read of it. Raises SourceError
        where none has a solution.
        """
        with _stored(self.name) as store:
            yield from self._read(store, Reading(), gold=False)
            found = 0
            for item in source.load(reading):
                if isinstance(item, Problem):
                    item = replace(item, given=store.of(item))
                    if not item.given:
                        continue
                    found += 1
                yield item
            if not found:
                raise SourceError(
                    f"{self.name}: none of its {len(store)} solutions is of a problem in `source`: "
                    "the questions' texts have to be the same up to white space, or "
                    "columns.problem_id has to name the column with the problems' ids"
                )
            left = 0
            for row in store.left(self.name):
                left += 1
                yield row
            _log.log(
                logging.WARNING if left else logging.INFO,
                "%s: %d of %d solutions are of no problem in `source`",
                *(self.name, left, len(store)),
            )

    def _loaded(self, reading: Reading) -> Iterator[Problem | RejectedRow]:
        with _stored(self.name) as store:
            yield from self._read(store, reading, gold=True)
            for problem in store.problems():
                reading.problems += 1
                yield problem

    def _read(self, store: "_Store", reading: Reading, *, gold: bool) -> Iterator[RejectedRow]:
        """Store the solutions of all rows; yield the rows that hold none."""
        reading.source = self.name
        reading.origin, rows = self.opened()
        columns: dict[str, None] = {}
        shown: GivenLayout | None = None
        find = partial(find_given, named=self.columns, gold=gold)
        for position, (row, layout) in enumerate(with_layout(rows, find)):
            if layout is not None and layout is not shown:
                shown, reading.layout = layout, layout.problem
                _log.info("%s: %s", self.name, layout)
            if not len(store) and isinstance(row, Row) and len(columns) < MAX_NAMES:
                columns |= dict.fromkeys(column_names([row.cells]))
            try:
                self._store(store, position, row, layout, gold=gold)
            except BadCellError as error:
                reading.refused(error.reason)
                yield self.rejection(position, row, error)
            else:
                reading.rows += 1
        rejected = reading.rejected
        if not len(store):
            reasons = "; ".join(f"{count} x {reason}" for reason, count in rejected.most_common(3))
            there = ", ".join(columns) or "none"
            raise SourceError(
                f"{self.name}: none of its {rejected.total()} rows holds a solution to label "
                f"({reasons or 'it has no rows'}). Columns there: {there}. Name the right ones "
                "with columns.problem, columns.answer, and columns.steps or columns.solution; "
                "rows without a gold answer need a `source` that has their problems"
            )
        _log.info("%s: %d solutions; rejected: %s", self.name, len(store), dict(rejected))

    def _store(
        self,
        store: "_Store",
        position: int,
        row: Row | Fault,
        layout: GivenLayout | None,
        *,
        gold: bool,
    ) -> None:
        if isinstance(row, Fault):
            raise BadCellError(row.reason, row.detail)
        if layout is None:
            raise BadCellError("no known column of solutions")
        given = given_of(row.cells, layout, place=f"row-{position}", separator=self.separator)
        key = store.problem(self._problem_of(row, layout)) if gold else self._key(row, layout)
        twice = sum(not store.add(key, position, one) for one in given)
        if twice:
            every = f"{twice} of its {len(given)}, " if len(given) > 1 else ""
            raise BadCellError("duplicate", f"{every}the same solution of this problem came before")

    def _problem_of(self, row: Row, layout: GivenLayout) -> Problem:
        if layout.problem is None:
            raise BadCellError("no known question and answer columns")
        return to_problem(
            row.cells, layout.problem, source=self.name, gold=self.gold, remove=self.remove
        )

    def _key(self, row: Row, layout: GivenLayout) -> str:
        """Return what names a problem of another source."""
        column = self.columns.problem_id
        if column is not None:
            id = lookup(row.cells, column)
            if not isinstance(id, str) or not id:
                raise BadCellError("no problem id", column)
            return _named(id)
        if layout.problem is None:
            raise BadCellError("no known question column")
        return _asked(question_of(row.cells, layout.problem, self.remove))


class FileSolutions(GivenSolutions, FileSource):
    """Solutions in files of any format that problems may come in."""

    kind: Literal["file"] = "file"
    name: SourceName = "given"


class DatasetSolutions(GivenSolutions, DatasetSource):
    """Solutions in a dataset of the hub, or in a local copy of one."""

    kind: Literal["dataset"] = "dataset"
    name: SourceName = "given"


AnySolutions = Annotated[FileSolutions | DatasetSolutions, Field(discriminator="kind")]
"""Solutions to label instead of sampled ones; pydantic picks by `kind`."""


def _named(id: str) -> str:
    return f"id {id}"


def _asked(question: str) -> str:
    return sha256(" ".join(question.split()).encode()).hexdigest()


class _Store:
    """Solutions by what names their problem, in a file."""

    def __init__(self, table: sqlite3.Connection) -> None:
        self._table = table
        self._count = 0
        table.executescript(
            """
            CREATE TABLE given (
                key TEXT, digest BLOB, position INTEGER, content TEXT, used INTEGER DEFAULT 0,
                UNIQUE (key, digest)
            );
            CREATE TABLE problems (key TEXT PRIMARY KEY, content TEXT);
            """
        )

    def __len__(self) -> int:
        return self._count

    def problem(self, problem: Problem) -> str:
        """Keep a problem; return the key of its solutions."""
        self._table.execute(
            "INSERT OR IGNORE INTO problems VALUES (?, ?)", (problem.id, problem.as_json())
        )
        return problem.id

    def add(self, key: str, position: int, given: GivenSolution) -> bool:
        """Keep a solution; False where it is there already, with the same steps."""
        digest = sha256(json.dumps([given.cut, *given.steps]).encode()).digest()
        added = self._table.execute(
            "INSERT OR IGNORE INTO given (key, digest, position, content) VALUES (?, ?, ?, ?)",
            (key, digest, position, json.dumps(asdict(given))),
        ).rowcount
        self._count += added
        return bool(added)

    def problems(self) -> Iterator[Problem]:
        """Yield the problems with their solutions, in the order in which they came first."""
        for key, content in self._table.execute("SELECT * FROM problems ORDER BY rowid"):
            yield replace(Problem.from_json(content), given=self._solutions(key))

    def of(self, problem: Problem) -> tuple[GivenSolution, ...]:
        """Return the solutions of a problem of a source, in the order in which they came."""
        keys = (_named(problem.id), _asked(problem.question))
        self._table.execute("UPDATE given SET used = 1 WHERE key IN (?, ?)", keys)
        return self._solutions(*keys)

    def _solutions(self, *keys: str) -> tuple[GivenSolution, ...]:
        marks = ", ".join("?" * len(keys))
        rows = self._table.execute(
            f"SELECT content FROM given WHERE key IN ({marks}) ORDER BY rowid", keys
        )
        return tuple(GivenSolution.from_cells(json.loads(content)) for (content,) in rows)

    def left(self, source: str) -> Iterator[RejectedRow]:
        """Yield the solutions whose problem did not come."""
        rows = self._table.execute(
            "SELECT position, content FROM given WHERE used = 0 ORDER BY rowid"
        )
        for position, content in rows:
            given = GivenSolution.from_cells(json.loads(content))
            yield RejectedRow(
                source=source,
                row=position,
                reason="no such problem: `source` has none with this question or id",
                excerpt=printable(f"{given.id}: {given.text}"),
            )


@contextmanager
def _stored(name: str) -> Iterator[_Store]:
    with scratch(name) as table:
        yield _Store(table)


def problems_of(
    source: Source | None, solutions: GivenSolutions | None, reading: Reading | None = None
) -> Iterator[Problem | RejectedRow]:
    """Yield what is to be labelled: a source's problems, those with solutions where some are given.

    What is read of the problems is noted in `reading`. Raises SourceError as `Source.load` does.
    """
    if solutions is None:
        assert source is not None  # a run has one of the two
        return source.load(reading)
    return solutions.load(reading) if source is None else solutions.of(source, reading)
