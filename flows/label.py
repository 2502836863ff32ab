"""The main flow: problems with final answers go in, step-labelled solutions come out."""

import asyncio
from contextlib import suppress
from uuid import UUID

from prefect import flow
from prefect.artifacts import acreate_progress_artifact, aupdate_progress_artifact
from prefect.logging import get_run_logger

from flows.config import LabelRun
from flows.permits import refuse_strangers
from tasks.budget import budgeted, ending, may_begin
from tasks.commits import committed
from tasks.conclusion import conclude
from tasks.exports import export_rows, publish_rows
from tasks.failures import leading
from tasks.peers import Alone, part_of, peers_of
from tasks.problems import stage_problems
from tasks.progress import LOADING
from tasks.records import Counts
from tasks.run_file import opened
from tasks.session import Session, new_session
from tasks.session_log import SessionLog
from tasks.shards import label_shard
from tasks.staging import StagingRecord

_LAST_WORDS_S = 10.0


@flow(name="label", flow_run_name="{run.name}", persist_result=False)
async def label(run: LabelRun) -> Counts:
    """Label a run's problems, shard by shard; the same call resumes a run that was cut short.

    Returns what the run holds: all of it, or what its budget was enough for; of a run that another
    machine concludes, what this machine's folder holds. Raises a StepmintError that names value and
    remedy.
    """
    refuse_strangers(run)
    with opened(run, done=lambda: log.ending):
        session = new_session(run)
        log = await asyncio.to_thread(SessionLog, run, session)
        try:
            counts = await _labelled(run, session, log)
        except BaseException as error:
            failed = isinstance(error, Exception)
            with suppress(Exception, asyncio.CancelledError):  # it must not hide what went wrong
                async with asyncio.timeout(_LAST_WORDS_S):
                    ended = "failed" if failed else "interrupted"
                    await log.close(ended, error if failed else None)
            if isinstance(error, ExceptionGroup):
                raise leading(error) from error
            raise
        await log.close(await asyncio.to_thread(ending, run))
        return counts


async def _labelled(run: LabelRun, session: Session, log: SessionLog) -> Counts:
    async with peers_of(run, session) as peers:
        async with session.kept_open():
            session.board.phase = LOADING
            problems = await peers.stage(stage_problems)
            await _label_shards(run, problems, session, peers)
        session.board.phase = "concluding"
        if not await peers.concludes():
            return await part_of(run)
        counts = await conclude(run)
        if counts.problems:
            for exporter in run.exports:
                await export_rows(run, exporter)
            if run.publish:
                log.published = await publish_rows(run, run.publish)
        await peers.concluded()
        return counts


async def _label_shards(
    run: LabelRun, problems: StagingRecord, session: Session, peers: Alone
) -> None:
    """Keep several shards' worth of problems open, so that no tail leaves the policy idle."""
    board = session.board
    board.problems = problems.problems
    left, board.done = await asyncio.to_thread(_left, run, problems.shards)
    board.done_before = board.done
    session.watch.expect(problems.problems - problems.unjudgeable)
    board.phase = f"starting the policy ({run.policy.kind})"
    get_run_logger().info(
        "%d of %d problems to label, in %d shards of %s",
        *(board.problems - board.done, board.problems, len(left), run.folder),
    )
    for line in problems.source.lines():
        get_run_logger().info("source %s", line)
    page = await acreate_progress_artifact(progress=board.percent, description=run.name)
    async with (
        budgeted(run, session, shards=problems.shards) as purse,
        asyncio.TaskGroup() as group,
    ):
        async for shard in peers.left(left):
            await session.window.enter(shard, run.shards.size)
            if purse.over.is_set():
                break
            if may_begin(run, shard, purse):
                group.create_task(_label_shard(run, shard, session, page, peers))
            else:
                session.window.leave(shard)
                await peers.leave(shard)
        session.window.close()


def _left(run: LabelRun, shards: int) -> tuple[list[int], int]:
    """Return the shards that are still to label, and how many problems the others hold."""
    left, done = [], 0
    for shard in range(shards):
        record = committed(run.folder, shard)
        if record is None:
            left.append(shard)
        else:
            done += record.counts.problems
    return left, done


async def _label_shard(
    run: LabelRun, shard: int, session: Session, page: UUID, peers: Alone
) -> None:
    """Label one shard, retried where that can help; tell Prefect's pages of it."""
    task = label_shard.with_options(
        retries=run.shards.retries, retry_delay_seconds=run.shards.retry_delay_s
    )
    session.purse.begins(shard)
    try:
        record = await task(run, shard)
    finally:
        session.purse.begun(shard)
        session.window.leave(shard)
    await peers.leave(shard)
    if record is None:
        return
    counts = record.counts
    get_run_logger().info(
        "%s committed: %d problems, %d solutions, %d rollouts",
        *(record.shard, counts.problems, counts.solutions, counts.rollouts),
    )
    await aupdate_progress_artifact(page, progress=session.board.percent)
