"""How the machines of one run share its shards: each takes the next that nobody living works on.

A *peer* is a session of the run in one process. It works in a folder of its own, as a run without
peers does, puts up each shard that it has committed, and takes over the shards of peers that
died. `Alone` is what a run has that is not shared: it costs nothing and asks nobody.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress

from prefect import task
from prefect.cache_policies import NO_CACHE

from schemas import RunError
from schemas.run_folder import RunFolder, shard_name
from tasks import run_file
from tasks.budget import may_begin
from tasks.claims import Claims
from tasks.commits import committed, held
from tasks.records import Counts
from tasks.session import Session
from tasks.settings import LabelRun
from tasks.shared_run import Plan, SharedRun
from tasks.staging import StagingRecord, staged

log = logging.getLogger(__name__)

_STAGING, _CONCLUSION = "staging", "conclusion"
_BEATS = 4
"""Signs of life in a lease."""
_LONGEST_LOOK_S = 5.0
"""Seconds between two looks at what others have committed or lost, at most."""
_FETCHED_AT_ONCE = 8

Stage = Callable[[LabelRun], Awaitable[StagingRecord]]


class Alone:
    """A run that nobody else works on."""

    def __init__(self, run: LabelRun) -> None:
        self._run = run

    async def stage(self, stage: Stage) -> StagingRecord:
        """Return the problems to work on."""
        return await stage(self._run)

    async def left(self, shards: Sequence[int]) -> AsyncIterator[int]:
        """Yield the shards to label of these, each when there is room for its problems."""
        for shard in shards:
            yield shard

    async def leave(self, shard: int) -> None:
        """Take note that this session works on a shard no more, committed here or not."""

    async def concludes(self) -> bool:
        """Tell whether this session is the one that ends the run."""
        return True

    async def concluded(self) -> None:
        """Take note that the run is ended, its exports written."""


class Together(Alone):
    """A run that other machines work on too."""

    def __init__(self, run: LabelRun, session: Session) -> None:
        super().__init__(run)
        self._shared = SharedRun(run)
        self._claims = Claims(self._shared.root, lease_s=run.shards.lease_s)
        self._session = session
        self._look_s = min(_LONGEST_LOOK_S, run.shards.lease_s / _BEATS)
        self._plan: Plan | None = None

    @asynccontextmanager
    async def alive(self) -> AsyncIterator[None]:
        """Show life while the context lasts; give up all claims behind it."""
        await asyncio.to_thread(self._claims.beat)
        beating = asyncio.create_task(self._beat())
        try:
            yield
        finally:
            beating.cancel()
            with suppress(asyncio.CancelledError):
                await beating
            with suppress(RunError):  # the lease ends by itself
                await asyncio.to_thread(self._claims.leave)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._run.shards.lease_s / _BEATS)
            try:
                await asyncio.to_thread(self._claims.beat)
            except RunError as error:  # what is committed is put up with tries of its own
                log.warning("no sign of life could be given: %s", error)

    async def stage(self, stage: Stage) -> StagingRecord:
        """Return the problems that all work on; the first peer stages them for all."""
        shared = self._shared
        while (plan := await asyncio.to_thread(shared.plan)) is None:
            if await asyncio.to_thread(self._claims.take, _STAGING):
                await stage(self._run)
                await asyncio.to_thread(shared.share_problems, self._claims.peer)
                await asyncio.to_thread(self._claims.release, _STAGING)
            else:
                self._session.board.phase = "waiting for the problems that another machine loads"
                await self._pause()
        await asyncio.to_thread(shared.adopt_problems, plan)
        await asyncio.to_thread(self._share_earlier, plan.problems.shards)
        self._plan = plan
        return plan.problems

    def _share_earlier(self, shards: int) -> None:
        """Put up what earlier sessions committed here and could not."""
        for shard in range(shards):
            self._shared.share(shard)

    async def left(self, shards: Sequence[int]) -> AsyncIterator[int]:
        """Yield shards that this peer may work on, until all of the run are committed, or begun.

        First those that it has begun before: their completions lie in its journals. The others in
        an order of its own, so that peers seldom want the same one.
        """
        wanted, purse = set(shards), self._session.purse
        with purse:  # a journal here may end problems of a run that can pay for no more
            await asyncio.to_thread(self._look, wanted)
        self._session.board.done_before = self._session.board.done
        while wanted and not purse.over.is_set():
            await self._session.window.room(self._run.shards.size)
            with purse:
                shard = await asyncio.to_thread(self._next, wanted)
            if shard is not None:
                wanted.remove(shard)
                yield shard
            elif purse.reached:
                return  # what this peer has no budget for is left to the others
            elif wanted:
                await self._pause()

    def _look(self, wanted: set[int]) -> None:
        """Pass over what others have committed by now."""
        assert self._plan
        committed_now, problems = self._shared.committed(), self._plan.problems
        size = self._run.shards.size
        for shard in tuple(wanted):
            if shard_name(shard) in committed_now:
                wanted.remove(shard)
                self._session.board.done += _problems_of(problems, shard, size)

    def _next(self, wanted: set[int]) -> int | None:
        """Claim a shard that may begin; None where living peers have claimed all that may."""
        assert self._plan
        self._look(wanted)
        taken, purse = self._claims.taken(), self._session.purse
        for shard in self._in_order(shard for shard in wanted if shard_name(shard) not in taken):
            may = may_begin(self._run, shard, purse)
            if not may or not self._claims.take(shard_name(shard)):
                continue
            if not self._shared.has(shard):
                self._shared.fetch_problems(self._plan, shard)
                return shard
            self._claims.release(shard_name(shard))
        return None

    def _in_order(self, shards: Iterable[int]) -> list[int]:
        """Return shards in the order in which this peer wants them."""
        folder, order = RunFolder(self._run.folder), sorted(shards)
        random.Random(self._claims.peer).shuffle(order)
        return sorted(order, key=lambda shard: not folder.journal(shard_name(shard)).exists())

    async def leave(self, shard: int) -> None:
        """Put up a shard if it is committed in this folder, and give up its claim."""
        if committed(self._run.folder, shard):
            again = share_shard.with_options(
                retries=self._run.shards.retries, retry_delay_seconds=self._run.shards.retry_delay_s
            )
            await again(self._run, shard)
        await asyncio.to_thread(self._claims.release, shard_name(shard))

    async def concludes(self) -> bool:
        """Tell whether this peer ends the run; it then has all shards here.

        The others say in their `run.json` what they hold; so do all where budgets left shards open.
        """
        assert self._plan
        shards = range(self._plan.problems.shards)
        whole = all(committed(self._run.folder, shard) for shard in shards)
        if not whole and not await self.is_to_conclude(len(shards)):
            return False
        await gather_shards(self._run, len(shards))
        return True

    async def is_to_conclude(self, shards: int) -> bool:
        """Claim the conclusion of a run that can be concluded and is not.

        One who leaves it to another has seen that one's claim, which holds or is made again: of
        several that wanted it in the same second none had it.
        """
        if len(await asyncio.to_thread(self._shared.committed)) < shards:
            return False
        while not await asyncio.to_thread(self._shared.is_concluded):
            if await asyncio.to_thread(self._claims.take, _CONCLUSION):
                return True
            await self._pause()
            if _CONCLUSION in await asyncio.to_thread(self._claims.taken):
                return False
        return False

    async def concluded(self) -> None:
        """Put up what the run came to.

        Claims may be left of peers that died between committing a shard and giving up its claim.
        """
        record = run_file.read(self._run.folder) | {"status": "finished"}
        await asyncio.to_thread(self._shared.conclude, record)
        await asyncio.to_thread(self._claims.clear)

    async def _pause(self) -> None:
        await asyncio.sleep(self._look_s * random.uniform(0.5, 1.5))


@task(
    name="share-shard",
    task_run_name="share-{shard:05d}",
    cache_policy=NO_CACHE,
    persist_result=False,
)
async def share_shard(run: LabelRun, shard: int) -> None:
    """Put up a committed shard where the other machines see it."""
    await asyncio.to_thread(SharedRun(run).share, shard)


@task(name="gather-shards", cache_policy=NO_CACHE, persist_result=False)
async def gather_shards(run: LabelRun, shards: int) -> None:
    """Have all shards of the run here, several being fetched at once."""
    shared = SharedRun(run)

    def gather() -> None:
        with ThreadPoolExecutor(_FETCHED_AT_ONCE) as pool:
            for _ in pool.map(shared.gather, range(shards)):
                pass

    await asyncio.to_thread(gather)


async def part_of(run: LabelRun) -> Counts:
    """Return what this machine's folder holds of a run that it does not conclude, and record it."""
    found = staged(run.folder)
    assert found
    total = await asyncio.to_thread(held, run.folder, found.shards)
    shared = SharedRun(run)
    there = await asyncio.to_thread(shared.committed)
    left = [shard for shard in range(found.shards) if shard_name(shard) not in there]
    told = run_file.conclusion(
        total, left=sum(_problems_of(found, shard, run.shards.size) for shard in left)
    )
    run_file.update(run.folder, told | {"whole_run": shared.root.where})
    return total.counts


def _problems_of(staged: StagingRecord, shard: int, size: int) -> int:
    """Return how many problems a shard has."""
    return min(size, staged.problems - shard * size)


@asynccontextmanager
async def peers_of(run: LabelRun, session: Session) -> AsyncIterator[Alone]:
    """Work on a run with whom it is shared with; alone where it is not."""
    if not run.shared:
        yield Alone(run)
        return
    together = Together(run, session)
    async with together.alive():
        yield together
