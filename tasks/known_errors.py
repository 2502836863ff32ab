"""First errors that are known: marked by people in a file, or told by a step oracle."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from schemas import ConfigError, RunError
from schemas.marks import steps_key
from schemas.run_folder import RunFolder
from sources.synthetic import first_error
from tasks.marks import agreed

Errors = Mapping[tuple[str, int], int]
"""(problem id, solution index) to the known first error of a solution: 0-based, -1 for none."""

ORACLE = "oracle"


def known_errors(run: RunFolder, known: str) -> Errors:
    """Return the first errors of a run's solutions, from `oracle` or a JSONL file of marks.

    The oracle knows those of the synthetic source alone. A file has a line per solution with
    `problem_id`, `solution_index` and `first_error` (0-based; -1 for none), as `marks.jsonl` has
    (`schemas/marks.py`). Raises ConfigError for a file that cannot be read, naming the line, and
    where two persons differ; RunError where nothing in it is of this run.
    """
    errors = dict(_told(run)) if known == ORACLE else _marked(run, Path(known))
    ids = {row.problem.id for row in run.problems()}
    if not any(problem in ids for problem, _ in errors):
        lacking = f"none of the marks in {known}"
        if known == ORACLE:
            lacking = "no problem with a step oracle"
        raise RunError(
            f"{run.path} holds {lacking}: give a JSONL file with problem_id, solution_index and "
            "first_error of its solutions, or a run over the `synthetic` source with `oracle`"
        )
    return errors


def has_oracle(run: RunFolder) -> bool:
    """Tell whether any problem of a run is one that the step oracle knows."""
    programs = (table["program"] for table in run.tables("problems", "program"))
    return any(len(one) > one.null_count for one in programs)


def name_of(known: str) -> str:
    """Say who knows, as reports do."""
    if known == ORACLE:
        return "the exact step oracle of the synthetic problems"
    return f"the marks in {Path(known).name}"


def _told(run: RunFolder) -> Iterator[tuple[tuple[str, int], int]]:
    for row in run.solutions():
        if row.problem.program is not None:
            one = row.solution
            yield (one.problem_id, one.solution_index), first_error(row.problem, one.steps)


def _marked(run: RunFolder, path: Path) -> dict[tuple[str, int], int]:
    """Return what a file marks of a run: by index, or by the steps where a line says which."""
    if not path.is_file():
        raise ConfigError(
            f"--known {path} cannot be read: there is no such file; give `oracle` or a JSONL file "
            "of marks"
        )
    marks = agreed(path).values()
    errors = {one.solution: one.first_error for one in marks if not one.steps_key}
    written = {(one.problem_id, one.steps_key): one.first_error for one in marks if one.steps_key}
    if written:
        for table in run.tables("solutions", "problem_id", "solution_index", "steps"):
            for row in table.to_pylist():
                error = written.get((row["problem_id"], steps_key(row["steps"])))
                if error is not None:
                    errors[row["problem_id"], row["solution_index"]] = error
    return {key: error for key, error in errors.items() if error is not None}
