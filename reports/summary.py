"""What a run has come to, counted from its tables: for the terminal, Prefect and dataset cards."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from reports.text import one_line
from schemas import Evidence, LabelledSolution, Outcome, StopRule
from schemas.rows import ProblemRow, Provenance
from schemas.run_folder import RunFolder
from schemas.views import Label, own_view

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
class RunSummary:
    """A run in figures; every one is counted from committed rows."""

    name: str
    status: str
    """As `run.json` says; `unknown` where it is missing."""
    shards: int
    provenance: Provenance | None
    """What made the rows; None where no solution was labelled."""
    labelers: tuple[str, ...]
    sources: Mapping[str, int]
    """Problems per source."""
    problems: tuple[ProblemLine, ...]
    set_aside: Mapping[str, int]
    """Problems without solutions, per reason."""
    solutions: int
    steps: int
    labels: Mapping[Label, int]
    """Steps per hard label, those behind a first error included: true, false, None (no label)."""
    without_error: int
    with_error: int
    abstained: int
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

    @property
    def difficulty(self) -> list[int]:
        """Problems per tenth of the pass rate at the root, hardest first."""
        bins = [0] * BINS
        for line in self.problems:
            value = line.root.mc_value
            if value is not None:
                bins[min(int(value * BINS), BINS - 1)] += 1
        return bins


@dataclass(slots=True)
class _Tally:
    """The solutions of one problem, or of the run, counted so far."""

    root: Evidence = field(default_factory=Evidence)
    solutions: int = 0
    steps: int = 0
    without_error: int = 0
    with_error: int = 0
    abstained: int = 0

    def add(self, solution: LabelledSolution) -> None:
        """Count one solution."""
        self.root = solution.root
        self.solutions += 1
        self.steps += len(solution.steps)
        self.without_error += solution.first_error == -1
        self.with_error += solution.first_error is not None and solution.first_error >= 0
        self.abstained += solution.first_error is None


@dataclass(slots=True)
class _Solutions:
    """The solutions table counted so far; no text is kept."""

    run: _Tally = field(default_factory=_Tally)
    problems: defaultdict[str, _Tally] = field(default_factory=lambda: defaultdict(_Tally))
    labels: Counter[Label] = field(default_factory=Counter)
    stop_rules: Counter[StopRule] = field(default_factory=Counter)
    labelers: set[str] = field(default_factory=set)
    provenance: Provenance | None = None


def summarise(run: RunFolder) -> RunSummary:
    """Count a run's committed rows. Raises RunError where there are none or they are unreadable."""
    counted = _solutions(run)
    sources = Counter[str]()
    lines = []
    for row in run.problems():
        sources[row.problem.source] += 1
        lines.append(_line(row, counted.problems[row.problem.id]))
    outcomes, tokens = _rollouts(run)
    return RunSummary(
        name=run.name,
        status=str(run.record().get("status", "unknown")),
        shards=len(run.shards),
        provenance=counted.provenance,
        labelers=tuple(sorted(counted.labelers)),
        sources=sources,
        problems=tuple(lines),
        set_aside=Counter(line.set_aside for line in lines if line.set_aside),
        solutions=counted.run.solutions,
        steps=counted.run.steps,
        labels=counted.labels,
        without_error=counted.run.without_error,
        with_error=counted.run.with_error,
        abstained=counted.run.abstained,
        outcomes=outcomes,
        stop_rules=counted.stop_rules,
        tokens=tokens,
    )


def _solutions(run: RunFolder) -> _Solutions:
    counted = _Solutions()
    view = own_view(run.concludes, after_error="keep")
    for row in run.solutions():
        counted.run.add(row.solution)
        counted.problems[row.problem.id].add(row.solution)
        counted.labels.update(view.labels(row.solution))
        counted.stop_rules.update(evidence.stop_rule for evidence in row.solution.evidence)
        counted.labelers.add(row.solution.labeler)
        counted.provenance = counted.provenance or row.provenance
    return counted


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


def _rollouts(run: RunFolder) -> tuple[Counter[Outcome], Counter[str]]:
    outcomes, tokens = Counter[Outcome](), Counter[str]()
    for table in run.tables("rollouts", "outcome", *_TOKENS):
        for count in pc.value_counts(table["outcome"]).to_pylist():
            outcomes[Outcome(count["values"])] += count["counts"]
        for column in _TOKENS:
            tokens[column] += pc.sum(table[column].cast(pa.int64())).as_py() or 0
    return outcomes, tokens
