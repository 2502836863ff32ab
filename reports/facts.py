"""A shard's rows as columns of numbers: what summaries and pages count, without a record per row.

No text is kept, so the facts of a run of a million rollouts are a few megabytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from schemas import DECIDED, ROOT, Outcome, StopRule
from schemas.arrow import count_rows, read_table
from schemas.labels import NEUTRAL
from schemas.run_folder import RunFolder
from schemas.views import Concludes

_SOLUTIONS = (
    "problem_id", "solution_index", "given_id", "outcome", "first_error", "evidence", "root",
    "posterior", "stated", "labeler",
)  # fmt: skip
_ROLLOUTS = ("prefix_key", "outcome", "prompt_tokens", "cached_tokens", "completion_tokens")
TOKENS = ("prompt_tokens", "cached_tokens", "completion_tokens")
_UNSAMPLED = pa.array([StopRule.NOT_SAMPLED.value, StopRule.TERMINAL.value])

Ints = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutFacts:
    """Rollouts of one kind, and the tokens they took."""

    count: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0

    def __add__(self, other: "RolloutFacts") -> "RolloutFacts":
        sums = (getattr(self, one.name) + getattr(other, one.name) for one in fields(self))
        return RolloutFacts(**dict(zip((one.name for one in fields(self)), sums, strict=True)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardFacts:
    """What is counted of one committed shard."""

    shard: str
    problems: pa.Table
    """Per problem: `problem_id`, `source`, `set_aside`, `solutions`, `with_error`, `abstained`,
    and what was seen at the empty prefix: `root_` and a verdict, `root_stop_rule` (null where
    there is no solution)."""
    solutions: pa.Table
    """Per solution: `problem_id`, `solution_index`, `given`, `outcome`, `first_error`, `steps`,
    `right` and `wrong`, its steps with such a label in the view in which a run is shown;
    `confidence`, P of what the labeler concluded; and per step the `decided` rollouts that were
    sampled for it (-1: none were asked for)."""
    stop_rules: Mapping[StopRule, int]
    """Steps per rule that ended sampling there."""
    rollouts: Mapping[tuple[bool, Outcome], RolloutFacts]
    """By whether they began at the empty prefix, and by verdict."""
    nodes: int
    """Sampled prefixes."""
    labelers: frozenset[str]


def shard_facts(run: RunFolder, shard: str, concludes: Concludes) -> ShardFacts:
    """Count a committed shard. Raises RunError where its marker or a table is unreadable."""
    run.labelled_in(shard)
    table = read_table(run.file("solutions", shard), "solutions", _SOLUTIONS).combine_chunks()
    solutions = _solution_facts(table, concludes)
    problems = read_table(
        run.file("problems", shard), "problems", ("problem_id", "source", "set_aside")
    ).combine_chunks()
    rules = pc.value_counts(_field(_whole(table["evidence"]).flatten(), "stop_rule"))
    return ShardFacts(
        shard=shard,
        problems=_problem_facts(problems, solutions, _whole(table["root"])),
        solutions=solutions,
        stop_rules={StopRule(one["values"]): one["counts"] for one in rules.to_pylist()},
        rollouts=_rollout_facts(read_table(run.file("rollouts", shard), "rollouts", _ROLLOUTS)),
        nodes=count_rows(run.file("nodes", shard), "nodes"),
        labelers=frozenset(pc.unique(table["labeler"]).to_pylist()),
    )


def _solution_facts(table: pa.Table, concludes: Concludes) -> pa.Table:
    evidence = _whole(table["evidence"])
    lengths, values = _lengths(evidence), evidence.flatten()
    decided = np.sum([_ints(values, name) for name in DECIDED], axis=0)
    correct = _ints(values, "correct")
    sampled = ~pc.is_in(_field(values, "stop_rule"), value_set=_UNSAMPLED).to_numpy(
        zero_copy_only=False
    )
    grades = _grades(_whole(table["stated"]), lengths)
    first = table["first_error"]
    errors = first.fill_null(-2).to_numpy()
    right, wrong = _labels(concludes, errors, lengths, (decided, correct, grades))
    columns = {
        "problem_id": table["problem_id"],
        "solution_index": table["solution_index"],
        "given": pc.is_valid(table["given_id"]),
        "outcome": table["outcome"].dictionary_encode(),
        "first_error": first,
        "steps": lengths,
        "right": right,
        "wrong": wrong,
        "confidence": confidences(table["posterior"], first),
        "decided": _lists(lengths, np.where(sampled, decided, -1)),
    }
    return pa.table(columns)


def _labels(
    concludes: Concludes, errors: Ints, lengths: Ints, of_steps: tuple[Ints, Ints, Reals]
) -> tuple[Ints, Ints]:
    """Return how many steps are right and wrong, as `told_view` reads labels."""
    decided, correct, grades = of_steps
    if concludes == "counts":
        fails = (decided > 0) & (correct == 0)
        leading = _before(fails, lengths) == 0
        return _sums(leading & (correct > 0), lengths), _sums(leading & fails, lengths)
    if concludes == "stated":
        return _sums(grades > 0.5, lengths), _sums(grades <= 0.5, lengths)
    return np.where(errors == -1, lengths, np.maximum(errors, 0)), (errors >= 0).astype(np.int64)


def confidences(posteriors: pa.ChunkedArray, first_error: pa.ChunkedArray) -> pa.Array:
    """Return P(what the labeler concluded); where it abstained its greatest; null without any."""
    posterior, errors = _whole(posteriors), first_error.fill_null(-2).to_numpy()
    lengths, chances = _lengths(posterior), posterior.flatten().to_numpy(zero_copy_only=False)
    ends = np.cumsum(lengths)
    known = lengths > 0
    chosen = np.where(errors == -1, lengths - 1, errors)
    chosen = np.clip(chosen, 0, np.maximum(lengths - 1, 0))
    found = np.full(len(lengths), np.nan)
    found[known] = chances[(ends - lengths + chosen)[known]]
    for row in np.flatnonzero(known & (errors == -2)):
        found[row] = chances[ends[row] - lengths[row] : ends[row]].max()
    return pa.array(found.astype(np.float32), mask=~known)


def _grades(stated: pa.ListArray, lengths: Ints) -> Reals:
    """Return what is stated of each step, neutral as right; NaN where nothing is."""
    given = _lengths(stated.fill_null([])) if stated.null_count else _lengths(stated)
    if not given.any():
        return np.full(lengths.sum(), np.nan)
    values = stated.flatten()
    labels = _field(values, "label").fill_null(np.nan).to_numpy(zero_copy_only=False)
    neutral = pc.equal(_field(values, "said"), NEUTRAL).to_numpy(zero_copy_only=False)
    grades = np.full(lengths.sum(), np.nan)
    grades[np.repeat(given > 0, lengths)] = np.where(np.isnan(labels) & neutral, 1.0, labels)
    return grades


def _problem_facts(problems: pa.Table, solutions: pa.Table, root: pa.StructArray) -> pa.Table:
    count = problems.num_rows
    rows = pc.index_in(solutions["problem_id"], value_set=_whole(problems["problem_id"]))
    rows = rows.fill_null(-1).to_numpy()
    errors = solutions["first_error"].fill_null(-2).to_numpy()
    last = np.full(count, -1)
    last[rows] = np.arange(len(rows))
    seen = root.take(pa.array(last, mask=last < 0))
    columns = {name: problems[name] for name in ("problem_id", "source", "set_aside")}
    columns["solutions"] = np.bincount(rows, minlength=count)
    columns["with_error"] = np.bincount(rows[errors >= 0], minlength=count)
    columns["abstained"] = np.bincount(rows[errors == -2], minlength=count)
    for name in (*(one.value for one in Outcome), "stop_rule"):
        columns[f"root_{name}"] = pc.struct_field(seen, name)
    return pa.table(columns)


def _rollout_facts(table: pa.Table) -> dict[tuple[bool, Outcome], RolloutFacts]:
    sums = [(name, "sum") for name in TOKENS]
    counted = (
        table.append_column("root", pc.equal(table["prefix_key"], ROOT.key))
        .group_by(["root", "outcome"])
        .aggregate([([], "count_all"), *sums])
    )
    return {
        (one["root"], Outcome(one["outcome"])): RolloutFacts(
            count=one["count_all"], **{name: one[f"{name}_sum"] for name in TOKENS}
        )
        for one in counted.to_pylist()
    }


def _whole(column: pa.ChunkedArray) -> pa.Array:
    """Return a column in one piece."""
    if column.num_chunks == 1:
        return column.chunk(0)
    return pa.concat_arrays([pa.array([], column.type), *column.chunks])


def _field(values: pa.StructArray, name: str) -> pa.Array:
    return pc.struct_field(values, name)


def _ints(values: pa.StructArray, name: str) -> Ints:
    found: Ints = _field(values, name).to_numpy().astype(np.int64)
    return found


def _lengths(lists: pa.ListArray) -> Ints:
    found: Ints = pc.list_value_length(lists).fill_null(0).to_numpy().astype(np.int64)
    return found


def _before(items: npt.NDArray[np.bool_], lengths: Ints) -> Ints:
    """Return how many items before each one in its list are true."""
    before = np.concatenate([[0], np.cumsum(items)])
    starts = np.cumsum(lengths) - lengths
    found: Ints = before[:-1] - np.repeat(before[starts], lengths)
    return found


def _sums(items: npt.NDArray[np.bool_], lengths: Ints) -> Ints:
    """Return how many items of each list are true."""
    owners = np.repeat(np.arange(len(lengths)), lengths)
    return np.bincount(owners[items], minlength=len(lengths))


def _lists(lengths: Ints, values: Ints) -> pa.ListArray:
    """Return small numbers as lists of these lengths."""
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return pa.ListArray.from_arrays(offsets, pa.array(values.astype(np.int32)))
