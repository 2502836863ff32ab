"""What a run has come to, counted from its tables: for the terminal, Prefect and dataset cards."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from reports.text import one_line
from schemas import Evidence, LabelledSolution, Outcome, StopRule
from schemas.arrow import read_table
from schemas.conversion import problems_from, solutions_from
from schemas.rows import ProblemRow, Provenance, SolutionRow
from schemas.run_folder import RunFolder
from schemas.views import AnyView, Label, own_view

_TOKENS = ("prompt_tokens", "cached_tokens", "completion_tokens")
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
    outcomes: Mapping[Outcome, int]
    """All rollouts, per verdict."""
    stop_rules: Mapping[StopRule, int]
    """Steps of solutions, per rule that ended sampling there."""
    tokens: Mapping[str, int]
    """prompt_tokens, cached_tokens, completion_tokens over all rollouts."""

    @property
    def rollouts(self) -> int:
        """All rollouts, whatever their verdict."""
        return sum(self.outcomes.values())


@dataclass(slots=True)
class _Tally:
    """The solutions of one problem, or of the run, counted so far."""

    root: Evidence = field(default_factory=Evidence)
    solutions: int = 0
    given: int = 0
    steps: int = 0
    labelled_steps: int = 0
    without_error: int = 0
    with_error: int = 0
    abstained: int = 0

    def add(self, solution: LabelledSolution) -> None:
        """Count one solution."""
        self.root = solution.root
        self.solutions += 1
        self.given += solution.given_id is not None
        self.steps += len(solution.steps)
        self.labelled_steps += solution.labelled_steps
        self.without_error += solution.first_error == -1
        self.with_error += solution.first_error is not None and solution.first_error >= 0
        self.abstained += solution.first_error is None


class _Counts:
    """The problems and solutions of some shards, counted; no text is kept but of the first."""

    def __init__(self, view: AnyView, *, lines: int) -> None:
        self._view = view
        self._lines = lines
        self.run = _Tally()
        self.sources = Counter[str]()
        self.first: list[ProblemLine] = []
        self.difficulty = [0] * BINS
        self.set_aside = Counter[str]()
        self.labels = Counter[Label]()
        self.stop_rules = Counter[StopRule]()
        self.answers = Counter[Outcome]()
        self.first_errors = Counter[int]()
        self.labelers = set[str]()
        self.provenance: Provenance | None = None

    def add(self, problems: Iterable[ProblemRow], solutions: Iterable[SolutionRow]) -> None:
        """Count a shard."""
        tallies = defaultdict[str, _Tally](_Tally)
        for row in solutions:
            tallies[row.problem.id].add(row.solution)
            self._add_solution(row)
        for problem in problems:
            self._add_problem(_line(problem, tallies[problem.problem.id]), problem)

    def _add_solution(self, row: SolutionRow) -> None:
        self.run.add(row.solution)
        self.labels.update(self._view.labels(row.solution))
        self.stop_rules.update(evidence.stop_rule for evidence in row.solution.evidence)
        self.answers[row.solution.outcome] += 1
        self.labelers.add(row.solution.labeler)
        if (first := row.solution.first_error) is not None and first >= 0:
            self.first_errors[first] += 1
        self.provenance = self.provenance or row.provenance

    def _add_problem(self, line: ProblemLine, row: ProblemRow) -> None:
        self.sources[row.problem.source] += 1
        if len(self.first) < self._lines:
            self.first.append(line)
        if line.set_aside:
            self.set_aside[line.set_aside] += 1
        if line.root.mc_value is not None:
            self.difficulty[min(int(line.root.mc_value * BINS), BINS - 1)] += 1


def summarise(run: RunFolder, *, lines: int = 0) -> RunSummary:
    """Count a run's committed rows, shard by shard, and tell of its first problems.

    What is committed meanwhile does not count. Raises RunError where there are no rows or they are
    unreadable.
    """
    counted = _Counts(own_view(run.concludes, after_error="keep"), lines=lines)
    outcomes, tokens = Counter[Outcome](), Counter[str]()
    shards, nodes = run.shards, 0
    for shard in shards:
        counted.add(
            problems_from(read_table(run.file("problems", shard), "problems")),
            solutions_from(read_table(run.file("solutions", shard), "solutions")),
        )
        rollouts = read_table(run.file("rollouts", shard), "rollouts", ("outcome", *_TOKENS))
        _count_rollouts(rollouts, outcomes, tokens)
        nodes += read_table(run.file("nodes", shard), "nodes", ("problem_id",)).num_rows
    record = run.record()
    return RunSummary(
        name=run.name,
        status=str(record.get("status", "unknown")),
        shards=len(shards),
        imported=_import(record.get("import")),
        unlabelled=run.unlabelled,
        provenance=counted.provenance,
        labelers=tuple(sorted(counted.labelers)),
        sources=counted.sources,
        problems=counted.sources.total(),
        first_problems=tuple(counted.first),
        difficulty=tuple(counted.difficulty),
        set_aside=counted.set_aside,
        rejected=_rejected(record.get("source")),
        solutions=counted.run.solutions,
        given=counted.run.given,
        steps=counted.run.steps,
        labelled_steps=counted.run.labelled_steps,
        labels=counted.labels,
        without_error=counted.run.without_error,
        with_error=counted.run.with_error,
        first_errors=counted.first_errors,
        abstained=counted.run.abstained,
        answers=counted.answers,
        nodes=nodes,
        outcomes=outcomes,
        stop_rules=counted.stop_rules,
        tokens=tokens,
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


def _line(row: ProblemRow, tally: _Tally) -> ProblemLine:
    return ProblemLine(
        id=row.problem.id,
        question=one_line(row.problem.question),
        set_aside=row.set_aside,
        root=tally.root,
        solutions=tally.solutions,
        with_error=tally.with_error,
        abstained=tally.abstained,
    )


def _count_rollouts(table: pa.Table, outcomes: Counter[Outcome], tokens: Counter[str]) -> None:
    for count in pc.value_counts(table["outcome"]).to_pylist():
        outcomes[Outcome(count["values"])] += count["counts"]
    for column in _TOKENS:
        tokens[column] += pc.sum(table[column].cast(pa.int64())).as_py() or 0
