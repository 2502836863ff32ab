"""What leaves a run: training rows, one export at a time, and the dataset on a hub."""

import asyncio
from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE

from exporters import Exporter
from exporters.critique_sets import critique_set
from exporters.runs import ExportReport, export_run
from schemas.run_folder import RunFolder
from tasks.critique_set import check_set
from tasks.files import writing
from tasks.lists import read_list
from tasks.locks import locked
from tasks.publish import Terms, publish_run
from tasks.settings import LabelRun, Publication
from tasks.tokenizer import TrainerTokenizer


def export(folder: Path, exporter: Exporter) -> ExportReport:
    """Write the rows that `exporter` asks for into the run's folder.

    Raises ExportError for rows a trainer would misread, RunError where the disk refuses.
    """
    run = RunFolder(folder)
    tokenizer = TrainerTokenizer.load(exporter.tokenizer) if exporter.tokenizer else None
    shards = run.shards  # raises where there is no run to lock, or a link in it
    for name in sorted(exporter.critique_sets):
        check_set(run, critique_set(run, name), shards)
    with writing(folder):
        run.exports_lock.parent.mkdir(exist_ok=True)
        with locked(run.exports_lock):  # two exports under one name would mix their files
            return export_run(run, exporter, tokenizer=tokenizer, read_list=read_list)


@task(
    name="export",
    task_run_name="export-{exporter.name}",
    cache_policy=NO_CACHE,
    persist_result=False,
)
async def export_rows(run: LabelRun, exporter: Exporter) -> ExportReport:
    """Write the rows of one export of a complete run."""
    return await asyncio.to_thread(export, run.folder, exporter)


@task(name="publish", cache_policy=NO_CACHE, persist_result=False)
async def publish_rows(run: LabelRun, publication: Publication) -> str:
    """Publish a run's committed shards and exports; return the address."""
    terms = Terms(private=not publication.public, license=publication.license)
    done = await asyncio.to_thread(publish_run, run.folder, publication.to, terms)
    return done.url
