"""One problem as a page shows it: solutions as steps, and the rollouts behind each count."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from pages.charts import Tone
from pages.library import OpenRun
from pages.signs import SIGNS, TONES
from reports.problem import told_reading
from reports.rollouts import rollouts_behind
from reports.truth import Share
from schemas import (
    ROOT,
    ConfigError,
    Evidence,
    Finding,
    LabelledSolution,
    Outcome,
    Prefix,
    Problem,
    Rollout,
    RunError,
    StopRule,
)
from schemas.arrow import SCHEMAS, TableName, read_rows
from schemas.conversion import problems_from, rollouts_from, solutions_from
from schemas.marks import Mark, misfit
from schemas.rows import ProblemRow
from schemas.views import Label, told_view
from tasks.marks import Standing, standing

_EARLY = {StopRule.FIRST_SUCCESS: "up to the first success", StopRule.ADAPTIVE: "adaptive"}


MOST_STEPS = 500
"""Steps that are shown at once, of all solutions of a problem; others unfold where they stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """The evidence of a prefix in the words of a page."""

    correct: int
    decided: int
    low: float
    high: float
    """Wilson's 95 % interval of correct / decided."""
    apart: str
    """What counts as nothing, and why sampling stopped early."""

    @property
    def value(self) -> float:
        """Correct / decided."""
        return self.correct / self.decided if self.decided else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StepPart:
    """A step of a solution with all that is known of it."""

    number: int
    """From 1."""
    text: str
    sign: str
    tone: Tone
    said: str
    """The label in words."""
    first: bool
    """Whether it is the first wrong step."""
    counts: Counts | None
    """None where no rollout was asked for."""
    final: Outcome | None
    """Of a last step whose answer was judged: the verdict."""
    chance: float | None
    """P(it is the first error); None where the labeler computes none."""
    notes: Sequence[str]
    """What was read off it, checked, or stated of it."""
    refuted: str
    """Why an equality in it is false; empty where none is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SolutionPart:
    """A labelled solution."""

    index: int
    given_id: str | None
    labeler: str
    outcome: Outcome
    first_error: int | None
    found: str
    """What was concluded, in words."""
    steps: Sequence[StepPart]
    no_error: float | None
    """P(there is no error); None where the labeler computes none."""
    marks: Sequence[str]
    """What people marked, in words."""
    left: int = 0
    """Steps behind those that are here."""

    @property
    def through(self) -> int:
        """The number of the last step that is here; 0: none is."""
        return self.steps[-1].number if self.steps else 0

    def part(self, start: int, count: int) -> "SolutionPart":
        """Return it with so many steps at most behind the first `start`."""
        steps = self.steps[start : start + count]
        return replace(self, steps=steps, left=max(len(self.steps) - start - len(steps), 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemPage:
    """A problem with its solutions."""

    problem: Problem
    set_aside: str
    root: Counts | None
    solutions: Sequence[SolutionPart]
    shard: str
    previous: str | None
    """The id of the problem before it in its shard; None: there is none."""
    next: str | None
    unreadable: str
    """Why no marks are shown; empty: they are read."""


def problem_page(run: OpenRun, problem_id: str) -> ProblemPage:
    """Read a problem and its solutions; raises RunError where there is none."""
    shard = run.shard_of(problem_id)
    row = read_problem(run, shard, problem_id)
    solutions = read_solutions(run, shard, problem_id)
    view, (marks, unreadable) = told_view(run.folder.concludes), _marks(run)
    ids = run.facts.of(shard).problems["problem_id"].to_pylist()
    place = ids.index(problem_id)
    return ProblemPage(
        problem=row.problem,
        set_aside=row.set_aside,
        root=_counts(solutions[0].root) if solutions else None,
        solutions=[
            solution_part(one, view.labels(one), marks.get((problem_id, one.solution_index), ()))
            for one in solutions
        ],
        shard=shard,
        previous=ids[place - 1] if place else None,
        next=ids[place + 1] if place + 1 < len(ids) else None,
        unreadable=unreadable,
    )


def first_steps(page: ProblemPage) -> ProblemPage:
    """Return the page with as many steps as are shown at once."""
    room, solutions = MOST_STEPS, []
    for one in page.solutions:
        solutions.append(one.part(0, room))
        room -= len(solutions[-1].steps)
    return replace(page, solutions=solutions)


def steps_behind(run: OpenRun, problem_id: str, *, solution: int, start: int) -> SolutionPart:
    """Return the steps of a solution behind the first `start`; RunError where there are none."""
    for one in problem_page(run, problem_id).solutions:
        if one.index == solution and start < len(one.steps):
            return one.part(start, MOST_STEPS)
    raise RunError(f"problem {problem_id} has no step {start + 1} of a solution {solution}")


def read_problem(run: OpenRun, shard: str, problem_id: str) -> ProblemRow:
    """Read a problem; raises RunError where it is gone."""
    for row in problems_from(_rows(run, "problems", shard, problem_id)):
        return row
    raise RunError(f"{shard} holds no problem {problem_id!r} any more: load the page again")


def read_solutions(run: OpenRun, shard: str, problem_id: str) -> list[LabelledSolution]:
    """Read the labelled solutions of a problem."""
    rows = _rows(run, "solutions", shard, problem_id)
    return [one.solution for one in solutions_from(rows)]


def read_rollouts(run: OpenRun, shard: str, problem_id: str) -> list[Rollout]:
    """Read the rollouts of a problem."""
    return list(rollouts_from(_rows(run, "rollouts", shard, problem_id)))


def _rows(run: OpenRun, table: TableName, shard: str, problem_id: str) -> pa.Table:
    schema = SCHEMAS[table]
    found = read_rows(run.folder.file(table, shard), table, schema.names, of=[problem_id])
    return pa.concat_tables([schema.empty_table(), *found])


def rollouts_at(
    run: OpenRun, problem_id: str, *, solution: int | None, step: int, key: str = ""
) -> tuple[Problem, Prefix, list[Rollout]]:
    """Return the rollouts behind a step of a solution, counted from 1; behind 0 the root's.

    A `key` names any sampled prefix instead. Raises RunError where there is no such prefix.
    """
    shard = run.shard_of(problem_id)
    problem = read_problem(run, shard, problem_id).problem
    rollouts = read_rollouts(run, shard, problem_id)
    if key:
        found = [one for one in rollouts if one.prefix.key == key]
        if not found:
            raise RunError(f"problem {problem_id} has no rollouts at the prefix {key}")
        return problem, found[0].prefix, rollouts_behind(found[0].prefix, found, 0)
    if not step or solution is None:
        return problem, ROOT, rollouts_behind(ROOT, rollouts, 0)
    known = {one.solution_index: one for one in read_solutions(run, shard, problem_id)}
    one = known.get(solution)
    if one is None or step > len(one.steps):
        raise RunError(f"problem {problem_id} has no step {step} of a solution {solution}")
    prefix = Prefix(steps=one.steps[:step], token_ids=None)
    evidence = one.evidence[step - 1]
    counted = 0 if evidence.stop_rule is StopRule.TERMINAL else evidence.total
    return problem, prefix, rollouts_behind(prefix, rollouts, counted)


def _marks(run: OpenRun) -> tuple[Standing, str]:
    """Return the marks, or why they cannot be read."""
    try:
        return standing(run.folder.marks), ""
    except ConfigError as error:
        return {}, str(error)


def solution_part(
    one: LabelledSolution, labels: Sequence[Label], marks: Sequence[Mark] = ()
) -> SolutionPart:
    """Return a solution as a page shows it, with the labels of a view."""
    steps = enumerate(zip(labels, one.recovered, strict=True))
    return SolutionPart(
        index=one.solution_index,
        given_id=one.given_id,
        labeler=one.labeler,
        outcome=one.outcome,
        first_error=one.first_error,
        found=found_words(one.first_error, stated=bool(one.stated)),
        steps=[_step(one, step, label, recovered=back) for step, (label, back) in steps],
        no_error=one.posterior[-1] if one.posterior else None,
        marks=tuple(marked_words(mark, one.steps) for mark in marks),
    )


def marked_words(mark: Mark, steps: Sequence[str]) -> str:
    """Say who marked what, and whether it is no mark of a solution with these steps."""
    where = "no error" if (mark.first_error or 0) < 0 else f"step {(mark.first_error or 0) + 1}"
    if unfit := misfit(mark, steps):
        where += f" ({unfit}: it does not count)"
    return f"{mark.who or 'somebody'} marked {where}{f': {mark.note}' if mark.note else ''}"


def found_words(first_error: int | None, *, stated: bool = False) -> str:
    """Say what was concluded of a solution."""
    if first_error is None:
        return "its first error is left open" if stated else "the labeler abstained"
    return "no error found" if first_error < 0 else f"first error in step {first_error + 1}"


def _step(one: LabelledSolution, step: int, label: Label, *, recovered: bool) -> StepPart:
    sign, tone, said = _said(label)
    evidence = one.evidence[step]
    terminal = evidence.stop_rule is StopRule.TERMINAL
    refuted = ""
    if one.checks and one.checks[step].finding is Finding.REFUTED:
        refuted = one.checks[step].reason
    return StepPart(
        number=step + 1,
        text=one.steps[step],
        sign=sign,
        tone=tone,
        said=said,
        first=step == one.first_error,
        counts=None if terminal or not evidence.total else _counts(evidence),
        final=one.outcome if terminal else None,
        chance=one.posterior[step] if one.posterior else None,
        notes=(*_notes(one, step), *(["comes right again later"] if recovered else ())),
        refuted=refuted,
    )


def _said(label: Label) -> tuple[str, Tone, str]:
    if label is None:
        return "·", "open", "no label"
    if isinstance(label, bool):
        outcome = Outcome.CORRECT if label else Outcome.INCORRECT
        return SIGNS[outcome], TONES[outcome], "right" if label else "wrong"
    return f"{label:.2f}", "ink", "a grade"


def _notes(one: LabelledSolution, step: int) -> Iterator[str]:
    if one.stated and (stated := one.stated[step]).said:
        yield f"stated: {stated.said}"
        if stated.why:
            yield stated.why
    if one.readings:
        yield from told_reading(one.readings[step])


def _counts(evidence: Evidence) -> Counts | None:
    if not evidence.total:
        return None
    low, high = Share(evidence.correct, evidence.decided).interval
    apart = (
        f"{evidence.truncated} truncated" if evidence.truncated else "",
        f"{evidence.undecided} undecided" if evidence.undecided else "",
        _EARLY.get(evidence.stop_rule, ""),
    )
    return Counts(
        correct=evidence.correct,
        decided=evidence.decided,
        low=low,
        high=high,
        apart=", ".join(filter(None, apart)),
    )
