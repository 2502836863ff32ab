"""Runs become a process reward model: their labels as rows, a base that learns from them, a record.

output/FOLDER/
    train.json        settings, rows with their digests, versions; at its end what came of it
    learnt.parquet    of which problems' samples it learns, for what must not judge them
    loss.jsonl        the loss curve
    checkpoints/      from which an interrupted training goes on
    model/            the model, whole; with prm.json, which says how it is to be asked
    lock              held by the process that learns
"""

import json
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import IO, Any

from exporters import StepmintExporter
from exporters.runs import ExportReport
from exporters.splits import SPLITS, Split
from prm.settings import Training
from schemas import ConfigError, RunError
from tasks.commits import check_shards
from tasks.exports import export
from tasks.files import write_json, writing
from tasks.locks import locked
from tasks.origins import write_learnt

_PACKAGES = ("stepmint", "torch", "transformers", "peft")
_ELSEWHERE = "choose another folder with --output"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A model that was learnt."""

    model: Path
    rows: Mapping[Split, int]
    right_steps: int
    wrong_steps: int
    loss: float | None
    """That of the model on validation rows, in nats per labelled step; None without any."""
    already: bool
    """Whether it was there already, of the same settings and rows."""


Told = Callable[[int, int, Mapping[str, float]], None]
"""Called with the batches done, their number, and what was measured, e.g. `loss`."""


def train(
    runs: Sequence[Path],
    settings: Training,
    rows: StepmintExporter,
    *,
    exported: Callable[[ExportReport], None] = lambda report: None,
    told: Told = lambda done, of, measured: None,
) -> Trained:
    """Learn from the labels of runs; the same command goes on where it was stopped.

    `rows` says what is exported of each run: the view, filters, the separator, how long rows may
    be; their tokenizer is the base's. Raises ConfigError where the folder holds a model of other
    settings or rows, and for a base that does not load.
    """
    folder = settings.output
    with writing(folder, elsewhere=_ELSEWHERE):
        folder.mkdir(parents=True, exist_ok=True)
        lock = _alone(folder)
    with lock:
        reports = _exported(runs, rows.model_copy(update={"tokenizer": settings.base}))
        for report in reports:
            exported(report)
        asked = {
            "settings": settings.shaping(),
            "separator": reports[0].separator,
            "rows": [_rows(report) for report in reports],
        }
        record = folder / "train.json"
        there = _begun(record, asked)
        already = (folder / "model").is_dir()
        if not already:
            write_json(record, asked | {"versions": _versions()})
            write_learnt(folder, runs, settings.base)
            there = asked | {"versions": _versions()} | _learnt(settings, reports, told)
            write_json(record, there)
    return Trained(
        model=folder / "model",
        rows={split: sum(report.rows[split] for report in reports) for split in SPLITS},
        right_steps=sum(report.right_steps for report in reports),
        wrong_steps=sum(report.wrong_steps for report in reports),
        loss=there.get("validation_loss"),
        already=already,
    )


def _alone(folder: Path) -> IO[str]:
    try:
        return locked(folder / "lock", wait=False)
    except BlockingIOError as error:
        raise RunError(
            f"{folder}: another process learns there; wait for it, or stop it"
        ) from error


def _exported(runs: Sequence[Path], rows: StepmintExporter) -> list[ExportReport]:
    """Return the exports of all runs, with one separator."""
    for run in runs:
        check_shards(run)
    reports = [export(run, rows) for run in runs]
    separators = {report.separator for report in reports}
    if len(separators) > 1:  # the longest stands in no step of any
        same = rows.model_copy(update={"separator": max(separators, key=len)})
        reports = [export(run, same) for run in runs]
    return reports


def _learnt(settings: Training, reports: Sequence[ExportReport], told: Told) -> dict[str, Any]:
    """Learn, and return what came of it."""
    from prm.learning import learn  # torch: seconds that other commands save

    files = {split: [report.folder / f"{split}.parquet" for report in reports] for split in SPLITS}
    with writing(settings.output, elsewhere=_ELSEWHERE):
        curve = learn(
            settings,
            files["train"],
            files["validation"],
            separator=reports[0].separator,
            told=told,
        )
    loss = curve.least if settings.patience else curve.last
    return {"batches": curve.batches, "validation_loss": loss}


def _rows(report: ExportReport) -> dict[str, Any]:
    """Return what names the rows of one run: where they came from, and their digests."""
    record = json.loads((report.folder / "export.json").read_text("utf-8"))
    return {
        "run": report.folder.parent.parent.name,
        "export": report.folder.name,
        "view": record["settings"]["view"],
        "filters": record["settings"]["filters"],
        "counts": dict(report.rows),
        "digests": record["digests"],
    }


def _begun(record: Path, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the folder's record; raises ConfigError where it is of another training."""
    if not record.is_file():
        return {}
    try:
        there = dict(json.loads(record.read_text("utf-8")))
        before = dict(there["settings"])
    except (ValueError, KeyError, TypeError) as error:
        raise RunError(f"{record} is damaged ({error}): delete its folder") from error
    now = dict(asked["settings"])
    changed = [
        f"{name} was {json.dumps(before.get(name))}, now {json.dumps(now.get(name))}"
        for name in sorted(before | now)
        if before.get(name) != now.get(name)
    ]
    changed += [f"{name} changed" for name in ("separator", "rows") if there[name] != asked[name]]
    if changed:
        raise ConfigError(
            f"{record.parent} holds another training ({'; '.join(changed)}): give another folder "
            "with --output, or delete that one"
        )
    return there


def _versions() -> dict[str, str]:
    found = {name: metadata.version(name) for name in _PACKAGES}
    return {"python": platform.python_version(), **found}
