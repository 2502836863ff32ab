"""A run folder's evidence becomes `exports/<format>-<view>/{train,validation}.parquet`."""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from exporters.critique_sets import critique_set, critique_template
from exporters.filters import FilterCount, ReadList, Scope, Sifting, no_lists
from exporters.folders import placed, settings_of, viewed
from exporters.making import Making, Tally
from exporters.records import Settled, Tokenizer, TrainingRow
from exporters.seam import Exporter
from exporters.splits import SPLITS, Split
from schemas import ExportError
from schemas.run_folder import RunFolder
from schemas.views import AnyView, Concludes, own_view

_GROUPS_BY_SHARD = 1_000
_GROUP_ROWS = 4_096
"""What a row group holds behind the first shards, which have one each: a writer keeps ten kilobytes
of every group until it closes the file, and so does who reads it."""
_HELPS: Mapping[Concludes, str] = {
    "counts": "hard, which any evidence allows",
    "first_error": "first_error, as its labeler concludes",
    "stated": "stated or stated_grades: the run is an import, and holds no rollouts",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportReport:
    """What an export holds and what it left out; `export.json` beside the rows."""

    folder: Path
    separator: str
    rows: Mapping[Split, int]
    right_steps: int
    """Graded ones: from 0.5 on."""
    wrong_steps: int
    refused: Mapping[str, int]
    """What made no row, by reason: solutions, or pairs and prefixes where rows are of these."""
    shortened: int
    """Rows that lost steps to fit the length limit."""
    lengths_measured: bool
    unlabelled: int
    """Problems of the run that are not labelled yet: the export is of a part of it."""
    filters: tuple[FilterCount, ...] = ()
    """What each filter took out of the solutions that would have made rows, in their order."""


def export_run(
    run: RunFolder,
    exporter: Exporter,
    *,
    tokenizer: Tokenizer | None = None,
    read_list: ReadList = no_lists,
) -> ExportReport:
    """Write the training rows of a run's committed shards; the same run gives the same bytes.

    `export.json` is written last: where it lies, the rows beside it are whole. Raises ExportError
    for a view that the evidence forbids, or a run of which every solution is refused or filtered
    out.
    """
    concludes = run.concludes
    exporter = placed(run, viewed(exporter, concludes))
    view = exporter.view or own_view(concludes)
    name = exporter.rows_of_critiques
    critiques = critique_set(run, name) if name else None
    settled = Settled(
        view=view,
        separator=exporter.separator_of(run.solutions, view),
        tokenizer=tokenizer,
        critique_template=critique_template(critiques) if critiques else None,
    )
    scope = Scope(run=run, shards=run.shards, read_list=read_list)
    sifting = Sifting(exporter.filters, scope)
    making = Making(
        scope=scope, exporter=exporter, settled=settled, sifting=sifting, critiques=critiques
    )
    folder = run.export(exporter.name)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "export.json").unlink(missing_ok=True)
    beside = [name for one in exporter.filters for name in one.beside]
    with ExitStack() as undo:
        undo.callback(_discard, folder, beside)
        sifting.look(making.candidates)
        tally = _write(making, folder)
        if not tally.rows.total():
            raise ExportError(_nothing(run, exporter, view, tally, sifting))
        for sieve in sifting.sieves:
            sieve.leave(folder)
        undo.pop_all()
    report = _report(making, folder, tally)
    _record(report, exporter)
    return report


def _nothing(
    run: RunFolder, exporter: Exporter, view: AnyView, tally: Tally, sifting: Sifting
) -> str:
    """Say why no row is left, and what would help."""
    refused = [f"{n}: {reason}" for reason, n in tally.refused.most_common()]
    filtered = [
        f"{n}: filter {count.kind}, {reason}"
        for count in sifting.counts
        for reason, n in count.taken.items()
    ]
    told = f"{run.path} has no solution to export"
    if filtered:
        reasons = "; ".join([*refused, *filtered])
        return f"{told} ({reasons}): leave out a filter, or let it take less"
    told = f"{told} ({'; '.join(refused) or 'it has none'})"
    if not exporter.reads_view:
        return told
    if run.concludes == "stated" and view.kind.startswith("stated"):
        return f"{told} as what is stated: another format may take it"
    decides = exporter.takes_decisions or run.concludes == "stated"
    helps = _HELPS[run.concludes] if decides else "beta, for any counts"
    return f"{told} as view {view.kind!r}: choose another with --view, e.g. {helps}"


def _discard(folder: Path, beside: Sequence[str]) -> None:
    """Remove what a failed export left: a reader who takes all files would take it for rows."""
    with suppress(OSError):  # a disk that takes no more; somebody else's files in the folder
        for name in beside:
            (folder / name).unlink(missing_ok=True)
        for split in SPLITS:
            for name in (f"{split}.parquet", f"{split}.parquet.partial"):
                (folder / name).unlink(missing_ok=True)
        folder.rmdir()


def _write(making: Making, folder: Path) -> Tally:
    tally = Tally()
    partial = {split: folder / f"{split}.parquet.partial" for split in SPLITS}
    with ExitStack() as files:
        writers = {
            split: files.enter_context(pq.ParquetWriter(path, making.schema, compression="zstd"))
            for split, path in partial.items()
        }
        waiting: dict[Split, list[TrainingRow]] = {split: [] for split in SPLITS}
        places = count()
        for number, shard in enumerate(making.scope.shards):
            enough = 1 if number < _GROUPS_BY_SHARD else _GROUP_ROWS
            for split, rows in making.shard_rows(shard, places, tally).items():
                waiting[split] += rows
                if len(waiting[split]) >= enough:
                    _write_group(writers[split], waiting[split])
        for split, rows in waiting.items():
            _write_group(writers[split], rows)
    for split, path in partial.items():
        os.replace(path, folder / f"{split}.parquet")
    return tally


def _write_group(writer: pq.ParquetWriter, rows: list[TrainingRow]) -> None:
    """Write rows as one row group, and forget them."""
    if rows:
        writer.write_table(pa.Table.from_pylist(rows, schema=writer.schema))
        rows.clear()


def _report(making: Making, folder: Path, tally: Tally) -> ExportReport:
    measured = making.settled.tokenizer is not None and making.exporter.max_length is not None
    return ExportReport(
        folder=folder,
        separator=making.settled.separator,
        rows={split: tally.rows[split] for split in SPLITS},
        right_steps=tally.labels[True],
        wrong_steps=tally.labels[False],
        refused=dict(sorted(tally.refused.items())),
        shortened=tally.shortened,
        lengths_measured=measured,
        unlabelled=making.scope.run.unlabelled,
        filters=making.sifting.counts,
    )


def _record(report: ExportReport, exporter: Exporter) -> None:
    digests = {split: _digest(report.folder / f"{split}.parquet") for split in SPLITS}
    record = asdict(report) | {"folder": report.folder.name, "settings": settings_of(exporter)}
    record["digests"] = digests
    partial = report.folder / "export.json.partial"
    partial.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(partial, report.folder / "export.json")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
