"""What a run has come to, counted from its tables: for the terminal, Prefect and dataset cards."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from reports.facts import TOKENS, RolloutFacts, ShardFacts, shard_facts
from reports.standing import standing
from reports.text import one_line
from schemas import DECIDED, Evidence, Outcome, StopRule
from schemas.arrow import read_table
from schemas.conversion import solutions_from
from schemas.rows import Provenance
from schemas.run_folder import RunFolder
from schemas.views import Label

BINS = 10
_OF_PROBLEMS = ("source", "set_aside")
_OF_SOLUTIONS = ("given", "outcome", "first_error")
"""Columns whose values are counted."""
_SUMMED = ("steps", "right", "wrong")
"""Columns of solutions that are added up."""


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
    """As `run.json` says, `unknown` where it is missing; `stopped` where its process is gone."""
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
    labels: Mapping[Label, int]
    """Steps per label in the view in which the run is shown: true, false, None (no label)."""
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
    def labelled_steps(self) -> int:
        """Steps with a label."""
        return self.labels.get(True, 0) + self.labels.get(False, 0)

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
    return summary_of(run, (shard_facts(run, one, concludes) for one in run.shards), lines=lines)


def summary_of(run: RunFolder, facts: Iterable[ShardFacts], *, lines: int = 0) -> RunSummary:
    """Return what these shards of a run come to, of which one at a time is held.

    Raises RunError as `summarise` does.
    """
    tally = _Tally(run, lines)
    for one in facts:
        tally.add(one)
    return tally.summary()


class _Tally:
    """What the shards of a run come to, added up one by one."""

    def __init__(self, run: RunFolder, lines: int) -> None:
        self._run = run
        self._lines = lines
        self._first_problems: list[ProblemLine] = []
        self._shards, self._nodes = 0, 0
        self._rows = Counter[str]()
        self._sums = Counter[str]()
        self._values = {name: Counter[Any]() for name in (*_OF_PROBLEMS, *_OF_SOLUTIONS)}
        self._difficulty = np.zeros(BINS, dtype=np.int64)
        self._stop_rules = Counter[StopRule]()
        self._rollouts: dict[tuple[bool, Outcome], RolloutFacts] = {}
        self._labelers = set[str]()
        self._provenance: Provenance | None = None

    def add(self, facts: ShardFacts) -> None:
        """Count a shard."""
        self._shards += 1
        self._nodes += facts.nodes
        self._rows.update(problems=facts.problems.num_rows, solutions=facts.solutions.num_rows)
        for name in _SUMMED:
            self._sums[name] += pc.sum(facts.solutions[name]).as_py() or 0
        for table, names in ((facts.problems, _OF_PROBLEMS), (facts.solutions, _OF_SOLUTIONS)):
            for name in names:
                for one in pc.value_counts(table[name]).to_pylist():
                    self._values[name][one["values"]] += one["counts"]
        self._difficulty += np.bincount(pass_tenths(facts.problems), minlength=BINS + 1)[:BINS]
        self._stop_rules.update(facts.stop_rules)
        for key, counted in facts.rollouts.items():
            self._rollouts[key] = self._rollouts.get(key, RolloutFacts()) + counted
        self._labelers |= facts.labelers
        if self._provenance is None and facts.solutions.num_rows:
            self._provenance = _provenance(self._run, facts.shard)
        if left := self._lines - len(self._first_problems):
            self._first_problems += islice(_problem_lines(self._run, facts), left)

    def summary(self) -> RunSummary:
        """Return what was counted."""
        record = self._run.record()
        sums, values = self._sums, self._values
        steps, right, wrong = (sums[name] for name in ("steps", "right", "wrong"))
        labels: dict[Label, int] = {True: right, False: wrong, None: steps - right - wrong}
        errors = _without(values["first_error"], None, -1)
        return RunSummary(
            name=self._run.name,
            status=standing(record.get("status"), self._run.lock),
            shards=self._shards,
            imported=_import(record.get("import")),
            unlabelled=self._run.unlabelled,
            provenance=self._provenance,
            labelers=tuple(sorted(self._labelers)),
            sources=dict(values["source"]),
            problems=self._rows["problems"],
            first_problems=tuple(self._first_problems),
            difficulty=tuple(int(count) for count in self._difficulty),
            set_aside=_without(values["set_aside"], ""),
            rejected=_rejected(record.get("source")),
            solutions=self._rows["solutions"],
            given=values["given"][True],
            steps=steps,
            labels={label: count for label, count in labels.items() if count},
            without_error=values["first_error"][-1],
            with_error=sum(errors.values()),
            first_errors=errors,
            abstained=values["first_error"][None],
            answers={Outcome(name): n for name, n in values["outcome"].items()},
            nodes=self._nodes,
            stop_rules=self._stop_rules,
            rollout_facts=self._rollouts,
        )


def _without(counts: Mapping[Any, int], *values: object) -> dict[Any, int]:
    return {key: count for key, count in counts.items() if key not in values}


def pass_rates(problems: pa.Table) -> npt.NDArray[np.float64]:
    """Return each problem's pass rate; NaN where nothing decided was sampled."""
    counts = {name: problems[f"root_{name}"].fill_null(0).to_numpy() for name in DECIDED}
    decided = sum(counts.values())
    return np.where(decided > 0, counts[Outcome.CORRECT] / np.maximum(decided, 1), np.nan)


def pass_tenths(problems: pa.Table) -> npt.NDArray[np.int64]:
    """Return each problem's tenth of the pass rate, 0 the hardest; `BINS` where there is none."""
    rates = pass_rates(problems)
    tenths = np.minimum((np.nan_to_num(rates) * BINS).astype(np.int64), BINS - 1)
    return np.where(np.isnan(rates), BINS, tenths)


def _provenance(run: RunFolder, shard: str) -> Provenance:
    """Return what made the first solution of a shard, and so all of the run's."""
    rows = read_table(run.file("solutions", shard), "solutions").slice(0, 1)
    return next(solutions_from(rows)).provenance


def _problem_lines(run: RunFolder, facts: ShardFacts) -> Iterator[ProblemLine]:
    table = read_table(run.file("problems", facts.shard), "problems", ("question",))
    questions = table["question"].to_pylist()
    for row, question in zip(facts.problems.to_pylist(), questions, strict=True):
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
