"""A run folder's evidence becomes `exports/<format>-<view>/{train,validation}.parquet`."""

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field
from itertools import chain, count
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from exporters.filters import Candidate, FilterCount, ReadList, Scope, Sifting, no_lists
from exporters.measure import fit
from exporters.records import LabelledSteps, Refused, Tokenizer, TrainingRow
from exporters.seam import Exporter
from exporters.steps import clashes
from schemas import ExportError
from schemas.arrow import huggingface_metadata, read_table
from schemas.conversion import solutions_from
from schemas.rows import SolutionRow
from schemas.run_folder import RunFolder
from schemas.views import AnyView, Concludes, own_view

Split = Literal["train", "validation"]
SPLITS: tuple[Split, ...] = ("train", "validation")
_GROUPS_BY_SHARD = 1_000
_GROUP_ROWS = 4_096
"""What a row group holds behind the first shards, which have one each: a writer keeps ten kilobytes
of every group until it closes the file, and so does who reads it."""
_HELPS: Mapping[Concludes, str] = {
    "counts": "hard, which any evidence allows",
    "first_error": "first_error, as its labeler concludes",
    "stated": "stated or stated_grades: the run is an import, and holds no rollouts",
}
_KEYS = pa.schema({"problem_id": pa.string(), "solution_index": pa.int32()})


@dataclass(slots=True)
class _Tally:
    """What an export has come to so far."""

    rows: Counter[Split] = field(default_factory=Counter)
    labels: Counter[bool] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    shortened: int = 0


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
    """Solutions that made no row, by reason."""
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
    exporter = placed(run, viewed(exporter, run.concludes))
    view = exporter.view or own_view(run.concludes)
    separator = exporter.separator or _separator(run, exporter, view)
    maker = _Maker(exporter, separator, view, tokenizer)
    scope = Scope(run=run, shards=run.shards, read_list=read_list)
    sifting = Sifting(exporter.filters, scope)
    folder = run.export(exporter.name)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "export.json").unlink(missing_ok=True)
    beside = [name for one in exporter.filters for name in one.beside]
    with ExitStack() as undo:
        undo.callback(_discard, folder, beside)
        sifting.look(lambda: _candidates(scope, maker, sifting))
        tally = _write(scope, folder, maker, sifting)
        if not tally.rows:
            raise ExportError(_nothing(run, view, tally, sifting))
        for sieve in sifting.sieves:
            sieve.leave(folder)
        undo.pop_all()
    report = _report(run, folder, maker, tally, sifting)
    _record(report, exporter)
    return report


def _nothing(run: RunFolder, view: AnyView, tally: _Tally, sifting: Sifting) -> str:
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
    return (
        f"{told} ({'; '.join(refused) or 'it has none'}) as view {view.kind!r}: choose another "
        f"with --view, e.g. {_HELPS[run.concludes]}"
    )


def _discard(folder: Path, beside: Sequence[str]) -> None:
    """Remove what a failed export left: a reader who takes all files would take it for rows."""
    with suppress(OSError):  # a disk that takes no more; somebody else's files in the folder
        for name in beside:
            (folder / name).unlink(missing_ok=True)
        for split in SPLITS:
            for name in (f"{split}.parquet", f"{split}.parquet.partial"):
                (folder / name).unlink(missing_ok=True)
        folder.rmdir()


def viewed(exporter: Exporter, concludes: Concludes) -> Exporter:
    """Return an exporter with the view it will have of a run whose labeler concludes this."""
    if not exporter.reads_view:
        return exporter
    return exporter.model_copy(update={"view": exporter.view or own_view(concludes)})


