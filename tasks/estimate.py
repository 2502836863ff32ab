"""What a run will cost, from a probe of its own problems whose rollouts the run then reuses."""

import asyncio
import math
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import NormalDist, mean, stdev

from rollouts import Costs
from schemas import RunError
from schemas.rows import ProblemRow
from schemas.run_folder import RunFolder
from tasks.commits import committed
from tasks.problems import stage
from tasks.run_file import opened
from tasks.session import new_session, session_of
from tasks.settings import LabelRun
from tasks.shards import label_problem, shard_opened
from tasks.staging import shard_problems, staged

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimated total with a two-sided confidence interval."""

    low: float
    total: float
    high: float


def scaled_by(interval: Interval, factor: float) -> Interval:
    """Return an interval in another unit, `factor` of which is one of this."""
    return Interval(interval.low * factor, interval.total * factor, interval.high * factor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What labelling all problems of a run will cost."""

    problems: int
    """Problems to label, those of the probe included."""
    probed: int
    spent: Costs
    """What the probe cost; the run will not pay it again."""
    rollouts: Interval
    prompt_tokens: Interval
    completion_tokens: Interval
    scored_tokens: Interval
    """Tokens read for scores; zero where the labeler scores nothing."""
    segment_tokens: Interval
    """Tokens that a segmenter writes; zero without one."""


async def estimate(run: LabelRun, *, probe: int) -> Estimate:
    """Label a random sample of `probe` problems of a run and scale up what that cost.

    The sample is drawn with the run's seed, without replacement, so that sorted data does not
    mislead. Its completions are kept in the journals of the run's shards. Raises RunError where
    nothing is left to label.
    """
    _refuse_labelled(run)
    with opened(run, done=lambda: "estimated"):
        session = new_session(run)
        async with session.kept_open():
            problems = await stage(run)
            places = _sample(run, problems.shards, probe)
            session.board.problems = len(places)
            session.watch.expect(len(places))
            session.board.phase = f"starting the policy ({run.policy.kind})"
            async with asyncio.TaskGroup() as group:
                shards = [
                    group.create_task(_probe(run, shard, [row for _, row in rows]))
                    for shard, rows in groupby(places, key=lambda place: place[0])
                ]
    costs = [cost for shard in shards for cost in shard.result()]
    return scaled(costs, problems.problems - problems.unjudgeable)


def _refuse_labelled(run: LabelRun) -> None:
    """Raise RunError where every shard is committed: its costs are known."""
    found = staged(run.folder)
    if found and all(committed(run.folder, shard) for shard in range(found.shards)):
        raise RunError(
            f"{run.folder} is labelled already: its costs are in {RunFolder(run.folder).run_json}"
        )


def scaled(costs: Sequence[Costs], problems: int) -> Estimate:
    """Scale the costs of a random sample of problems up to all of them."""

    def total(of: Callable[[Costs], int]) -> Interval:
        return interval([of(cost) for cost in costs], problems)

    return Estimate(
        problems=problems,
        probed=len(costs),
        spent=sum(costs, Costs()),
        rollouts=total(lambda cost: cost.rollouts),
        prompt_tokens=total(lambda cost: cost.prompt_tokens),
        completion_tokens=total(lambda cost: cost.completion_tokens),
        scored_tokens=total(lambda cost: cost.scored_tokens),
        segment_tokens=total(lambda cost: cost.segment_tokens),
    )


def interval(sample: Sequence[float], population: int) -> Interval:
    """Return the total of a population, from a sample of it drawn without replacement.

    Student's interval with the finite-population correction; never below what the sample holds.
    """
    size, centre = len(sample), mean(sample)
    if size >= population:
        exact = float(sum(sample))
        return Interval(exact, exact, exact)
    spread = stdev(sample) if size > 1 else centre
    error = spread * math.sqrt((1 - size / population) / size)
    reach = student(size - 1) * error * population
    total = centre * population
    return Interval(max(total - reach, float(sum(sample))), total, total + reach)


def student(degrees: int) -> float:
    """Return Student's two-sided quantile at CONFIDENCE (Cornish-Fisher; 1% low at 4 degrees)."""
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    degrees = max(degrees, 1)
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / degrees + second / degrees**2 + third / degrees**3


def _sample(run: LabelRun, shards: int, probe: int) -> list[tuple[int, ProblemRow]]:
    """Draw `probe` judgeable problems of the shards still to label, ordered by shard."""
    left = [shard for shard in range(shards) if committed(run.folder, shard) is None]
    count = sum(1 for _ in _judgeable(run, left))
    rng = random.Random(f"{run.seed}/estimate")
    chosen = set(rng.sample(range(count), min(probe, count)))
    places = enumerate(_judgeable(run, left))
    return [place for index, place in places if index in chosen]


def _judgeable(run: LabelRun, shards: Iterable[int]) -> Iterator[tuple[int, ProblemRow]]:
    for shard in shards:
        for row in shard_problems(run.folder, shard):
            if not row.set_aside:
                yield shard, row


async def _probe(run: LabelRun, shard: int, rows: Sequence[ProblemRow]) -> list[Costs]:
    """Label some problems of one shard, into its journal; return what each cost."""
    session = session_of(run)
    async with shard_opened(run, shard, rows) as rollouts:
        session.board.shard_began(shard, lambda: rollouts.costs)

        async def label(row: ProblemRow) -> None:
            session.board.add(await label_problem(run, row, rollouts))

        try:
            async with asyncio.TaskGroup() as group:
                for row in rows:
                    group.create_task(label(row))
        finally:
            session.board.shard_ended(shard)
        return [rollouts.of(row.problem).costs for row in rows]
