"""A labelled set is read: rows of any form become problems of ours with their labelled solutions.

Solutions of one problem are brought together however far apart their rows stand, and the same one
twice is one. They wait for that in a temporary file.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from itertools import islice

from schemas import (
    Evidence,
    LabelledSolution,
    Outcome,
    Problem,
    RejectedRow,
    SourceError,
    StepStatement,
    problem_id,
)
from schemas.labels import first_stated_error
from schemas.views import count_labelled
from sources.first_places import FirstPlaces
from sources.given_rows import with_separators
from sources.layout import column_names
from sources.reading import Reading
from sources.rows import BadCellError, Fault, Row
from sources.scratch import scratch
from sources.stated import StatedFormat, StatedSolution, form_of, unknown_form
from sources.stated.marks import UNSAID
from sources.stated.seam import Cells
from sources.table_source import TableSource
from sources.windows import with_layout

LABELER = "imported"
"""What imported solutions name as their labeler."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedProblem:
    """A problem of a set, with its solutions as the set labels them; they have no rollouts."""

    problem: Problem
    solutions: tuple[LabelledSolution, ...]


@dataclass(slots=True)
class StatedReading(Reading):
    """What an import has read so far, and as what."""

    form: StatedFormat | None = None
    """None until the first rows are read."""
    solutions: int = 0
    steps: int = 0
    labelled_steps: int = 0


def imported(
    source: TableSource,
    form: StatedFormat | None = None,
    *,
    reading: StatedReading | None = None,
    limit: int | None = None,
) -> Iterator[ImportedProblem | RejectedRow]:
    """Yield the rows that cannot be read, each with its reason, then the problems in their order.

    The form is found by the columns where it is None. `limit`: rows to read at most. Raises
    SourceError where the form is not known or no row holds a labelled solution.
    """
    reading = reading if reading is not None else StatedReading()
    reading.origin, rows = source.opened()
    with scratch(source.name) as table:
        store = _Store(table)
        yield from _stored(store, source, islice(rows, limit), form, reading)
        if reading.form is None or not len(store):
            raise SourceError(_nothing(reading))
        for problem, parts in store.problems():
            one = _problem(problem, reading.form, parts)
            reading.problems += 1
            reading.solutions += len(one.solutions)
            reading.steps += sum(len(each.steps) for each in one.solutions)
            reading.labelled_steps += sum(count_labelled(each, "stated") for each in one.solutions)
            yield one


def _stored(
    store: "_Store",
    source: TableSource,
    rows: Iterator[Row | Fault],
    form: StatedFormat | None,
    reading: StatedReading,
) -> Iterator[RejectedRow]:
    """Store the solutions of all rows; yield the rows that hold none."""
    find = partial(_form, form, reading.origin)
    for position, (row, found) in enumerate(with_layout(rows, find)):
        if found is not None and reading.form is None:
            reading.form, reading.source = found, found.source
        try:
            if isinstance(row, Fault):
                raise BadCellError(row.reason, row.detail)
            assert found is not None  # _form raises where there is none
            _store(store, position, row, found)
        except BadCellError as error:
            reading.refused(error.reason)
            yield replace(source.rejection(position, row, error), source=reading.source)
        else:
            reading.rows += 1


def _form(named: StatedFormat | None, name: str, rows: Sequence[Cells]) -> StatedFormat:
    found = named or form_of(rows)
    if found is None:
        raise unknown_form(name, column_names(rows))
    return found


def _store(store: "_Store", position: int, row: Row, form: StatedFormat) -> None:
    found = list(form.solutions(row.cells))
    labelled = [one for one in found if any(said != UNSAID for said in one.stated)]
    if not labelled and not (found and form.rows_are_steps):
        raise BadCellError("no step is labelled")
    added = 0
    for number, one in enumerate(found if form.rows_are_steps else labelled):
        place = f"row-{position}" if len(labelled) == 1 else f"row-{position}/{number}"
        added += store.add(form, replace(one, id=one.id or place))
    if not added:
        every = f"all its {len(found)} solutions" if len(found) > 1 else "the same"
        raise BadCellError("duplicate", f"{every} came before")


