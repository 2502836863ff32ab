"""A process reward model beside the truth: where it says solutions go wrong, and what it chooses.

It is measured on runs, and on labelled sets of others as they are. The truth about a solution is,
in this order: what `known` names (the step oracle, or a file of marks); the oracle, where its
problem has one; what the set states, where it was imported; else the run's own label, which is no
truth.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice, tee
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from prm.chosen import Candidate, Choice, choices
from prm.located import (
    THRESHOLD,
    Accuracy,
    Calibration,
    Located,
    accuracy,
    best_threshold,
    calibration,
)
from prm.settings import FormName
from schemas import LabelledSolution, Outcome, Problem, RejectedRow
from schemas.arrow import read_table
from schemas.conversion import solutions_from
from schemas.run_folder import RunFolder
from sources.synthetic import first_error
from tasks.commits import check_shards
from tasks.importing import stated_set
from tasks.known_errors import Errors, known_errors

if TYPE_CHECKING:
    from prm.grading import Grader

Truth = Literal["oracle", "marks", "stated", "own labels"]
_JUDGED = frozenset({Outcome.CORRECT, Outcome.INCORRECT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """One solution with the grades of its steps."""

    problem_id: str
    solution_index: int
    grades: Sequence[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What a model is worth on one run or set."""

    name: str
    truth: tuple[Truth, ...]
    """Where first errors are known from; more than one where problems differ in that."""
    solutions: int
    """Those with a known first error, or known to have none."""
    erroneous: int
    unread: int
    """Of these, the ones of which the model had no room for all steps that matter."""
    half: Accuracy | None
    """At threshold 0.5; None where nothing is known."""
    tuned: Accuracy | None
    """At the threshold with the best F1 on `tuned_on`."""
    tuned_on: str
    calibration: Calibration | None
    problems: int
    """Those with a right or wrong answer to choose."""
    open_problems: int
    """Of these, the ones with two answers or more."""
    chosen: Mapping[str, Choice]
    """Way of choosing to its share of right problems; see `prm.chosen`."""
    graded: Sequence[Graded] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """A solution to be graded, and what is known of it."""

    problem: Problem
    solution: LabelledSolution
    truth: Truth
    first_error: int | None
    answer: str
    """What names its answer: wrong ones are one where they are written alike but for spaces and
    case; empty where it is right."""
    times: int
    """How often the policy wrote it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """What one run or set came to under a model."""

    truth: tuple[Truth, ...]
    located: Sequence[Located]
    candidates: Mapping[str, Sequence[Candidate]]
    graded: Sequence[Graded]


def evaluate(
    model: str,
    on: Sequence[str],
    *,
    tune_on: str | None = None,
    known: str | None = None,
    form: FormName | None = None,
    device: str = "auto",
    top: int = 4,
    limit: int | None = None,
) -> Iterator[Evaluation]:
    """Yield what a model is worth on each run's folder, or set as `FORMAT:SOURCE` or `SOURCE`.

    `top` samples vote where the best ones do. `limit` takes the first so many solutions of each.
    The threshold is tuned on `tune_on`, or on
    each itself. Raises ConfigError for a model that does not load, RunError or SourceError where
    there is nothing to measure on.
    """
    begun = [_begun(_cases(name, known)) for name in on]  # raises before a model is loaded
    tuning = _begun(_cases(tune_on, known)) if tune_on else None
    from prm.grading import load_grader  # torch: seconds that other commands save

    grader = load_grader(model, form=form, device=device)
    threshold = best_threshold(_read(grader, tuning, limit).located) if tuning else None
    for name, cases in zip(on, begun, strict=True):
        read = _read(grader, cases, limit)
        yield _evaluation(name, read, threshold, tune_on or "itself", top)


def _read(grader: "Grader", cases: Iterator[_Case], limit: int | None) -> _Read:
    told, asked = tee(islice(cases, limit))
    grades = grader.grade((one.problem.question, one.solution.steps) for one in asked)
    located: list[Located] = []
    graded: list[Graded] = []
    candidates: dict[str, list[Candidate]] = {}
    truths: dict[Truth, None] = {}
    for one, given in zip(told, grades, strict=True):
        solution, id = one.solution, one.problem.id
        index = solution.solution_index
        graded.append(Graded(problem_id=id, solution_index=index, grades=given))
        if solution.outcome in _JUDGED:
            candidates.setdefault(id, []).append(_candidate(one, given))
        if one.first_error is not None:
            truths[one.truth] = None
            located.append(
                Located(
                    problem_id=id,
                    steps=len(solution.steps),
                    first_error=one.first_error,
                    grades=given,
                )
            )
    return _Read(truth=tuple(truths), located=located, candidates=candidates, graded=graded)


def _candidate(one: _Case, grades: Sequence[float]) -> Candidate:
    right = one.solution.outcome is Outcome.CORRECT
    return Candidate(answer=one.answer, right=right, times=one.times, grades=grades)


def _begun(cases: Iterator[_Case]) -> Iterator[_Case]:
    """Return the same cases, the first of which is read by now."""
    first = list(islice(cases, 1))
    return chain(first, cases)


def _cases(name: str, known: str | None) -> Iterator[_Case]:
    if Path(name).is_dir() and RunFolder(Path(name)).markers.is_dir():
        return _of_run(Path(name), known)
    return _of_set(name)


def _of_set(name: str) -> Iterator[_Case]:
    for found in stated_set(name):
        if isinstance(found, RejectedRow):
            continue
        for one in found.solutions:
            yield _Case(
                problem=found.problem,
                solution=one,
                truth="stated",
                first_error=one.first_error,
                answer=_named(one, "".join(one.steps)),
                times=1,
            )


def _of_run(path: Path, known: str | None) -> Iterator[_Case]:
    check_shards(path)
    run = RunFolder(path)
    marked = known_errors(run, known).errors if known is not None else None
    own: Truth = "stated" if run.concludes == "stated" else "own labels"
    for shard in run.shards:
        said = _said(run, shard)
        for row in solutions_from(read_table(run.file("solutions", shard), "solutions")):
            one = row.solution
            truth, error = _truth(row.problem, one, marked, known, own)
            text = "".join(one.steps)
            answer, times = said.get((one.problem_id, text), (text, 1))
            yield _Case(
                problem=row.problem,
                solution=one,
                truth=truth,
                first_error=error,
                answer=_named(one, answer),
                times=times,
            )


def _truth(
    problem: Problem, one: LabelledSolution, marked: Errors | None, known: str | None, own: Truth
) -> tuple[Truth, int | None]:
    """Return the first error of a solution, and who says so."""
    if marked is not None:
        key = one.problem_id, one.solution_index
        return ("oracle" if known == "oracle" else "marks"), marked.get(key)
    if problem.program is not None:
        return "oracle", first_error(problem, one.steps)
    return own, one.first_error


def _named(one: LabelledSolution, answer: str) -> str:
    """Return what names the answer of a solution."""
    return "" if one.outcome is Outcome.CORRECT else "".join(answer.split()).casefold()


def _said(run: RunFolder, shard: str) -> Mapping[tuple[str, str], tuple[str, int]]:
    """Return, per problem and text of a whole solution: its answer, and how often it was sampled.

    A given solution is in no table of rollouts: its text has to stand for its answer.
    """
    columns = ("problem_id", "prefix_steps", "text", "extracted")
    times = Counter[tuple[str, str]]()
    answers = {}
    for row in read_table(run.file("rollouts", shard), "rollouts", columns).to_pylist():
        if not row["prefix_steps"]:
            key = row["problem_id"], row["text"]
            times[key] += 1
            answers[key] = row["extracted"] or row["text"]
    return {key: (answers[key], count) for key, count in times.items()}


def _evaluation(
    name: str, read: _Read, threshold: float | None, tuned_on: str, top: int
) -> Evaluation:
    located = read.located
    unread = sum(
        len(one.grades) < (one.first_error + 1 if one.first_error >= 0 else one.steps)
        for one in located
    )
    open_ = [all_ for all_ in read.candidates.values() if len({one.answer for one in all_}) > 1]
    return Evaluation(
        name=name,
        truth=read.truth,
        solutions=len(located),
        erroneous=sum(one.first_error >= 0 for one in located),
        unread=unread,
        half=accuracy(located, THRESHOLD) if located else None,
        tuned=accuracy(located, threshold or best_threshold(located)) if located else None,
        tuned_on=tuned_on,
        calibration=calibration(located),
        problems=len(read.candidates),
        open_problems=len(open_),
        chosen=choices(list(read.candidates.values()), top=top),
        graded=read.graded,
    )