def placed(run: RunFolder, exporter: Exporter) -> Exporter:
    """Return an exporter with a folder of its own: two exports of other settings never share one.

    Where its name is taken it is `NAME-2`, `NAME-3`, and so on; the same settings find their folder
    again. Raises ExportError where the folder was named and holds other settings.
    """
    if exporter.folder is not None:
        if changes := list(_differences(run, exporter.name, exporter)):
            raise ExportError(
                f"{run.export(exporter.name)} holds an export of other settings "
                f"({'; '.join(changes)}): name another folder, e.g. folder={exporter.name}-2, or "
                "delete that one"
            )
        return exporter
    names = chain((exporter.name,), (f"{exporter.name}-{number}" for number in count(2)))
    free = next(name for name in names if not any(_differences(run, name, exporter)))
    return exporter.model_copy(update={"folder": free})


def is_current(run: RunFolder, exporter: Exporter) -> bool:
    """Tell whether a run holds this very export whole, as far as its record says."""
    exporter = placed(run, viewed(exporter, run.concludes))
    return _exported(run, exporter.name) is not None


def _differences(run: RunFolder, name: str, exporter: Exporter) -> Iterator[str]:
    """Yield which settings of a folder's export are others; none where there is no export."""
    there, now = _exported(run, name), _settings(exporter)
    for key in sorted(now) if there is not None else ():
        before = (there or {}).get(key)
        if before != now[key]:
            yield f"{key} was {json.dumps(before)}, now {json.dumps(now[key])}"


