"""`stepmint show RUN [PROBLEM]`: a run, a problem, or the rollouts of a step, in the terminal."""

from collections.abc import Iterator
from pathlib import Path
from shlex import quote

import pyarrow.compute as pc
from rich.console import Console, Group, RenderableType

from reports.critiques import critique_page
from reports.exported import exports_page
from reports.folders import folder_at
from reports.overview import overview
from reports.problem import problem_page
from reports.recipes import recipe_page
from reports.rollouts import rollouts_behind, rollouts_page
from reports.searches import search_page
from reports.summary import summarise
from reports.text import one_line
from schemas import ROOT, LabelledSolution, Prefix, Rollout, RunError, StopRule
from schemas.arrow import read_table
from schemas.conversion import rollouts_from
from schemas.recipe_folder import RecipeFolder
from schemas.rows import ProblemRow
from schemas.run_folder import RunFolder
from schemas.search_folder import SearchFolder
from schemas.views import AnyView, told_view

_NAMED = 4


def show_folder(path: Path, console: Console, *, limit: int = 20) -> None:
    """Print what a folder is: a search, a recipe's output, or a run. Raises RunError for others."""
    match folder_at(path):
        case SearchFolder() as search:
            _print(search_page(search), console)
        case RecipeFolder() as recipe:
            _print(recipe_page(recipe), console)
        case RunFolder() as run:
            show_run(run, console, limit=limit)


def show_run(run: RunFolder, console: Console, *, limit: int = 20) -> None:
    """Print a run's overview with its first `limit` problems, its exports and its critiques."""
    _print(overview(summarise(run, lines=limit), console), console)
    if exports := exports_page(run):
        _print(Group("", exports), console)
    for made in run.critique_sets:
        _print(critique_page(made), console)


def show_problem(
    run: RunFolder,
    problem: str,
    console: Console,
    *,
    solution: int | None = None,
    view: AnyView | None = None,
) -> None:
    """Print a problem, named by id, start of an id or position, with all or one of its solutions.

    Raises RunError where there is no such problem or solution, or more than one.
    """
    row = find_problem(run, problem)
    solutions = _solutions(run, row.problem.id)
    if solution is not None:
        solutions = [one for one in solutions if one.solution_index == solution] or _no_solution(
            row, solutions, solution
        )
    view = view or told_view(run.concludes)
    _print(problem_page(row, solutions, view=view, console=console), console)


def show_rollouts(
    run: RunFolder, problem: str, console: Console, *, step: int, solution: int | None = None
) -> None:
    """Print the rollouts behind a step, counted from 1; of step 0 those of the empty prefix.

    Where the step's evidence counts more than were sampled there, those that pass through it too.
    Raises RunError where there is no such problem, solution or step, or nothing was sampled there.
    """
    row = find_problem(run, problem)
    prefix, counted = _prefix(run, row, step, solution)
    found = rollouts_behind(prefix, _rollouts(run, row), counted)
    if not found:
        raise RunError(
            f"nothing was sampled behind step {step} of problem {row.problem.id}: "
            f"`stepmint show {quote(str(run.path))} {row.problem.id}` says where it was"
        )
    _print(rollouts_page(row.problem, prefix, found, console=console), console)


def _prefix(run: RunFolder, row: ProblemRow, step: int, solution: int | None) -> tuple[Prefix, int]:
    """Return the first steps of a solution of a problem: the one of this index, or the only one.

    And how many rollouts its evidence counts there.
    """
    if not step:
        return ROOT, 0
    solutions = _solutions(run, row.problem.id)
    named = (
        solutions[:1]
        if solution is None
        else [one for one in solutions if one.solution_index == solution]
    )
    if not named or (solution is None and len(solutions) > 1):
        known = ", ".join(str(one.solution_index) for one in solutions) or "none"
        raise RunError(f"which solution's step {step}? Give --solution, one of: {known}")
    steps = named[0].steps
    if step > len(steps):
        raise RunError(f"that solution has {len(steps)} steps: there is no step {step}")
    evidence = named[0].evidence[step - 1]
    counted = 0 if evidence.stop_rule is StopRule.TERMINAL else evidence.total
    return Prefix(steps=steps[:step], token_ids=None), counted


def _rollouts(run: RunFolder, row: ProblemRow) -> Iterator[Rollout]:
    """Yield a problem's rollouts; a run holds them in the shard that holds the problem."""
    for shard in run.shards:
        path = run.file("rollouts", shard)
        of_problem = pc.field("problem_id") == row.problem.id
        table = read_table(path, "rollouts").filter(of_problem)
        if table.num_rows:
            yield from rollouts_from(table)
            return


def find_problem(run: RunFolder, wanted: str) -> ProblemRow:
    """Return the problem with this id, the only one whose id starts so, or the one at a position.

    Raises RunError naming what would do.
    """
    starting: list[ProblemRow] = []
    matches = count = 0
    for position, row in enumerate(run.problems()):
        if row.problem.id == wanted or str(position) == wanted:
            return row
        if wanted and row.problem.id.startswith(wanted):
            matches += 1
            starting += [row][: _NAMED - len(starting)]
        count += 1
    if matches == 1:
        return starting[0]
    if starting:
        ids = ", ".join(one_line(row.problem.id) for row in starting)
        raise RunError(f"{matches} problems start with {wanted!r}: give more of it ({ids})")
    raise RunError(
        f"{run.path} has no problem {wanted!r}: give an id, its start, or a position from 0 to "
        f"{count - 1}; `stepmint show {quote(str(run.path))}` lists them"
    )


def _print(page: RenderableType, console: Console) -> None:
    """Print a page; where the terminal knows ASCII only, spell the rest of the text out."""
    if not console.options.ascii_only:
        console.print(page)
        return
    with console.capture() as captured:
        console.print(page)
    console.file.write(captured.get().encode("ascii", "backslashreplace").decode())


def _solutions(run: RunFolder, problem_id: str) -> list[LabelledSolution]:
    return [row.solution for row in run.solutions() if row.problem.id == problem_id]


def _no_solution(
    row: ProblemRow, solutions: list[LabelledSolution], wanted: int
) -> list[LabelledSolution]:
    known = ", ".join(str(one.solution_index) for one in solutions) or "none"
    raise RunError(f"problem {row.problem.id} has no solution {wanted}; it has: {known}")
