"""First errors that are known: marked by people in a file, or told by a step oracle."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from schemas import ConfigError, RunError
from schemas.run_folder import RunFolder
from sources.synthetic import first_error

Errors = Mapping[tuple[str, int], int]
"""(problem id, solution index) to the known first error of a solution: 0-based, -1 for none."""

ORACLE = "oracle"


class _Mark(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)

    problem_id: str
    solution_index: int = Field(ge=0)
    first_error: int = Field(ge=-1)


def known_errors(run: RunFolder, known: str) -> Errors:
    """Return the first errors of a run's solutions, from `oracle` or a JSONL file of marks.

    The oracle knows those of the synthetic source alone. A file has a line per solution with
    `problem_id`, `solution_index` and `first_error` (0-based; -1 for none). Raises ConfigError for
    a file that cannot be read, naming the line, RunError where nothing in it is of this run.
    """
    errors = dict(_told(run)) if known == ORACLE else _marked(Path(known))
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


def _told(run: RunFolder) -> Iterator[tuple[tuple[str, int], int]]:
    for row in run.solutions():
        if row.problem.program is not None:
            one = row.solution
            yield (one.problem_id, one.solution_index), first_error(row.problem, one.steps)


def _marked(path: Path) -> dict[tuple[str, int], int]:
    try:
        lines = path.read_text("utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"--known {path} cannot be read ({error}): give `oracle` or a JSONL file of marks"
        ) from error
    errors: dict[tuple[str, int], int] = {}
    for number, line in enumerate(lines, 1):
        if line.strip():
            mark = _mark(path, number, line)
            key = mark.problem_id, mark.solution_index
            if errors.setdefault(key, mark.first_error) != mark.first_error:
                raise ConfigError(
                    f"{path}, line {number}: first_error={mark.first_error} of solution "
                    f"{key[1]} of {key[0]}, which another line marks {errors[key]}: keep one"
                )
    return errors


def _mark(path: Path, number: int, line: str) -> _Mark:
    try:
        return _Mark.model_validate(json.loads(line))
    except (ValueError, ValidationError, RecursionError) as error:
        raise ConfigError(
            f"{path}, line {number}: {line[:80]!r} is no mark: give problem_id, solution_index and "
            'first_error, e.g. {"problem_id": "gsm8k-1a", "solution_index": 0, "first_error": 2}'
        ) from error