def _exported(run: RunFolder, name: str) -> dict[str, Any] | None:
    """Return the settings of the export in a folder; None where there is none whole."""
    try:
        record = json.loads((run.export(name) / "export.json").read_text("utf-8"))
        return dict(record["settings"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _settings(exporter: Exporter) -> dict[str, Any]:
    return exporter.model_dump(mode="json", exclude={"folder"})


def split_of(problem_id: str, validation_ratio: float) -> Split:
    """Return the split of a problem: the same in every run, machine and export."""
    digest = hashlib.sha256(problem_id.encode()).digest()
    share = int.from_bytes(digest[:8], "big") / 2**64
    return "validation" if share < validation_ratio else "train"


@dataclass(frozen=True, slots=True)
class _Maker:
    """Turns solutions into rows of one format."""

    exporter: Exporter
    separator: str
    view: AnyView
    tokenizer: Tokenizer | None

    @property
    def schema(self) -> pa.Schema:
        """The format's columns behind the two that name the solution."""
        schema = pa.schema([*_KEYS, *self.exporter.columns])
        return schema.with_metadata(huggingface_metadata(schema))

    def made(self, solution: SolutionRow, tally: _Tally) -> "_Made | None":
        """Return what a solution makes; None where it is refused, which is counted."""
        made = self._make(solution)
        if isinstance(made, Refused):
            tally.refused[made.reason] += 1
            return None
        return made

    def _make(self, solution: SolutionRow) -> "_Made | Refused":
        whole = self.exporter.labelled(solution.problem, solution.solution, self.view)
        if isinstance(whole, Refused):
            return whole
        grades = not all(isinstance(label, bool) for label in whole.labels)
        if grades and not self.exporter.takes_grades:
            raise ExportError(
                f"view {self.view.kind!r} gives grades though it says that it decides, and this "
                "format casts them to 0 or 1: mend the view, or choose another"
            )
        steps = fit(whole, self.separator, exporter=self.exporter, tokenizer=self.tokenizer)
        if isinstance(steps, Refused):
            return steps
        row = self.exporter.row(steps, self.separator)
        if isinstance(row, Refused):
            return row
        index = solution.solution.solution_index
        return _Made(
            steps=steps,
            row={"problem_id": solution.problem.id, "solution_index": index, **row},
            shortened=len(steps.steps) < len(whole.steps),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """What a solution makes: the steps of its row, and the row."""

    steps: LabelledSteps
    row: TrainingRow
    shortened: bool


def _separator(run: RunFolder, exporter: Exporter, view: AnyView) -> str:
    """Return the format's first separator with the fewest solutions it would refuse."""
    candidates = exporter.separators
    if len(candidates) == 1:
        return candidates[0]
    refused = Counter[str]()
    for row in run.solutions():
        steps = exporter.labelled(row.problem, row.solution, view)
        if not isinstance(steps, Refused):
            refused.update(candidate for candidate in candidates if clashes(steps, candidate))
    return min(candidates, key=lambda candidate: refused[candidate])


def _write(scope: Scope, folder: Path, maker: _Maker, sifting: Sifting) -> _Tally:
    tally = _Tally()
    partial = {split: folder / f"{split}.parquet.partial" for split in SPLITS}
    with ExitStack() as files:
        writers = {
            split: files.enter_context(pq.ParquetWriter(path, maker.schema, compression="zstd"))
            for split, path in partial.items()
        }
        waiting: dict[Split, list[TrainingRow]] = {split: [] for split in SPLITS}
        places = count()
        for number, shard in enumerate(scope.shards):
            enough = 1 if number < _GROUPS_BY_SHARD else _GROUP_ROWS
            found = _found(scope.run, shard, places, maker, sifting, tally)
            for split, rows in _shard_rows(found, maker, sifting, tally).items():
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


def _shard_rows(
    found: Iterable[tuple[Candidate, _Made]], maker: _Maker, sifting: Sifting, tally: _Tally
) -> dict[Split, list[TrainingRow]]:
    """Return the rows of the candidates that stay, by split."""
    rows: dict[Split, list[TrainingRow]] = {}
    for candidate, made in found:
        if sifting.keeps(candidate):
            split = split_of(candidate.problem.id, maker.exporter.validation_ratio)
            rows.setdefault(split, []).append(made.row)
            tally.rows[split] += 1
            tally.labels.update(label >= 0.5 for label in made.steps.labels)
            tally.shortened += made.shortened
    return rows


def _candidates(scope: Scope, maker: _Maker, sifting: Sifting) -> Iterator[Candidate]:
    """Yield what would make a row and is not taken out by now."""
    places, unheard = count(), _Tally()
    for shard in scope.shards:
        for candidate, _ in _found(scope.run, shard, places, maker, sifting, unheard):
            yield candidate


def _found(
    run: RunFolder,
    shard: str,
    places: Iterator[int],
    maker: _Maker,
    sifting: Sifting,
    tally: _Tally,
) -> Iterator[tuple[Candidate, _Made]]:
    """Yield the solutions of a shard that make a row and are not taken out by now."""
    for row, place in zip(_distinct(run, shard, tally), places, strict=False):
        made = None if sifting.is_out(place) else maker.made(row, tally)
        if made is not None:
            yield (
                Candidate(
                    place=place,
                    problem=row.problem,
                    solution=row.solution,
                    labelled=made.steps,
                ),
                made,
            )


def _distinct(run: RunFolder, shard: str, tally: _Tally) -> Iterator[SolutionRow]:
    """Yield the solutions of a shard, each text once per problem."""
    seen: set[tuple[str, str]] = set()
    for solution in solutions_from(read_table(run.file("solutions", shard), "solutions")):
        key = (solution.problem.id, "".join(solution.solution.steps))
        if key in seen:
            tally.refused["equal to another solution of the problem"] += 1
        else:
            seen.add(key)
            yield solution


def _report(
    run: RunFolder, folder: Path, maker: _Maker, tally: _Tally, sifting: Sifting
) -> ExportReport:
    return ExportReport(
        folder=folder,
        separator=maker.separator,
        rows={split: tally.rows[split] for split in SPLITS},
        right_steps=tally.labels[True],
        wrong_steps=tally.labels[False],
        refused=dict(sorted(tally.refused.items())),
        shortened=tally.shortened,
        lengths_measured=maker.tokenizer is not None and maker.exporter.max_length is not None,
        unlabelled=run.unlabelled,
        filters=sifting.counts,
    )


def _record(report: ExportReport, exporter: Exporter) -> None:
    digests = {split: _digest(report.folder / f"{split}.parquet") for split in SPLITS}
    record = asdict(report) | {"folder": report.folder.name, "settings": _settings(exporter)}
    record["digests"] = digests
    partial = report.folder / "export.json.partial"
    partial.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(partial, report.folder / "export.json")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
