"""What a run has come to, counted from its tables: for the terminal, Prefect and dataset cards."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from reports.facts import TOKENS, RolloutFacts, ShardFacts, shard_facts
from reports.text import one_line
from schemas import DECIDED, Evidence, Outcome, StopRule
from schemas.arrow import read_table
from schemas.conversion import solutions_from
from schemas.rows import Provenance
from schemas.run_folder import RunFolder
from schemas.views import Label

BINS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemLine:
    """One problem in a list of problems."""

    id: str
    question: str
    """Its start, on one line."""
    set_aside: str
    root: Evidence
    """Evidence at the empty prefix; no counts where the problem was set aside."""
    solutions: int
    with_error: int
    """Solutions with a located first error."""
    abstained: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFacts:
    """What a run says of the set it is an import of."""

    format: str
    labels: str
    """Who labelled it: human, automatic, synthetic or unknown."""
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """A run in figures; every one is counted from committed rows."""

    name: str
    status: str
    """As `run.json` says; `unknown` where it is missing."""
    shards: int
    imported: ImportFacts | None
    """The set that the run is an import of; None where its labels are our own."""
    unlabelled: int
    """Problems of the run that are not labelled yet."""
    provenance: Provenance | None
    """What made the rows; None where no solution was labelled."""
    labelers: tuple[str, ...]
    sources: Mapping[str, int]
    """Problems per source."""
    problems: int
    first_problems: tuple[ProblemLine, ...]
    """As many as were asked for, in order."""
    difficulty: tuple[int, ...]
    """Problems per tenth of the pass rate at the root, hardest first."""
    set_aside: Mapping[str, int]
    """Problems without solutions, per reason."""
    rejected: Mapping[str, int]
    """Rows of the source that are no problems, per kind of reason; none known of older runs."""
    solutions: int
    given: int
    """Of the solutions, those that the policy did not write."""
    steps: int
    labelled_steps: int
    """Of these, the ones with a label; steps behind a first error may have none."""
    labels: Mapping[Label, int]
    """Steps per hard label, those behind a first error included: true, false, None (no label)."""
    without_error: int
    with_error: int
    first_errors: Mapping[int, int]
    """Of those with an error, the solutions per 0-based step of the first."""
    abstained: int
    answers: Mapping[Outcome, int]
    """Solutions, per verdict on their own final answers."""
    nodes: int
    """Sampled prefixes."""
    stop_rules: Mapping[StopRule, int]
    """Steps of solutions, per rule that ended sampling there."""
    rollout_facts: Mapping[tuple[bool, Outcome], RolloutFacts]
    """Rollouts and their tokens, by whether they began at the empty prefix, and by verdict."""

    @property
    def outcomes(self) -> Mapping[Outcome, int]:
        """All rollouts, per verdict."""
        found = Counter[Outcome]()
        for (_, outcome), counted in self.rollout_facts.items():
            found[outcome] += counted.count
        return found

    @property
    def tokens(self) -> Mapping[str, int]:
        """prompt_tokens, cached_tokens, completion_tokens over all rollouts."""
        all_ = self.rollout_facts.values()
        return {name: sum(getattr(one, name) for one in all_) for name in TOKENS}

    @property
    def rollouts(self) -> int:
        """All rollouts, whatever their verdict."""
        return sum(self.outcomes.values())


def summarise(run: RunFolder, *, lines: int = 0) -> RunSummary:
    """Count a run's committed rows, shard by shard, and tell of its first problems.

    What is committed meanwhile does not count. Raises RunError where there are no rows or they are
    unreadable.
    """
    concludes = run.concludes
    return summary_of(run, [shard_facts(run, one, concludes) for one in run.shards], lines=lines)


def summary_of(run: RunFolder, facts: Sequence[ShardFacts], *, lines: int = 0) -> RunSummary:
    """Return what these shards of a run come to. Raises RunError as `summarise` does."""
    record = run.record()
    solutions, problems = (
        _Columns([one.solutions for one in facts]),
        _Columns([one.problems for one in facts]),
    )
    first_errors = solutions.counts("first_error")
    abstained = first_errors.pop(None, 0)
    steps, right, wrong = (solutions.sum(name) for name in ("steps", "right", "wrong"))
    labels: dict[Label, int] = {True: right, False: wrong, None: steps - right - wrong}
    return RunSummary(
        name=run.name,
        status=str(record.get("status", "unknown")),
        shards=len(facts),
        imported=_import(record.get("import")),
        unlabelled=run.unlabelled,
        provenance=_provenance(run, facts),
        labelers=tuple(sorted({name for one in facts for name in one.labelers})),
        sources=problems.counts("source"),
        problems=problems.rows,
        first_problems=tuple(islice(_lines(run, facts), lines)),
        difficulty=tuple(_difficulty(facts)),
        set_aside=_without(problems.counts("set_aside"), ""),
        rejected=_rejected(record.get("source")),
        solutions=solutions.rows,
        given=solutions.counts("given").get(True, 0),
        steps=steps,
        labelled_steps=solutions.sum("labelled_steps"),
        labels={label: count for label, count in labels.items() if count},
        without_error=first_errors.pop(-1, 0),
        with_error=sum(first_errors.values()),
        first_errors=first_errors,
        abstained=abstained,
        answers={Outcome(name): n for name, n in solutions.counts("outcome").items()},
        nodes=sum(one.nodes for one in facts),
        stop_rules=sum((Counter(one.stop_rules) for one in facts), Counter[StopRule]()),
        rollout_facts=_rollouts(facts),
    )


class _Columns:
    """A table of facts, shard by shard, counted by column."""

    def __init__(self, tables: Sequence[pa.Table]) -> None:
        self._tables = tables
        self.rows = sum(table.num_rows for table in tables)

    def sum(self, column: str) -> int:
        """Return the sum of a column of numbers."""
        return sum(pc.sum(table[column]).as_py() or 0 for table in self._tables)

    def counts(self, column: str) -> dict[Any, int]:
        """Return how often each value is there, in the order in which they come up."""
        found = Counter[Any]()
        for table in self._tables:
            for one in pc.value_counts(table[column]).to_pylist():
                found[one["values"]] += one["counts"]
        return dict(found)


def _without(counts: dict[Any, int], value: object) -> dict[Any, int]:
    return {key: count for key, count in counts.items() if key != value}


def _difficulty(facts: Sequence[ShardFacts]) -> Sequence[int]:
    found = np.zeros(BINS, dtype=np.int64)
    for one in facts:
        found += np.bincount(pass_tenths(one.problems), minlength=BINS + 1)[:BINS]
    return [int(count) for count in found]


def pass_tenths(problems: pa.Table) -> npt.NDArray[np.int64]:
    """Return each problem's tenth of the pass rate, 0 the hardest; `BINS` where there is none."""
    counts = {name: problems[f"root_{name}"].fill_null(0).to_numpy() for name in DECIDED}
    decided = sum(counts.values())
    rates = counts[Outcome.CORRECT] / np.maximum(decided, 1)
    tenths = np.minimum((rates * BINS).astype(np.int64), BINS - 1)
    return np.where(decided > 0, tenths, BINS)


