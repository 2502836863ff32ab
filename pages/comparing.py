"""Two runs beside each other, for the page: compared once per state of both."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pages.library import OpenRun
from pages.marking import marks_stamp
from pages.problem import read_problem
from reports.agreement import Agreement, Pair, agreement, truths
from reports.compared import side_rows
from reports.text import one_line
from reports.truth import Truth
from schemas import StepmintError
from tasks.known_errors import ORACLE, has_oracle, known_errors

PAGE = 40
"""Disagreements of a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Differing:
    """A solution of which two runs say different things."""

    pair: Pair
    question: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparePage:
    """How two runs agree, and some of what they differ in."""

    found: Agreement
    sides: Sequence[tuple[str, tuple[str, str]]]
    known_by: str
    """Who knows first errors; empty: nobody."""
    lines: Sequence[Differing]
    after: int | None
    """Where the next page begins; None: this is the last."""


def compare_page(first: OpenRun, second: OpenRun, *, start: int) -> ComparePage:
    """Compare two runs. Raises RunError where they have no problem in common."""
    state = first.facts.shards, second.facts.shards, marks_stamp(first)
    found, true = _compared(first, second, state)
    differing = found.disagreements[start : start + PAGE]
    return ComparePage(
        found=found,
        sides=tuple(side_rows(found.spent, true)),
        known_by=true[0].by if true[0] else "",
        lines=[Differing(pair=one, question=_question(first, one)) for one in differing],
        after=start + PAGE if start + PAGE < len(found.disagreements) else None,
    )


def _question(run: OpenRun, pair: Pair) -> str:
    problem = read_problem(run, run.shard_of(pair.problem_id), pair.problem_id).problem
    return one_line(problem.question)


@lru_cache(4)
def _compared(
    first: OpenRun, second: OpenRun, state: Hashable
) -> tuple[Agreement, tuple[Truth | None, Truth | None]]:
    found = agreement(first.folder, second.folder)
    told = ORACLE if has_oracle(first.folder) else str(first.folder.marks)
    try:
        known = known_errors(first.folder, told)
    except StepmintError:  # nobody knows, or the marks cannot serve: the run's page says so
        return found, (None, None)
    return found, truths(found, known.errors, by=known.by)
