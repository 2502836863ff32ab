"""What a person marks: the solution to look at next, and the marks that are there."""

import getpass
import time
from collections.abc import Container, Hashable, Iterator, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

import numpy as np
import pyarrow.compute as pc

from labelers.posterior import Gain
from labelers.posterior.marking import in_turn, least_sure, spread
from pages.comparing import Beside, beside
from pages.library import OpenRun
from pages.problem import found_words, marked_words, read_problem, read_solutions
from reports.facts import Reals, ShardFacts
from reports.text import many
from schemas import LabelledSolution, Problem, RunError
from schemas.critique_folder import SolutionKey
from schemas.marks import Mark, misfit
from tasks.calibration import calibrate
from tasks.known_errors import known_errors
from tasks.marks import add, standing

_SECONDS = 1.2
"""How long one request looks for what to mark; it proposes from what it has seen by then."""
_BESIDE = 2
"""Other runs that are compared with for what to mark."""
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
    unfit: str
    """Why that is no mark of this solution; empty: it is one."""
    others: Sequence[str]
    """What others marked, in words."""
    marked: int
    """Solutions with a mark."""
    why: str
    """Why it is shown."""
    proposed: bool
    """Whether it was proposed, not asked for."""


def me() -> str:
    """Return who marks: the user whom the server runs as."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may have no name for its user
        return "somebody"


def mark_page(
    run: OpenRun, wanted: SolutionKey | None, *, skip: int, others: Sequence[OpenRun] = ()
) -> MarkPage | None:
    """Read the solution that is wanted, or the one to mark next; None where none is left.

    `others` are runs that may say otherwise of the same solutions.
    """
    marks = standing(run.folder.marks)
    found = proposals(run, others)
    left = [key for key in found.order if key not in marks]
    if wanted is None and not left:
        return None
    key = wanted or left[skip % len(left)]
    shard = run.shard_of(key[0])
    solution = solution_of(run, key)
    here = marks.get(key, ())
    return MarkPage(
        problem=read_problem(run, shard, key[0]).problem,
        solution=solution,
        said=found_words(solution.first_error, stated=bool(solution.stated)),
        mine=next((one for one in here if one.who == me()), None),
        unfit=next((misfit(one, solution.steps) for one in here if one.who == me()), ""),
        others=[marked_words(one, solution.steps) for one in here if one.who != me()],
        marked=len(marks),
        why="asked for" if wanted else found.why(key),
        proposed=wanted is None,
    )


def solution_of(run: OpenRun, key: SolutionKey) -> LabelledSolution:
    """Read a solution; raises RunError where there is none."""
    for one in read_solutions(run, run.shard_of(key[0]), key[0]):
        if one.solution_index == key[1]:
            return one
    raise RunError(f"problem {key[0]} has no solution {key[1]}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposals:
    """What to mark, in the order in which marks teach most."""

    order: Sequence[SolutionKey]
    disputed: Container[SolutionKey]
    """Those of which another run says otherwise."""

    def why(self, key: SolutionKey) -> str:
        """Say why a solution is proposed; not what is said of it, not to sway anybody."""
        if key in self.disputed:
            return "proposed: two runs differ here"
        return "proposed: the labeler is least sure here"


def proposals(run: OpenRun, others: Sequence[OpenRun]) -> Proposals:
    """Return the least sure and those on which runs differ in turn, as far as is counted.

    Each problem once before any comes again (`benchmarks/marks.py`).
    """
    deadline = time.monotonic() + _SECONDS
    counted = tuple(run.facts.so_far(within_s=_SECONDS).found)
    compared = tuple(islice(_compared(run, others, deadline=deadline), _BESIDE))
    return _proposed(run, counted, compared, run.facts.state)


def _compared(
    run: OpenRun, others: Sequence[OpenRun], *, deadline: float
) -> Iterator[tuple[Beside, Sequence[str]]]:
    """Yield other runs that begin with problems of this one, each with the shards compared.

    One that cannot be read is passed over: its own pages say why.
    """
    ids = _first_problems(run)
    for one in others:
        with suppress(RunError):
            if one is not run and ids & _first_problems(one):
                made = beside(run, one)
                found = made.shards.so_far(within_s=deadline - time.monotonic()).found
                yield made, tuple(found)


def _first_problems(run: OpenRun) -> Set[str]:
    """Return the problems of the first shard that can be read."""
    first = next(run.facts.each(), None)
    return set() if first is None else set(first[1].problems["problem_id"].to_pylist())


@lru_cache(4)
def _proposed(
    run: OpenRun,
    counted: Sequence[str],
    compared: Sequence[tuple[Beside, Sequence[str]]],
    state: Hashable,
) -> Proposals:
    facts = [run.facts.of(one) for one in counted]
    keys = [key for one in facts for key in _keys(one)]
    sure = np.concatenate([np.empty(0), *map(_sure, facts)])
    places = {key: place for place, key in enumerate(keys)}
    pairs = [
        pair
        for made, shards in compared
        for shard in shards
        for pair in made.shards.of(shard).part.pairs
        if not pair.exact and pair.solution in places
    ]
    pairs.sort(key=lambda one: one.weight, reverse=True)
    disputed = dict.fromkeys(places[one.solution] for one in pairs)
    problems = [problem for problem, _ in keys]
    order = in_turn(spread(least_sure(sure.tolist()), problems), spread(list(disputed), problems))
    return Proposals(
        order=[keys[place] for place in spread(order, problems)],
        disputed={keys[place] for place in disputed},
    )


def _keys(facts: ShardFacts) -> Iterator[SolutionKey]:
    columns = (facts.solutions[name].to_pylist() for name in ("problem_id", "solution_index"))
    return zip(*columns, strict=True)


def _sure(facts: ShardFacts) -> Reals:
    """Return how sure the labeler is of each solution of a shard.

    One that states no confidence is taken to be unsure where it abstained, sure where it found no
    error, and of an error behind d rollouts, none right, by the rule of succession.
    """
    table = facts.solutions
    stated = table["confidence"].to_numpy()
    errors, steps = table["first_error"].fill_null(-2).to_numpy(), table["steps"].to_numpy()
    decided = pc.list_flatten(table["decided"]).to_numpy()
    behind = np.zeros(len(errors))
    found = errors >= 0
    behind[found] = np.maximum(decided[(np.cumsum(steps) - steps + errors)[found]], 0)
    return np.where(np.isnan(stated), np.where(errors == -1, 1.0, 1 - 1 / (behind + 2)), stated)


def mark(run: OpenRun, key: SolutionKey, first_error: int | None, *, note: str = "") -> None:
    """Write a mark of mine, or with None take my last one of this solution back."""
    add(run.folder, solution_of(run, key), first_error, who=me(), note=note)


def gain_of(run: OpenRun) -> Gain | None:
    """Return what the marks change of the posterior labeler's confidence.

    A model is fitted to some hundred solutions of the run: seconds. Raises RunError or ConfigError
    where there are too few marks, or they cannot serve.
    """
    marked = len(standing(run.folder.marks))
    if not marked:
        raise RunError("nobody has marked a solution yet, so there is nothing to compare")
    try:
        return _gain(run, (run.facts.state, run.marks_stamp))
    except RunError as error:
        raise RunError(f"{many(marked, 'solution')} marked. {error}") from error


@lru_cache(4)
def _gain(run: OpenRun, state: Hashable) -> Gain | None:
    known = known_errors(run.folder, str(run.folder.marks)).errors
    wanted = set(run.shards_of({problem for problem, _ in known}).values())
    count = 0
    for shard in run.facts.shards:
        if count < _FITTED:
            wanted.add(shard)
            count += run.facts.of(shard).solutions.num_rows
    return calibrate(run.folder, known, shards=sorted(wanted)).gain