def _rollouts(facts: Sequence[ShardFacts]) -> dict[tuple[bool, Outcome], RolloutFacts]:
    found: dict[tuple[bool, Outcome], RolloutFacts] = {}
    for one in facts:
        for key, counted in one.rollouts.items():
            found[key] = found.get(key, RolloutFacts()) + counted
    return found


def _provenance(run: RunFolder, facts: Sequence[ShardFacts]) -> Provenance | None:
    """Return what made the first solution, and so all of them."""
    for one in facts:
        if one.solutions.num_rows:
            rows = read_table(run.file("solutions", one.shard), "solutions").slice(0, 1)
            return next(solutions_from(rows)).provenance
    return None


def _lines(run: RunFolder, facts: Sequence[ShardFacts]) -> Iterator[ProblemLine]:
    for one in facts:
        table = read_table(run.file("problems", one.shard), "problems", ("question",))
        questions = table["question"].to_pylist()
        for row, question in zip(one.problems.to_pylist(), questions, strict=True):
            yield problem_line(row, question)


def problem_line(row: Mapping[str, Any], question: str) -> ProblemLine:
    """Return a problem's line from its row of facts and its question."""
    counts = {one.value: row[f"root_{one.value}"] or 0 for one in Outcome}
    rule = StopRule(row["root_stop_rule"] or StopRule.NOT_SAMPLED)
    return ProblemLine(
        id=row["problem_id"],
        question=one_line(question),
        set_aside=row["set_aside"],
        root=Evidence(**counts, stop_rule=rule),
        solutions=row["solutions"],
        with_error=row["with_error"],
        abstained=row["abstained"],
    )


def _import(record: object) -> ImportFacts | None:
    """Return what `run.json` says of the set that was imported; None where none was."""
    if not isinstance(record, Mapping):
        return None
    texts = {name: str(record.get(name, "unknown")) for name in ("format", "labels", "origin")}
    return ImportFacts(**texts)


def _rejected(source: object) -> dict[str, int]:
    """Return what `run.json` says of rejected rows."""
    counts = source.get("rejected") if isinstance(source, Mapping) else None
    if not isinstance(counts, Mapping):
        return {}
    return {str(reason): count for reason, count in counts.items() if isinstance(count, int)}
