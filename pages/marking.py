"""What a person marks: the solution to look at next, and the marks that are there."""

import getpass
from collections.abc import Container, Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from labelers.posterior import Gain
from labelers.posterior.marking import least_sure, spread
from pages.library import OpenRun
from pages.problem import found_words, marked_words, read_problem, read_solutions
from reports.facts import ShardFacts
from schemas import LabelledSolution, Problem, RunError
from schemas.critique_folder import SolutionKey
from schemas.marks import Mark
from tasks.calibration import calibrate
from tasks.known_errors import known_errors
from tasks.marks import add, standing

_SECONDS = 1.5
"""How long one request looks for what to mark; it proposes from what it has seen by then."""
_FITTED = 600
"""Solutions that a model is fitted to for the page, beside the marked ones' shards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkPage:
    """One solution to be marked; what the labeler says is told apart, not to sway anybody."""

    problem: Problem
    solution: LabelledSolution
    said: str
    """What the labeler found, in words."""
    mine: Mark | None
    """My mark of it."""
    others: Sequence[str]
    """What others marked, in words."""
    marked: int
    """Solutions with a mark."""
    proposed: bool
    """Whether it was proposed, not asked for."""
    left: int
    """Solutions that can be proposed still, as far as was looked."""


def me() -> str:
    """Return who marks: the user whom the server runs as."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may have no name for its user
        return "somebody"


def mark_page(run: OpenRun, wanted: SolutionKey | None, *, skip: int) -> MarkPage | None:
    """Read the solution that is wanted, or the one to mark next; None where none is left."""
    marks = standing(run.folder.marks)
    order = proposals(run, marks)
    if wanted is None and not order:
        return None
    key = wanted or order[skip % len(order)]
    shard = run.shard_of(key[0])
    solution = solution_of(run, key)
    here = marks.get(key, ())
    return MarkPage(
        problem=read_problem(run, shard, key[0]).problem,
        solution=solution,
        said=found_words(solution.first_error, stated=bool(solution.stated)),
        mine=next((one for one in here if one.who == me()), None),
        others=[marked_words(one) for one in here if one.who != me()],
        marked=len(marks),
        proposed=wanted is None,
        left=len(order),
    )


def solution_of(run: OpenRun, key: SolutionKey) -> LabelledSolution:
    """Read a solution; raises RunError where there is none."""
    for one in read_solutions(run, run.shard_of(key[0]), key[0]):
        if one.solution_index == key[1]:
            return one
    raise RunError(f"problem {key[0]} has no solution {key[1]}")


def proposals(run: OpenRun, marked: Container[SolutionKey]) -> list[SolutionKey]:
    """Return the unmarked solutions, in the order in which marks teach most.

    The least sure first, each problem once before any comes again (`benchmarks/marks.py`).
    """
    seen = run.facts.so_far(within_s=_SECONDS).values
    found = [one for facts in seen for one in _sure(facts)]
    order = spread(least_sure([sure for _, sure in found]), [key[0] for key, _ in found])
    return [key for key in (found[place][0] for place in order) if key not in marked]


def _sure(facts: ShardFacts) -> Iterator[tuple[SolutionKey, float]]:
    """Yield a shard's solutions, and how sure the labeler is of each.

    One that states no confidence is taken to be unsure where it abstained, sure where it found no
    error, and of an error behind d rollouts, none right, by the rule of succession.
    """
    columns = ("problem_id", "solution_index", "confidence", "first_error", "decided")
    rows = (facts.solutions[name].to_pylist() for name in columns)
    for problem, index, stated, error, decided in zip(*rows, strict=True):
        sure = stated
        if sure is None:
            behind = 0 if error is None else max(decided[error], 0)
            sure = 1.0 if error == -1 else 1 - 1 / (behind + 2)
        yield (problem, index), sure


def mark(run: OpenRun, key: SolutionKey, first_error: int | None, *, note: str = "") -> None:
    """Write a mark of mine, or with None take my last one of this solution back."""
    add(run.folder, solution_of(run, key), first_error, who=me(), note=note)


def gain_of(run: OpenRun) -> Gain | None:
    """Return what the marks change of the posterior labeler's confidence.

    A model is fitted to some hundred solutions of the run: seconds. Raises RunError or ConfigError
    where there are too few marks, or they cannot serve.
    """
    return _gain(run, (run.facts.state, marks_stamp(run)))


def marks_stamp(run: OpenRun) -> int:
    """Return what changes whenever a mark is made."""
    return run.folder.marks.stat().st_mtime_ns if run.folder.marks.exists() else 0


@lru_cache(4)
def _gain(run: OpenRun, state: Hashable) -> Gain | None:
    known = known_errors(run.folder, str(run.folder.marks)).errors
    wanted = {run.shard_of(problem) for problem, _ in known}
    count = 0
    for shard in run.facts.shards:
        if count < _FITTED:
            wanted.add(shard)
            count += run.facts.of(shard).solutions.num_rows
    return calibrate(run.folder, known, shards=sorted(wanted)).gain
