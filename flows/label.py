"""The main flow: problems with final answers go in, step-labelled solutions come out."""

import asyncio
from collections.abc import Iterator

from prefect import flow

from flows.config import LabelRun
from tasks.commits import committed
from tasks.conclusion import conclude
from tasks.exports import export_rows
from tasks.failures import leading
from tasks.problems import Staged, stage_problems
from tasks.progress import board_of, clear_board
from tasks.records import Counts
from tasks.run_file import opened
from tasks.shards import label_shard
from tasks.sharing import kept_open


@flow(name="label", flow_run_name="{run.name}", persist_result=False)
async def label(run: LabelRun) -> Counts:
    """Label a run's problems, shard by shard; the same call resumes a run that was cut short.

    Returns what the whole run holds. Raises a StepmintError that names value and remedy.
    """
    clear_board(run.folder)
    with opened(run):
        try:
            async with kept_open(run):
                board_of(run.folder).phase = "loading problems"
                problems = await stage_problems(run)
                await _label_shards(run, problems)
            board_of(run.folder).phase = "concluding"
            counts = await conclude(run)
            for settings in run.exports:
                await export_rows(run, settings)
            return counts
        except ExceptionGroup as group:
            raise leading(group) from group


async def _label_shards(run: LabelRun, problems: Staged) -> None:
    """Work on several shards at once, so that one's last problems leave no policy idle."""
    board = board_of(run.folder)
    board.problems = problems.problems
    records = {shard: committed(run.folder, shard) for shard in range(problems.shards)}
    board.done = board.done_before = sum(
        record.counts.problems for record in records.values() if record
    )
    board.labelling_began()
    open_shards = iter([shard for shard, record in records.items() if record is None])
    async with asyncio.TaskGroup() as group:
        for _ in range(run.shards.in_flight):
            group.create_task(_lane(run, open_shards))


async def _lane(run: LabelRun, open_shards: Iterator[int]) -> None:
    """Take one shard after another until none is left."""
    task = label_shard.with_options(
        retries=run.shards.retries, retry_delay_seconds=run.shards.retry_delay_s
    )
    for shard in open_shards:
        await task(run, shard)
