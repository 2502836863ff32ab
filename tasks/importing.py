"""A labelled set that others made becomes a run of ours: whole, or not at all.

output/.importing-NAME/     being written; the next import of that name begins anew
output/NAME/                the run, in one rename
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

import pyarrow as pa

from schemas import RejectedRow, RunError, SourceError
from schemas.arrow import SCHEMA_VERSION, TableName
from schemas.conversion import nodes_table, problems_table, rollouts_table, solutions_table
from schemas.rows import ProblemRow, Provenance, SolutionRow
from schemas.run_folder import RunFolder
from schemas.search_folder import SearchFolder
from schemas.views import count_labelled
from sources import FileSource, HubSource, SearchSource, TableSource
from sources.stated import StatedFormat, form_named
from sources.stated.sets import ImportedProblem, StatedReading, imported
from tasks import locks, run_file
from tasks.commits import commit
from tasks.files import fresh, sync, writing
from tasks.locks import alone
from tasks.records import Counts, ShardRecord, Total
from tasks.sources import located

SHARD_SOLUTIONS = 4096
"""Solutions from which on a shard is full: what an import holds in memory at once."""
_HUBS = ("hf", "ms")
_Batch = list[ImportedProblem]


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """What is to be imported, and as what."""

    source: TableSource
    """Where the rows are; of a hub that only a client reads, not fetched yet."""
    form: StatedFormat | None
    """How they are read; None: found by their columns."""
    limit: int | None = None
    """Rows to read at most."""

    @property
    def described(self) -> dict[str, object]:
        """The source as a card may show it: no folders of this machine."""
        if isinstance(self.source, HubSource) and not self.source.is_local:
            shown = ("hub", "dataset", "config", "split", "revision")
            return {name: value for name in shown if (value := getattr(self.source, name))}
        if isinstance(self.source, SearchSource):
            return {"search": Path(self.source.path).resolve().name}
        path = self.source.path if isinstance(self.source, FileSource) else self.source.name
        return {"file": Path(path).name}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import came to."""

    folder: Path
    reading: StatedReading


def source_of(text: str, *, split: str | None = None, revision: str | None = None) -> TableSource:
    """Return the source that `hf:org/name[/config][@split]`, the same of `ms:`, or a path names.

    The folder of a search is its own source.

    `split`: of a hub's dataset that of its name, else `train`, where it is None; of a folder the
    files that carry it.
    """
    hub, _, rest = text.partition(":")
    if SearchFolder(Path(text)).record_file.is_file():
        return SearchSource(path=text)
    if hub not in _HUBS or Path(text).exists():
        return FileSource(path=text, split=split)
    address, _, named = rest.partition("@")
    parts = address.split("/")
    if not 2 <= len(parts) <= 3 or not all(parts):
        raise SourceError(
            f"{text}: write {hub}:organisation/name, with /config and @split where it has them"
        )
    return HubSource(
        hub="huggingface" if hub == "hf" else "modelscope",
        dataset="/".join(parts[:2]),
        config=parts[2] if len(parts) == 3 else None,
        split=split or named or "train",
        revision=revision,
        streaming=True,
    )


def stated_set(text: str) -> Iterator[ImportedProblem | RejectedRow]:
    """Yield the problems of the set that `FORMAT:SOURCE` or `SOURCE` names, and its bad rows.

    E.g. `processbench:data/gsm8k.json`, `hf:Qwen/ProcessBench@gsm8k`. No run is written.
    """
    name, colon, rest = text.partition(":")
    form = form_named(name) if colon else None
    return imported(located(source_of(rest if form else text)), form)


def import_set(
    wanted: Import, folder: Path, *, seen: Callable[[StatedReading], None] = lambda reading: None
) -> ImportReport:
    """Write a set as the run `folder`; `seen` is told now and then how far the reading is.

    Raises RunError where the folder is there, or being imported to; SourceError where the set
    cannot be read or holds no labelled solution.
    """
    _refuse_taken(folder)
    source = located(wanted.source)
    began = run_file.now()
    with _fresh_folder(folder) as partial:
        reading = StatedReading()
        rows = imported(source, wanted.form, reading=reading, limit=wanted.limit)
        total = _write(partial, rows, reading, wanted, seen)
        _record(partial, folder.name, wanted, reading, total, began)
        with writing(folder):
            _refuse_taken(folder)
            partial.rename(folder)
            sync(folder.parent)
    return ImportReport(folder=folder, reading=reading)


def _refuse_taken(folder: Path) -> None:
    if folder.exists():
        raise RunError(
            f"{folder} is there already: choose another name with --name, or put it aside with "
            "--fresh"
        )


