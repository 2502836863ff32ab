"""What a run has spent so far, and what it may still spend in this session."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from rollouts import Budget, JournalReader, Purse, Spent
from schemas.run_folder import RunFolder, shard_name
from tasks.commits import committed
from tasks.session import Session, session_of
from tasks.settings import LabelRun
from tasks.staging import staged


@asynccontextmanager
async def budgeted(run: LabelRun, session: Session, *, shards: int) -> AsyncIterator[Purse]:
    """Hold the session to the run's budget while the context lasts."""
    budget = run.budget
    limited = any(limit is not None for limit in (budget.tokens, budget.rollouts))
    limited = limited or budget.session_tokens is not None
    spent = await asyncio.to_thread(spent_by, run.folder, shards) if limited else Spent()
    async with watched(
        budget, spent=spent, max_tokens=run.sampling.max_tokens, began=session.began
    ) as purse:
        session.purse = purse
        yield purse


@asynccontextmanager
async def watched(
    budget: Budget, *, spent: Spent, max_tokens: int, began: float
) -> AsyncIterator[Purse]:
    """Yield the purse of a session that began at `began`, which tells when its budget is over."""
    purse = Purse(
        budget.in_session(spent),
        spent=spent,
        max_tokens=max_tokens,
        seconds_used=time.monotonic() - began,
    )
    watch = asyncio.create_task(purse.watch())
    try:
        yield purse
    finally:
        watch.cancel()


def may_begin(run: LabelRun, shard: int, purse: Purse) -> bool:
    """Tell whether a shard is to be worked on: at a budget's end, where its journal may do."""
    return not purse.reached or RunFolder(run.folder).journal(shard_name(shard)).exists()


def ending(run: LabelRun) -> str:
    """Return the status of a run whose session has ended well."""
    found = staged(run.folder)
    shards = range(found.shards if found else 0)
    whole = all(committed(run.folder, shard) for shard in shards)
    # A shared run's other shards may be on other machines.
    return "finished" if whole or not session_of(run).purse.reached else "budget reached"


def spent_by(folder: Path, shards: int) -> Spent:
    """Return what a run has paid for, in committed shards and in the journals of open ones."""
    return sum((_spent_by_shard(folder, shard) for shard in range(shards)), Spent())


def _spent_by_shard(folder: Path, shard: int) -> Spent:
    record = committed(folder, shard)
    if record is not None:
        return record.paid
    with JournalReader(RunFolder(folder).journal(shard_name(shard))) as journal:
        return Spent.of(journal.costs())
