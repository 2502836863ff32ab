"""A run's sampled solutions with the grades of a reward model, shard by shard on disk.

graded/part-00000.parquet    those of the run's first shard, once all of them are there
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from schemas import ROOT
from schemas.arrow import read_table
from schemas.conversion import solutions_from
from schemas.recipe_folder import RecipeFolder
from schemas.rows import SolutionRow
from schemas.run_folder import RunFolder
from search.aggregation import Aggregation, score
from search.grading import StepGrader
from tasks.recipes.folder import Row, write_product

_SAMPLE = (
    *("problem_id", "prefix_key", "sample_index", "text", "seed", "finish_reason", "extracted"),
    *("prompt_tokens", "completion_tokens"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """A solution that a run's policy wrote."""

    row: SolutionRow
    sample: Row
    """What the run keeps of it as a rollout."""
    times: int
    """Samples of the problem that are this text."""

    @property
    def key(self) -> tuple[str, int]:
        """What names it: problem id and solution index."""
        return self.row.problem.id, self.row.solution.solution_index


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """Such a solution with its grades."""

    sampled: Sampled
    grades: tuple[float, ...]
    """P(the step is right), a step each; those that the model had no room for are missing."""

    def score(self, by: Aggregation) -> float:
        """Return one number of its grades."""
        return score(self.grades, len(self.sampled.row.solution.steps), by)


def sampled(run: RunFolder, shard: str) -> list[Sampled]:
    """Return the different solutions that the policy wrote of a shard's questions."""
    table = read_table(run.file("rollouts", shard), "rollouts", _SAMPLE)
    roots = table.filter(pc.equal(table["prefix_key"], ROOT.key)).to_pylist()
    samples = {(one["problem_id"], one["sample_index"]): one for one in roots}
    times = Counter((one["problem_id"], one["text"]) for one in roots)
    found = []
    for row in solutions_from(read_table(run.file("solutions", shard), "solutions")):
        sample = samples.get((row.problem.id, row.solution.solution_index))
        if row.solution.given_id is None and sample is not None:
            count = times[row.problem.id, sample["text"]]
            found.append(Sampled(row=row, sample=sample, times=count))
    return found


def graded(
    made: RecipeFolder,
    run: RunFolder,
    grader: Callable[[], StepGrader],
    *,
    done: Callable[[int], None] = lambda problems: None,
) -> Iterator[list[Graded]]:
    """Yield the solutions of each shard with their grades; `done` is told of a shard's problems.

    What was graded before is read, and the model loaded where something is left.
    """
    for number, shard in enumerate(run.shards):
        solutions = sampled(run, shard)
        path = made.path / "graded" / f"part-{number:05d}.parquet"
        known = _read(path, solutions)
        if known is None:
            known = _grade(path, solutions, grader())
        done(len({one.row.problem.id for one in solutions}))
        yield [
            Graded(sampled=one, grades=grades) for one, grades in zip(solutions, known, strict=True)
        ]


def _read(path: Path, solutions: Sequence[Sampled]) -> list[tuple[float, ...]] | None:
    """Return the grades in a part; None where it is not there, or of other solutions."""
    if not path.is_file():
        return None
    table = pq.read_table(path)
    keys = zip(table["problem_id"].to_pylist(), table["solution_index"].to_pylist(), strict=True)
    if list(keys) != [one.key for one in solutions]:  # the run has grown
        return None
    return list(map(tuple, table["grades"].to_pylist()))


def _grade(path: Path, solutions: Sequence[Sampled], grader: StepGrader) -> list[tuple[float, ...]]:
    asked = ((one.row.problem.question, one.row.solution.steps) for one in solutions)
    found = list(grader.read(asked))
    rows = [
        {
            "problem_id": one.row.problem.id,
            "solution_index": one.row.solution.solution_index,
            "grades": list(grades.steps),
            "prm_tokens": grades.tokens,
        }
        for one, grades in zip(solutions, found, strict=True)
    ]
    write_product(path, "graded", [rows])
    return [one.steps for one in found]
