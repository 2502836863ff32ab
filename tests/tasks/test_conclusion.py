"""The end of a run: what stands on Prefect's page of it."""

import asyncio
from pathlib import Path

from schemas.run_folder import RunFolder
from tasks.conclusion import summary
from tasks.problems import stage
from tasks.run_file import opened
from tasks.shards import label_shard
from tests.toy_runs import toy_run


def test_the_summary_says_what_the_tables_hold(tmp_path: Path) -> None:
    run = toy_run(tmp_path, problems=6)

    async def label() -> None:
        with opened(run):
            for shard in range((await stage(run)).shards):
                await label_shard.fn(run, shard)

    asyncio.run(label())
    told = summary(run)
    solutions = sum(1 for _ in RunFolder(run.folder).solutions())
    assert told.startswith(f"## {run.name}\n\n`{run.folder}`, labeler `{run.labeler.kind}`")
    assert f"wrote {solutions} solutions of 6 problems" in told
    assert "| problems | 6 |" in told
