"""How true a run's labels are, where an oracle or marks know, and how far the marks agree."""

from collections.abc import Hashable, Iterator, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

from pages.library import OpenRun
from reports.annotators import Annotators, annotators
from reports.truth import Truth, truth_of
from schemas import StepmintError
from schemas.critique_folder import SolutionKey
from tasks.known_errors import Known, known_errors
from tasks.marks import standing

_SECONDS = 1.5
"""How long one request looks: half asking the oracle, half for the shards of what is marked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TruthPage:
    """What is known of a run's first errors."""

    truths: Sequence[Truth]
    """First errors beside those that an oracle, and that marks know."""
    marks: Annotators | None
    """None: nobody marked any."""
    lacking: str
    """Why marks tell nothing; empty: they do, or there are none."""
    complete: bool
    """Whether nothing is left to be counted."""


@dataclass(frozen=True, slots=True)
class _Marked:
    """What marks tell of the shards that are counted."""

    truth: Truth | None = None
    marks: Annotators | None = None
    lacking: str = ""


def truths_of(run: OpenRun) -> TruthPage:
    """Compare first errors with each source that knows them."""
    told = run.oracle.so_far(within_s=_SECONDS)
    oracle = [one for one in told.values if one is not None]
    marked, counted = _Marked(), True
    if run.folder.marks.is_file():
        facts = run.facts.so_far(within_s=_SECONDS)
        counted = facts.complete
        marked = _marked(run, tuple(facts.found), (run.facts.state, run.marks_stamp))
    found = [sum(oracle[1:], oracle[0])] if oracle else []
    return TruthPage(
        truths=[*found, *([marked.truth] if marked.truth else [])],
        marks=marked.marks,
        lacking=marked.lacking if counted else "",
        complete=told.complete and counted,
    )


@lru_cache(4)
def _marked(run: OpenRun, shards: Sequence[str], state: Hashable) -> _Marked:
    """Read the marks, and of what is marked the rows of these shards."""
    path = run.folder.marks
    try:
        marks = standing(path)
    except StepmintError as error:
        return _Marked(lacking=str(error))
    told = annotators(marks)
    try:
        known = known_marks(run, shards)
    except StepmintError as error:
        return _Marked(marks=told, lacking=str(error))
    pairs = (
        (said, known.errors[key])
        for shard in shards
        for key, said in _said(run, shard, {problem for problem, _ in known.errors})
        if key in known.errors
    )
    return _Marked(truth=truth_of(pairs, by=known.by), marks=told)


def known_marks(run: OpenRun, shards: Sequence[str]) -> Known:
    """Return what is marked in some shards, reading those alone that hold any of it.

    Raises ConfigError or RunError as `known_errors` does.
    """
    path = run.folder.marks
    problems = {problem for problem, _ in standing(path)}
    holding = [one for one in shards if _rows(run, one, problems).num_rows]
    return known_errors(run.folder, str(path), shards=holding)


def _rows(run: OpenRun, shard: str, problems: Set[str]) -> pa.Table:
    """Return what is kept of the solutions of some problems."""
    kept = run.facts.of(shard).solutions
    return kept.filter(pc.is_in(kept["problem_id"], value_set=pa.array(problems, pa.string())))


def _said(run: OpenRun, shard: str, problems: Set[str]) -> Iterator[tuple[SolutionKey, int | None]]:
    rows = _rows(run, shard, problems)
    columns = (rows[name].to_pylist() for name in ("problem_id", "solution_index", "first_error"))
    for problem, index, said in zip(*columns, strict=True):
        yield (problem, index), said
