"""The end of a run: what its shards hold together, in `run.json` and on Prefect's page."""

import asyncio
from dataclasses import asdict
from pathlib import Path

from prefect import task
from prefect.artifacts import acreate_markdown_artifact
from prefect.cache_policies import NO_CACHE

from schemas import RunError
from schemas.run_folder import shard_name
from tasks import run_file
from tasks.commits import check_shards, clear_partials, committed, drop_journal
from tasks.records import Counts
from tasks.settings import LabelRun
from tasks.staging import staged


@task(name="conclude", cache_policy=NO_CACHE, persist_result=False)
async def conclude(run: LabelRun) -> Counts:
    """Sum up the committed shards, record the sum, and show it as a Prefect artifact.

    Raises RunError where a shard, or a file of one, is missing or changed.
    """
    shards, counts, policies = await asyncio.to_thread(_summed, run.folder)
    await asyncio.to_thread(check_shards, run.folder)
    clear_partials(run.folder)
    for shard in range(shards):
        drop_journal(run.folder, shard)  # a crash right after a commit leaves one behind
    run_file.update(
        run.folder,
        run_file.conclusion(counts, shards=shards, policy=", ".join(sorted(policies))),
    )
    key = "".join(letter if letter.isalnum() else "-" for letter in run.name.lower())
    await acreate_markdown_artifact(summary(run, counts), key=f"run-{key}")
    return counts


def summary(run: LabelRun, counts: Counts) -> str:
    """Return what a run came to, as a Markdown table."""
    shown = {name: n for name, n in asdict(counts).items() if n}
    rows = [f"| {name.replace('_', ' ')} | {n:,} |" for name, n in shown.items()]
    title = f"## {run.name}\n\n`{run.folder}`, labeler `{run.labeler.kind}`, seed {run.seed}\n\n"
    return title + "| what | how many |\n| --- | ---: |\n" + "\n".join(rows) + "\n"


def _summed(folder: Path) -> tuple[int, Counts, set[str]]:
    """Return how many shards a complete run has, what they hold together, and whose they are."""
    found = staged(folder)
    shards = found.shards if found else 0
    counts, policies, missing = Counts(), set[str](), list[str]()
    for shard in range(shards):
        record = committed(folder, shard)
        if record is None:
            missing.append(shard_name(shard))
        else:
            counts += record.counts
            policies.add(record.policy)
    if missing or not shards:
        raise RunError(
            f"{folder} lacks {', '.join(missing[:5]) or 'all its shards'}: "
            "run the same command again"
        )
    return shards, counts, policies