def _problem(
    problem: Problem, form: StatedFormat, parts: Iterable[StatedSolution]
) -> ImportedProblem:
    seen, solutions = set[tuple[object, ...]](), list[LabelledSolution]()
    for one in form.assembled(parts):
        if (key := (one.steps, one.stated)) in seen:
            continue
        seen.add(key)
        solutions.append(_solution(problem, form, one, index=len(solutions)))
    return ImportedProblem(problem=problem, solutions=tuple(solutions))


def _solution(
    problem: Problem, form: StatedFormat, one: StatedSolution, *, index: int
) -> LabelledSolution:
    return LabelledSolution(
        problem_id=problem.id,
        solution_index=index,
        labeler=LABELER,
        steps=with_separators(one.steps, form.between),
        outcome=one.outcome,
        root=Evidence(),
        evidence=(Evidence(),) * len(one.steps),
        first_error=first_stated_error(one.stated),
        given_id=one.id or f"way-{index}",
        stated=one.stated,
    )


def _nothing(reading: StatedReading) -> str:
    reasons = "; ".join(f"{count} x {reason}" for reason, count in reading.rejected.most_common(3))
    form = reading.form.format if reading.form else "no form"
    return (
        f"{reading.origin}: none of its {reading.rows} rows, read as {form}, holds a labelled "
        f"solution ({reasons or 'it has no rows'}): name another form with --format, or give "
        "another file or split"
    )


class _Store:
    """Solutions by their problem, in a file."""

    def __init__(self, table: sqlite3.Connection) -> None:
        self._table = table
        self._count = 0
        self._known = FirstPlaces()
        table.executescript(
            """
            CREATE TABLE parts (
                key TEXT, digest BLOB, content TEXT, outcome TEXT, id TEXT, UNIQUE (key, digest)
            );
            CREATE TABLE problems (key TEXT PRIMARY KEY, content TEXT);
            BEGIN;
            """
        )

    def __len__(self) -> int:
        return self._count

    def add(self, form: StatedFormat, one: StatedSolution) -> bool:
        """Keep a solution; False where it is there already, with the same steps and labels."""
        id = problem_id(form.source, one.question, one.answer)
        said = [[each.label, each.said, each.why] for each in one.stated]
        content = json.dumps([one.steps, said])
        digest = sha256(content.encode()).digest()
        added = self._table.execute(
            "INSERT OR IGNORE INTO parts VALUES (?, ?, ?, ?, ?)",
            (id, digest, content, one.outcome.value, one.id),
        ).rowcount
        if not self._known.holds(id):
            self._known.first(id, 0)
            problem = Problem(
                id=id,
                source=form.source,
                question=one.question,
                answer=one.answer,
                solution=one.reference,
                level=one.level,
                subject=one.subject,
            )
            self._table.execute("INSERT INTO problems VALUES (?, ?)", (id, problem.as_json()))
        self._count += added
        return bool(added)

    def problems(self) -> Iterator[tuple[Problem, list[StatedSolution]]]:
        """Yield the problems with their solutions, both in the order in which they came first."""
        for key, content in self._table.execute("SELECT * FROM problems ORDER BY rowid"):
            problem = Problem.from_json(content)
            rows = self._table.execute(
                "SELECT content, outcome, id FROM parts WHERE key = ? ORDER BY rowid", (key,)
            )
            yield problem, [_part(problem, *row) for row in rows]


def _part(problem: Problem, content: str, outcome: str, id: str) -> StatedSolution:
    steps, said = json.loads(content)
    return StatedSolution(
        question=problem.question,
        answer=problem.answer,
        steps=tuple(steps),
        stated=tuple(StepStatement(label=label, said=word, why=why) for label, word, why in said),
        outcome=Outcome(outcome),
        id=id,
    )
