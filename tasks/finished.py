"""Whether anything is left to do for a run; told without Prefect, whose start takes seconds."""

from exporters.folders import is_current
from schemas.run_folder import RunFolder
from tasks.commits import check_shards, committed
from tasks.records import Counts, Total
from tasks.settings import LabelRun
from tasks.staging import staged


def finished(run: LabelRun) -> Counts | None:
    """Return what a run holds where nothing is left to do for it; None where there is something.

    Raises RunError where a committed file is missing or not what was committed.
    """
    folder, found = RunFolder(run.folder), staged(run.folder)
    if run.incremental or found is None or folder.record().get("status") != "finished":
        return None
    records = [committed(run.folder, shard) for shard in range(found.shards)]
    if None in records or not all(is_current(folder, exporter) for exporter in run.exports):
        return None
    check_shards(run.folder)
    return Total.of(record for record in records if record).counts
