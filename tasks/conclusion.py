"""The end of a run: what its shards hold together, in `run.json` and on Prefect's page."""

import asyncio
from pathlib import Path

from prefect import task
from prefect.artifacts import acreate_markdown_artifact
from prefect.cache_policies import NO_CACHE

from reports.card_figures import figures
from reports.summary import summarise
from schemas import RunError
from schemas.run_folder import RunFolder, shard_name
from tasks import run_file
from tasks.artifacts import artifact_key
from tasks.commits import check_shards, clear_partials, committed, drop_journal, recorded
from tasks.records import Counts, Total
from tasks.session import session_of
from tasks.settings import LabelRun
from tasks.staging import staged


@task(name="conclude", cache_policy=NO_CACHE, persist_result=False)
async def conclude(run: LabelRun) -> Counts:
    """Sum up the committed shards, record the sum, and show it as a Prefect artifact.

    Raises RunError where a shard, or a file of one, is missing or changed; what a budget left open
    may be missing.
    """
    total, left = await asyncio.to_thread(_summed, run)
    if total.shards:
        await asyncio.to_thread(check_shards, run.folder)
    clear_partials(run.folder)
    await asyncio.to_thread(_drop_journals, run.folder)
    run_file.update(run.folder, run_file.conclusion(total, left=left))
    counts = total.counts
    shown = await asyncio.to_thread(summary, run) if counts.problems else "nothing is committed yet"
    await acreate_markdown_artifact(shown, key=artifact_key("run", run.name))
    return counts


def summary(run: LabelRun) -> str:
    """Return what a run came to, as its dataset card says it."""
    head = f"`{run.folder}`, labeler `{run.labeler.kind}`, seed {run.seed}"
    return "\n\n".join([f"## {run.name}", head, *figures(summarise(RunFolder(run.folder)))])


def _summed(run: LabelRun) -> tuple[Total, int]:
    """Sum up a run, shard by shard; return the problems that a budget left open, too."""
    found = staged(run.folder)
    total, missing = Total(), list[str]()
    for shard in range(found.shards if found else 0):
        record = recorded(run.folder, shard)
        if record is not None:
            total.add(record)
        if record is None or record.left:
            missing.append(shard_name(shard))
    if (missing or not total.shards) and not session_of(run).purse.reached:
        raise RunError(
            f"{run.folder} lacks {', '.join(missing[:5]) or 'all its shards'}: "
            "run the same command again"
        )
    return total, (found.problems if found else 0) - total.counts.problems


def _drop_journals(folder: Path) -> None:
    """Remove the journals of whole shards: a crash right after a commit leaves one behind."""
    found = staged(folder)
    for shard in range(found.shards if found else 0):
        journal = RunFolder(folder).journal(shard_name(shard))
        if journal.exists() and committed(folder, shard):
            drop_journal(folder, shard)