def put_aside(folder: Path) -> Path | None:
    """Give a run's folder another name; return it, None: there was none.

    Raises RunError where another process is working on it.
    """
    if not folder.exists():
        return None
    lock = RunFolder(folder).lock
    return locks.put_aside(folder, lock, otherwise="choose another name with --name")


@contextmanager
def _fresh_folder(folder: Path) -> Iterator[Path]:
    """Give an empty folder beside the run's, which this process alone writes; nothing is left."""
    partial = folder.with_name(f".importing-{folder.name}")
    lock = RunFolder(partial).lock

    def told(holder: str) -> str:
        wait = "wait for it, or choose another name with --name"
        return f"{folder} is being imported to by process {holder}: {wait}"

    with ExitStack() as held:
        with writing(folder):
            partial.mkdir(parents=True, exist_ok=True)
            held.enter_context(alone(lock, told))
        try:
            for path in partial.iterdir():
                if path != lock:
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
            yield partial
        finally:
            shutil.rmtree(partial, ignore_errors=True)  # gone where it was renamed


def _write(
    folder: Path,
    rows: Iterable[ImportedProblem | RejectedRow],
    reading: StatedReading,
    wanted: Import,
    seen: Callable[[StatedReading], None],
) -> Total:
    total, batch, size = Total(), _Batch(), 0
    with writing(folder), fresh(RunFolder(folder).rejected) as rejected:
        for one in rows:
            if isinstance(one, RejectedRow):
                _reject(rejected, one)
            else:
                batch.append(one)
                size += len(one.solutions)
            seen(reading)
            if size >= SHARD_SOLUTIONS:
                total.add(_commit(folder, total.shards, batch, reading, wanted))
                batch, size = [], 0
        if batch:
            total.add(_commit(folder, total.shards, batch, reading, wanted))
    shutil.rmtree(RunFolder(folder).partials, ignore_errors=True)
    return total


def _reject(file: IO[bytes], row: RejectedRow) -> None:
    file.write((json.dumps(asdict(row)) + "\n").encode("ascii"))


def _commit(
    folder: Path,
    shard: int,
    batch: Sequence[ImportedProblem],
    reading: StatedReading,
    wanted: Import,
) -> ShardRecord:
    made = _provenance(wanted, reading)
    solutions = [
        SolutionRow(problem=one.problem, solution=each, provenance=made)
        for one in batch
        for each in one.solutions
    ]
    tables: dict[TableName, pa.Table] = {
        "problems": problems_table(ProblemRow(problem=one.problem, set_aside="") for one in batch),
        "solutions": solutions_table(solutions),
        "nodes": nodes_table(()),
        "rollouts": rollouts_table(()),
    }
    labelled = [row.solution for row in solutions]
    counts = Counts(
        problems=len(batch),
        solutions=len(labelled),
        steps=sum(len(one.steps) for one in labelled),
        labelled_steps=sum(count_labelled(one, "stated") for one in labelled),
        located=sum(one.first_error is not None for one in labelled),
    )
    return commit(folder, shard, tables=tables, counts=counts, policy=made.policy)


def _provenance(wanted: Import, reading: StatedReading) -> Provenance:
    """Return where imported rows come from: equal rows read alike, equal provenance."""
    form = _form(reading)
    text = json.dumps({"form": form.model_dump(mode="json"), "limit": wanted.limit}, sort_keys=True)
    return Provenance(
        config=hashlib.sha256(text.encode()).hexdigest()[:16],
        policy=f"imported:{form.source}",
        prompt="",
        sampling=None,
        seed=0,
    )


def _form(reading: StatedReading) -> StatedFormat:
    assert reading.form is not None  # a problem was read
    return reading.form


def _record(
    folder: Path, name: str, wanted: Import, reading: StatedReading, total: Total, began: str
) -> None:
    form, made = _form(reading), _provenance(wanted, reading)
    run_file.update(
        folder,
        {
            "name": name,
            "status": "finished",
            "error": None,
            "schema_version": SCHEMA_VERSION,
            "seed": made.seed,
            "config_digest": made.config,
            "config": {"source": wanted.described, "limit": wanted.limit},
            "concludes": "stated",
            "import": {
                "format": form.format,
                "labels": form.labelled_by,
                "origin": reading.origin,
                "settings": form.model_dump(mode="json"),
            },
            "source": asdict(reading.record),
            **run_file.conclusion(total, left=0),
            "started": began,
            "ended": run_file.now(),
            **run_file.environment(),
        },
    )
