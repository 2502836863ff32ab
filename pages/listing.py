"""Search and filter: rows of a run a page at a time, read no further than the page needs.

What is asked for stands in the address (`Asked`), and so does the place where the next page begins.
Filters on numbers go over the facts of a shard; a text is looked for in the shards' own rows, for
so many seconds, and the next page goes on from there.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import ConfigDict, Field, ValidationError

from pages.library import OpenRun
from reports.facts import ShardFacts
from reports.summary import ProblemLine, pass_tenths, problem_line
from reports.text import one_line
from schemas import ROOT, Outcome, RunError
from schemas.arrow import AnyTable, read_table
from schemas.settings import Settings

PAGE = 40
"""Rows of a page."""
_END = 10**9
"""A place behind all rows of a shard."""
_SECONDS = 1.5
"""How long one request looks for a text."""

Mask = npt.NDArray[np.bool_]
Line = TypeVar("Line")


class Asked(Settings):
    """What a list is asked for, as its address says."""

    model_config = ConfigDict(extra="ignore")

    q: str = Field(default="", max_length=500)
    """A text, case aside; of problems and solutions also a problem's id."""
    outcome: Outcome | None = None
    found: str = Field(default="", pattern="^(none|error|abstained)?$")
    label: str = Field(default="", pattern="^(right|wrong|unlabelled)?$")
    first_error: str = Field(default="", pattern=r"^(\d{1,6}\+?)?$")
    """The step of the first error, from 1; `13+`: 13 or later."""
    decided: str = Field(default="", pattern=r"^(\d{1,6}\+?)?$")
    """Rollouts that count at some step; `24+`: so many or more."""
    below: float | None = Field(default=None, gt=0, le=1)
    """The labeler's confidence, less than this."""
    tenth: int | None = Field(default=None, ge=0, le=9)
    """A problem's tenth of the pass rate."""
    aside: str = Field(default="", max_length=500)
    """Why problems were set aside; `*`: whatever it was."""
    doubted: bool = False
    """Only problems whose gold is suspect."""
    kind: str = Field(default="", pattern="^(solutions|probes)?$")
    after: str = Field(default="", pattern=r"^(shard-\d{1,9}\.\d{1,12})?$")
    """The shard and the row behind which the page begins."""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Asked":
        """Read an address; raises RunError naming what is wrong with it."""
        given = {name: value for name, value in query.items() if value != ""}
        try:
            return cls.model_validate(given, strict=False)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise RunError(f"{where}={first['input']!r} in the address: {first['msg']}") from error

    @property
    def query(self) -> dict[str, str]:
        """What stands in the address, without the place."""
        values = self.model_dump(mode="json", exclude_defaults=True, exclude={"after"})
        return {
            name: str(value).lower() if value is True else str(value)
            for name, value in values.items()
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class SolutionLine:
    """A labelled solution in a list."""

    problem_id: str
    index: int
    outcome: Outcome
    question: str
    steps: int
    first_error: int | None
    wrong_step: str
    """The text of the first wrong step; empty where there is none."""
    confidence: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutLine:
    """A rollout in a list."""

    problem_id: str
    behind: int
    """Steps of its prefix."""
    prefix_key: str
    sample: int
    outcome: Outcome
    extracted: str | None
    stage: str
    reason: str
    tokens: int
    text: str


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


def problems(run: OpenRun, asked: Asked) -> Listed[ProblemLine]:
    """Return a page of problems."""

    def mask(facts: ShardFacts) -> Mask:
        return _problem_mask(run, facts, asked)

    def searched(facts: ShardFacts) -> Mask:
        table = read_table(
            run.folder.file("problems", facts.shard),
            "problems",
            ("problem_id", "question", "answer"),
        )
        return _any(_matches(table[name], asked.q) for name in table.column_names)

    def lines(facts: ShardFacts, rows: Sequence[int]) -> Iterator[ProblemLine]:
        table = _taken(run, "problems", facts.shard, ("question",), rows)
        found = facts.problems.take(pa.array(rows, pa.int64())).to_pylist()
        for row, text in zip(found, table["question"].to_pylist(), strict=True):
            yield problem_line(row, text)

    return _listed(run, asked, mask, searched, lines)


def solutions(run: OpenRun, asked: Asked) -> Listed[SolutionLine]:
    """Return a page of solutions."""

    def mask(facts: ShardFacts) -> Mask:
        return _solution_mask(run, facts, asked)

    def searched(facts: ShardFacts) -> Mask:
        table = read_table(
            run.folder.file("solutions", facts.shard),
            "solutions",
            ("problem_id", "question", "steps"),
        )
        texts = pc.binary_join(table["steps"].cast(pa.list_(pa.string())), "")
        named = (_matches(table[name], asked.q) for name in ("problem_id", "question"))
        return _any((*named, _matches(texts, asked.q)))

    def lines(facts: ShardFacts, rows: Sequence[int]) -> Iterator[SolutionLine]:
        table = _taken(run, "solutions", facts.shard, ("question", "steps"), rows)
        found = facts.solutions.take(pa.array(rows, pa.int64())).to_pylist()
        for row, texts in zip(found, table.to_pylist(), strict=True):
            yield _solution_line(row, texts["question"], texts["steps"])

    return _listed(run, asked, mask, searched, lines)


def rollouts(run: OpenRun, asked: Asked) -> Listed[RolloutLine]:
    """Return a page of rollouts."""

    def mask(facts: ShardFacts) -> Mask:
        wanted = [key for key in facts.rollouts if _is_of_kind(key, asked)]
        total = sum(one.count for one in facts.rollouts.values())
        if not wanted:
            return np.zeros(total, dtype=np.bool_)
        if len(wanted) == len(facts.rollouts):
            return np.ones(total, dtype=np.bool_)
        table = read_table(
            run.folder.file("rollouts", facts.shard), "rollouts", ("prefix_key", "outcome")
        )
        keep = np.ones(table.num_rows, dtype=np.bool_)
        if asked.outcome:
            keep &= _bools(pc.equal(table["outcome"], asked.outcome.value))
        if asked.kind:
            root = _bools(pc.equal(table["prefix_key"], ROOT.key))
            keep &= root if asked.kind == "solutions" else ~root
        return keep

    def searched(facts: ShardFacts) -> Mask:
        table = read_table(
            run.folder.file("rollouts", facts.shard), "rollouts", ("text", "extracted", "reason")
        )
        return _any(_matches(table[name], asked.q) for name in table.column_names)

    def lines(facts: ShardFacts, rows: Sequence[int]) -> Iterator[RolloutLine]:
        table = _taken(run, "rollouts", facts.shard, _ROLLOUT_COLUMNS, rows)
        for row in table.to_pylist():
            yield _rollout_line(row)

    def count(facts: ShardFacts) -> int:
        return sum(one.count for key, one in facts.rollouts.items() if _is_of_kind(key, asked))

    return _listed(run, asked, mask, searched, lines, count=count)


_ROLLOUT_COLUMNS = (
    "problem_id",
    "prefix_key",
    "prefix_steps",
    "sample_index",
    "text",
    "outcome",
    "extracted",
    "stage",
    "reason",
    "completion_tokens",
)


def _is_of_kind(key: tuple[bool, Outcome], asked: Asked) -> bool:
    root, outcome = key
    kind = "solutions" if root else "probes"
    return asked.outcome in (None, outcome) and asked.kind in ("", kind)


def _listed(
    run: OpenRun,
    asked: Asked,
    mask: Callable[[ShardFacts], Mask],
    searched: Callable[[ShardFacts], Mask],
    lines: Callable[[ShardFacts, Sequence[int]], Iterator[Line]],
    *,
    count: Callable[[ShardFacts], int] | None = None,
) -> Listed[Line]:
    """Read shards from the asked place on until a page is full or the time is up."""
    counted = run.facts.so_far(within_s=_SECONDS)
    start, row = _place(asked.after)
    deadline = time.monotonic() + _SECONDS
    found: list[Line] = []
    after = "" if counted.complete else f"{counted.values[-1].shard}.{_END}"
    for facts in counted.values:
        if _order(facts.shard) < _order(start):
            continue
        begin = row if facts.shard == start else 0
        keep = mask(facts)
        if asked.q and keep[begin:].any():
            keep = keep & searched(facts)
        rows = [int(one) for one in np.flatnonzero(keep) if one >= begin]
        room = PAGE - len(found)
        if len(rows):
            found += lines(facts, rows[:room])
        if len(rows) > room:
            after = f"{facts.shard}.{rows[room]}"
            break
        if time.monotonic() > deadline and facts is not counted.values[-1]:
            after = f"{facts.shard}.{_END}"
            break
    total = None
    if not asked.q:
        number = count or (lambda one: int(mask(one).sum()))
        total = sum(map(number, counted.values))
    return Listed(lines=found, after=after, matching=total, complete=counted.complete)


def _problem_mask(run: OpenRun, facts: ShardFacts, asked: Asked) -> Mask:
    table = facts.problems
    keep = np.ones(table.num_rows, dtype=np.bool_)
    if asked.tenth is not None:
        keep &= pass_tenths(table) == asked.tenth
    if asked.aside == "*":
        keep &= _bools(pc.not_equal(table["set_aside"], ""))
    elif asked.aside:
        keep &= _bools(pc.equal(table["set_aside"], asked.aside))
    if asked.doubted:
        keep &= _doubted(run, table, facts.shard)
    return keep


def _solution_mask(run: OpenRun, facts: ShardFacts, asked: Asked) -> Mask:
    table = facts.solutions
    keep = np.ones(table.num_rows, dtype=np.bool_)
    errors = table["first_error"].fill_null(-2).to_numpy()
    if asked.outcome:
        keep &= _bools(pc.equal(table["outcome"], asked.outcome.value))
    if asked.found:
        keep &= {"none": errors == -1, "error": errors >= 0, "abstained": errors == -2}[asked.found]
    if asked.first_error:
        keep &= _reaches(errors, asked.first_error, less=1) & (errors >= 0)
    if asked.label:
        keep &= _labelled(table, asked.label)
    if asked.decided:
        keep &= _any_step(table["decided"], asked.decided)
    if asked.below is not None:
        keep &= _bools(pc.less(table["confidence"], asked.below))
    if asked.doubted:
        keep &= _doubted(run, table, facts.shard)
    return keep


def _labelled(table: pa.Table, label: str) -> Mask:
    right, wrong, steps = (table[name].to_numpy() for name in ("right", "wrong", "steps"))
    kept: Mask = {"right": right, "wrong": wrong, "unlabelled": steps - right - wrong}[label] > 0
    return kept


def _doubted(run: OpenRun, table: pa.Table, shard: str) -> Mask:
    suspects = pa.array(sorted(run.suspects.of(shard)), pa.string())
    return _bools(pc.is_in(table["problem_id"], value_set=suspects))


def _reaches(numbers: npt.NDArray[Any], wanted: str, *, less: int = 0) -> Mask:
    """Return where numbers are the wanted one, or of `13+` 13 or more."""
    least = int(wanted.rstrip("+")) - less
    kept: Mask = numbers >= least if wanted.endswith("+") else numbers == least
    return kept


def _any_step(decided: pa.ChunkedArray, wanted: str) -> Mask:
    owners = pc.list_parent_indices(decided.combine_chunks()).to_numpy()
    hits = _reaches(pc.list_flatten(decided).to_numpy(), wanted)
    kept = np.zeros(len(decided), dtype=np.bool_)
    kept[owners[hits]] = True
    return kept


def _matches(column: pa.ChunkedArray | pa.Array, text: str) -> Mask:
    return _bools(pc.match_substring(column, text, ignore_case=True))


def _any(masks: Any) -> Mask:
    kept: Mask = np.logical_or.reduce(list(masks))
    return kept


def _bools(array: pa.Array | pa.ChunkedArray) -> Mask:
    kept: Mask = np.asarray(pc.fill_null(array, False), dtype=np.bool_)
    return kept


def _taken(
    run: OpenRun, table: AnyTable, shard: str, columns: Sequence[str], rows: Sequence[int]
) -> pa.Table:
    path = run.folder.path / table / f"{shard}.parquet"
    return read_table(path, table, columns).take(pa.array(rows, pa.int64()))


def _place(after: str) -> tuple[str, int]:
    shard, _, row = after.partition(".")
    return (shard, int(row)) if after else ("", 0)


def _order(shard: str) -> tuple[int, str]:
    return len(shard), shard  # behind 99999 is 100000


def _solution_line(row: Mapping[str, Any], question: str, steps: Sequence[str]) -> SolutionLine:
    error = row["first_error"]
    wrong = steps[error] if error is not None and 0 <= error < len(steps) else ""
    return SolutionLine(
        problem_id=row["problem_id"],
        index=row["solution_index"],
        outcome=Outcome(row["outcome"]),
        question=one_line(question, 120),
        steps=row["steps"],
        first_error=error,
        wrong_step=one_line(wrong, 160),
        confidence=row["confidence"],
    )


def _rollout_line(row: Mapping[str, Any]) -> RolloutLine:
    return RolloutLine(
        problem_id=row["problem_id"],
        behind=len(row["prefix_steps"]),
        prefix_key=row["prefix_key"],
        sample=row["sample_index"],
        outcome=Outcome(row["outcome"]),
        extracted=row["extracted"],
        stage=row["stage"],
        reason=row["reason"],
        tokens=row["completion_tokens"],
        text=one_line(row["text"], 240),
    )
