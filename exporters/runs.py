"""A run folder's evidence becomes `exports/<format>-<view>/{train,validation}.parquet`."""

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field, replace
from itertools import chain, count
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from exporters.critique_sets import critique_set, critique_template
from exporters.filters import Candidate, FilterCount, ReadList, Scope, Sifting, no_lists
from exporters.records import Refused, Settled, Taken, Tokenizer, TrainingRow
from exporters.seam import Exporter
from schemas import ExportError, Node
from schemas.arrow import huggingface_metadata, read_table
from schemas.conversion import nodes_from, solutions_from
from schemas.critique_folder import CritiqueFolder
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
    exporter = placed(run, viewed(exporter, run.concludes))
    view = exporter.view or own_view(run.concludes)
    separator = exporter.separator_of(run.solutions, view)
    settled = Settled(view=view, separator=separator, tokenizer=tokenizer)
    scope = Scope(run=run, shards=run.shards, read_list=read_list)
    sifting = Sifting(exporter.filters, scope)
    name = exporter.rows_of_critiques
    export = _Export(
        scope=scope,
        exporter=exporter,
        settled=settled,
        sifting=sifting,
        critiques=critique_set(run, name) if name else None,
    )
    folder = run.export(exporter.name)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "export.json").unlink(missing_ok=True)
    beside = [name for one in exporter.filters for name in one.beside]
    with ExitStack() as undo:
        undo.callback(_discard, folder, beside)
        sifting.look(export.candidates)
        tally = _write(export, folder)
        if not tally.rows.total():
            raise ExportError(_nothing(run, exporter, view, tally, sifting))
        for sieve in sifting.sieves:
            sieve.leave(folder)
        undo.pop_all()
    report = _report(export, folder, tally)
    _record(report, exporter)
    return report


def _nothing(
    run: RunFolder, exporter: Exporter, view: AnyView, tally: _Tally, sifting: Sifting
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
    helps = _HELPS[run.concludes] if exporter.takes_decisions else "beta, for any counts"
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


def viewed(exporter: Exporter, concludes: Concludes) -> Exporter:
    """Return an exporter with the view it will have of a run whose labeler concludes this."""
    if not exporter.reads_view:
        return exporter
    return exporter.model_copy(update={"view": exporter.view or exporter.own_view(concludes)})


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Export:
    """One export of a run at work."""

    scope: Scope
    exporter: Exporter
    settled: Settled
    sifting: Sifting
    critiques: CritiqueFolder | None
    """What rows are made of beside solutions, in formats of critiques."""

    @property
    def schema(self) -> pa.Schema:
        """The format's columns behind those that name what a row is of."""
        schema = pa.schema([*self.exporter.key_columns, *self.exporter.columns])
        return schema.with_metadata(huggingface_metadata(schema))

    def candidates(self) -> Iterator[Candidate]:
        """Yield what would make a row and is not taken out by now."""
        places, unheard = count(), _Tally()
        for shard in self.scope.shards:
            for candidate, _ in self._found(shard, places, unheard):
                yield candidate

    def shard_rows(
        self, shard: str, places: Iterator[int], tally: _Tally
    ) -> dict[Split, list[TrainingRow]]:
        """Return the rows of the problems of a shard, by split."""
        kept: dict[str, list[Taken]] = {}
        for candidate, taken in self._found(shard, places, tally):
            if self.sifting.keeps(candidate):
                kept.setdefault(candidate.problem.id, []).append(taken)
        nodes, settled = self._nodes(shard), self._settled(shard)
        rows: dict[Split, list[TrainingRow]] = {}
        for problem_id, brought in kept.items():
            split = split_of(problem_id, self.exporter.validation_ratio)
            made = self._made(brought, nodes.get(problem_id, ()), settled, tally)
            rows.setdefault(split, []).extend(made)
        tally.rows.update({split: len(some) for split, some in rows.items()})
        return rows

    def _found(
        self, shard: str, places: Iterator[int], tally: _Tally
    ) -> Iterator[tuple[Candidate, Taken]]:
        """Yield the solutions of a shard that bring something and are not taken out by now."""
        solutions, settled = _distinct(self.scope.run, shard, tally), self._settled(shard)
        for row, place in zip(solutions, places, strict=False):
            if self.sifting.is_out(place):
                continue
            taken = self.exporter.taken(row.problem, row.solution, settled)
            if isinstance(taken, Refused):
                tally.refused[taken.reason] += 1
                continue
            candidate = Candidate(
                place=place, problem=row.problem, solution=row.solution, labelled=taken.steps
            )
            yield candidate, taken

    def _settled(self, shard: str) -> Settled:
        """Return what is settled for a shard, with the critiques of its solutions."""
        if self.critiques is None:
            return self.settled
        critiques = self.critiques.by_solution(shard)
        template = critique_template(self.critiques)
        return replace(self.settled, critiques=critiques, critique_template=template)

    def _nodes(self, shard: str) -> dict[str, list[Node]]:
        """Return the sampled prefixes of each problem, where the format reads them."""
        nodes: dict[str, list[Node]] = {}
        if self.exporter.reads_nodes:
            for row in nodes_from(read_table(self.scope.run.file("nodes", shard), "nodes")):
                nodes.setdefault(row.problem_id, []).append(row.node)
        return nodes

    def _made(
        self, taken: Sequence[Taken], nodes: Sequence[Node], settled: Settled, tally: _Tally
    ) -> Iterator[TrainingRow]:
        """Yield the rows of one problem; counts them, and what is refused."""
        problem = taken[0].steps.problem
        for made in self.exporter.rows(problem, taken, nodes, settled):
            if isinstance(made, Refused):
                tally.refused[made.reason] += 1
                continue
            tally.labels.update(label >= 0.5 for label in made.labels)
            tally.shortened += made.shortened
            yield {"problem_id": problem.id, **made.row}


def _write(export: _Export, folder: Path) -> _Tally:
    tally = _Tally()
    partial = {split: folder / f"{split}.parquet.partial" for split in SPLITS}
    with ExitStack() as files:
        writers = {
            split: files.enter_context(pq.ParquetWriter(path, export.schema, compression="zstd"))
            for split, path in partial.items()
        }
        waiting: dict[Split, list[TrainingRow]] = {split: [] for split in SPLITS}
        places = count()
        for number, shard in enumerate(export.scope.shards):
            enough = 1 if number < _GROUPS_BY_SHARD else _GROUP_ROWS
            for split, rows in export.shard_rows(shard, places, tally).items():
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


def _report(export: _Export, folder: Path, tally: _Tally) -> ExportReport:
    measured = export.settled.tokenizer is not None and export.exporter.max_length is not None
    return ExportReport(
        folder=folder,
        separator=export.settled.separator,
        rows={split: tally.rows[split] for split in SPLITS},
        right_steps=tally.labels[True],
        wrong_steps=tally.labels[False],
        refused=dict(sorted(tally.refused.items())),
        shortened=tally.shortened,
        lengths_measured=measured,
        unlabelled=export.scope.run.unlabelled,
        filters=export.sifting.counts,
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
