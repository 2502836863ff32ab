"""First errors that are known: marked by people in a file, or told by a step oracle."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import pyarrow.compute as pc

from reports.text import many
from schemas import ConfigError, RunError
from schemas.arrow import read_rows, read_table
from schemas.critique_folder import SolutionKey
from schemas.marks import Mark, misfit, steps_key
from schemas.run_folder import RunFolder
from sources.synthetic import oracle_from
from tasks.marks import Standing, agreed, standing

Errors = Mapping[SolutionKey, int]
"""(problem id, solution index) to the known first error of a solution: 0-based, -1 for none."""

ORACLE = "oracle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """First errors that are known of a run's solutions."""

    errors: Errors
    by: str
    """Who knows, as reports say it; of marks also how many are left out."""


def known_errors(run: RunFolder, known: str, *, shards: Sequence[str] | None = None) -> Known:
    """Return the first errors of a run's solutions, or some shards', from `oracle` or marks.

    The oracle knows those of the synthetic source alone. A JSONL file has a line per solution with
    `problem_id`, `solution_index` and `first_error` (0-based; -1 for none), as `marks.jsonl` has
    (`schemas/marks.py`). Solutions on which two persons differ are left out, and counted in `by`.
    Raises ConfigError for a file that cannot be read, naming the line; RunError where nothing in
    it is of this run.
    """
    looked = run.shards if shards is None else shards
    if known == ORACLE:
        errors = {key: error for shard in looked for key, _, error in told(run, shard)}
        return _any(run, errors, "no problem with a step oracle", by=name_of(known))
    marks = _read(Path(known))
    marked = dict(_marked(run, marks, looked))
    used = agreed(marked)
    errors = {key: one.first_error for key, one in used.items() if one.first_error is not None}
    left = len(marked) - len(used)
    without = f", without {many(left, 'solution')} on which persons differ" if left else ""
    fit = {one for some in marked.values() for one in some}
    if marked and (unfit := len({one for some in marks.values() for one in some} - fit)):
        without += f", without {many(unfit, 'mark')} of other texts or of steps that are not there"
    lacking = f"none of the marks in {known}{without}"
    return _any(run, errors, lacking, by=f"{name_of(known)}{without}")


def _any(run: RunFolder, errors: Errors, lacking: str, *, by: str) -> Known:
    if not errors:
        raise RunError(
            f"{run.path} holds {lacking}: give a JSONL file with problem_id, solution_index and "
            "first_error of its solutions, or a run over the `synthetic` source with `oracle`"
        )
    return Known(errors=errors, by=by)


def has_oracle(run: RunFolder) -> bool:
    """Tell whether any problem of a run is one that the step oracle knows."""
    programs = (table["program"] for table in run.tables("problems", "program"))
    return any(len(one) > one.null_count for one in programs)


def name_of(known: str) -> str:
    """Say who knows, as reports do."""
    if known == ORACLE:
        return "the exact step oracle of the synthetic problems"
    return f"the marks in {Path(known).name}"


_TOLD = ("problem_id", "solution_index", "program", "steps", "first_error")


def told(run: RunFolder, shard: str) -> Iterator[tuple[SolutionKey, int | None, int]]:
    """Yield a shard's solutions, each with what the run says and what the step oracle tells."""
    programs = read_table(run.file("problems", shard), "problems", ("program",))["program"]
    if programs.null_count == len(programs):
        return
    table = read_table(run.file("solutions", shard), "solutions", _TOLD)
    rows = table.filter(pc.is_valid(table["program"]))
    columns = (rows[name].to_pylist() for name in _TOLD)
    for problem, index, program, steps, said in zip(*columns, strict=True):
        yield (problem, index), said, oracle_from(program).first_error(steps)


def _read(path: Path) -> Standing:
    if not path.is_file():
        raise ConfigError(
            f"--known {path} cannot be read: there is no such file; give `oracle` or a JSONL file "
            "of marks"
        )
    return standing(path)


def _marked(
    run: RunFolder, marks: Standing, shards: Iterable[str]
) -> Iterator[tuple[SolutionKey, Sequence[Mark]]]:
    """Yield what is marked: known by its steps where a mark says which, else by its index.

    Only the rows of marked problems are read.
    """
    problems = {problem for problem, _ in marks}
    numbered: dict[SolutionKey, list[Mark]] = defaultdict(list)
    written: dict[tuple[str, str], list[Mark]] = defaultdict(list)
    for one in chain.from_iterable(marks.values()):
        if one.steps_key:
            written[one.problem_id, one.steps_key].append(one)
        else:
            numbered[one.solution].append(one)
    for shard in shards:
        file = run.file("solutions", shard)
        for table in read_rows(file, "solutions", _MARKED, of=problems):
            columns = (table[name].to_pylist() for name in _MARKED)
            for problem, index, steps in zip(*columns, strict=True):
                key = problem, index
                found = *written.get((problem, steps_key(steps)), ()), *numbered.get(key, ())
                if fitting := [one for one in found if not misfit(one, steps)]:
                    yield key, fitting


_MARKED = ("problem_id", "solution_index", "steps")
