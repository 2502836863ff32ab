"""The problems of a recipe or a search, searched and filtered, a page at a time."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, ClassVar

import pyarrow as pa
from pydantic import Field

from pages.listing.asked import InAddress
from pages.listing.masks import holding
from pages.products.answers import ANSWERS, Answer
from pages.products.folder import OpenProducts, Row
from reports.text import one_line
from schemas import Outcome

PAGE = 40
"""Problems of a page."""
_AT_ONCE = 64
"""Rows that are looked at together."""
_SECONDS = 1.5
"""How long one request looks for what is asked for."""
LISTS: Mapping[str, Sequence[str]] = {
    "problems": ("problem_id", "question", "answer", "set_aside"),
    "search_problems": ("problem_id", "question", "answer", "set_aside"),
    "votes": ("problem_id", "question", "answer"),
    "active_selection": ("problem_id", "question", "answer"),
}
"""The tables that name the problems; the first that is there is the list."""


class Wanted(InAddress):
    """What a list of problems is asked for, as its address says."""

    place: ClassVar[str] = "start"

    q: str = Field(default="", max_length=500)
    """A text of the question, the gold answer or the id, case aside."""
    outcome: Outcome | None = None
    """The verdict on the answer that the folder stands for."""
    start: int = Field(default=0, ge=0, lt=10**12)
    """The row that the page begins at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeLine:
    """A problem in a list."""

    id: str
    question: str
    gold: str
    set_aside: str
    answers: Sequence[Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeList:
    """A page of problems."""

    lines: Sequence[MadeLine]
    start: int | None
    """Where the next page begins; None: there is none."""
    rows: int
    """Of the table that names the problems."""


def list_table(made: OpenProducts) -> str:
    """Return the table that names the problems; empty where there is none yet."""
    return next((table for table in LISTS if made.files(table)), "")


def answers_table(made: OpenProducts) -> str:
    """Return the table that says what was chosen; empty where there is none yet."""
    return next((table for table in ANSWERS if made.files(table)), "")


def answers_of(made: OpenProducts, ids: Iterable[str]) -> dict[str, list[Answer]]:
    """Return what was chosen for each of some problems."""
    table, found = answers_table(made), dict[str, list[Row]]()
    if table:
        for row in made.rows(table, ANSWERS[table].columns, of=set(ids)):
            found.setdefault(row["problem_id"], []).append(row)
    return {one: list(ANSWERS[table].read(rows)) for one, rows in found.items()}


def made_list(made: OpenProducts, wanted: Wanted) -> MadeList:
    """Read problems from the asked row on until a page is full or the time is up."""
    table, lines, deadline = list_table(made), list[MadeLine](), time.monotonic() + _SECONDS
    if not table:
        return MadeList(lines=(), start=None, rows=0)
    rows, last = made.count(table), ""
    for first, some in _some(made.batches(table, LISTS[table], start=wanted.start)):
        for row, line in _matching(made, first, some, wanted, last=last):
            if len(lines) == PAGE:
                return MadeList(lines=lines, start=row, rows=rows)
            lines.append(line)
        behind, last = first + some.num_rows, some["problem_id"][-1].as_py()
        if time.monotonic() > deadline and behind < rows:
            return MadeList(lines=lines, start=behind, rows=rows)
    return MadeList(lines=lines, start=None, rows=rows)


def _some(batches: Iterator[tuple[int, pa.Table]]) -> Iterator[tuple[int, pa.Table]]:
    """Yield a few rows at a time, so that no more answers are read than a page shows."""
    for first, batch in batches:
        for at in range(0, batch.num_rows, _AT_ONCE):
            yield first + at, batch.slice(at, _AT_ONCE)


def _matching(
    made: OpenProducts, first: int, some: pa.Table, wanted: Wanted, *, last: str
) -> list[tuple[int, MadeLine]]:
    """Return the problems among some rows that are asked for, each with its row.

    `last` is the problem of the row before, whose other rows may come first.
    """
    keep = holding(some.select(["problem_id", "question", "answer"]), wanted.q)
    keep[: max(wanted.start - first, 0)] = False
    rows = [(first + int(at), some.slice(int(at), 1).to_pylist()[0]) for at in keep.nonzero()[0]]
    if not rows:
        return []
    # A table of solutions names a problem once for each.
    of_one = groupby(rows, key=lambda one: one[1]["problem_id"])
    problems = [next(some) for one, some in of_one if one != last]
    chosen = answers_of(made, (row["problem_id"] for _, row in problems))
    return [
        (at, _line(row, answers))
        for at, row in problems
        if _is_wanted(answers := chosen.get(row["problem_id"], []), wanted)
    ]


def _is_wanted(answers: Sequence[Answer], wanted: Wanted) -> bool:
    if wanted.outcome is None:
        return True
    return bool(answers) and answers[0].outcome is wanted.outcome


def _line(row: Mapping[str, Any], answers: Sequence[Answer]) -> MadeLine:
    return MadeLine(
        id=row["problem_id"],
        question=one_line(row["question"], 160),
        gold=row["answer"],
        set_aside=row.get("set_aside") or "",
        answers=answers,
    )
