"""`stepmint train`: a process reward model learns from runs, and the terminal shows how it goes."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from exporters import StepmintExporter
from exporters.runs import ExportReport
from flows.config import with_overrides
from flows.messages import checked
from flows.saying import say
from prm.settings import Training
from tasks.training import Trained, train

_PLAIN_SECONDS = 15.0
_ROWS = ("view", "filters", "separator", "max_length", "long_rows", "validation_ratio")
"""Settings of the rows; all others are the training's."""


def train_here(
    runs: Sequence[Path],
    out: Console,
    err: Console,
    *,
    given: Mapping[str, Any],
    overrides: Sequence[str],
) -> Trained:
    """Train as the options say and print what came of it."""
    values = with_overrides(given, overrides)
    chosen = {name: values.pop(name) for name in _ROWS if name in values}
    settings: Training = checked(Training, values, where="the training")
    rows: StepmintExporter = checked(
        StepmintExporter, {"long_rows": _too_long(settings), **chosen}, where="the rows"
    )
    teller = _Teller(err)
    with teller:
        trained = train(runs, settings, rows, exported=teller.exported, told=teller.learnt)
    loss = "" if trained.loss is None else f", validation loss {trained.loss:.3f}"
    say(
        out,
        f"{trained.rows['train']:,} rows ({trained.right_steps:,} right steps, "
        f"{trained.wrong_steps:,} wrong){loss}\n"
        + ("it was there already: " if trained.already else "")
        + f"{trained.model}\nmeasure it: stepmint evaluate {trained.model} --on RUN",
    )
    return trained


def _too_long(settings: Training) -> str:
    """Return what becomes of long rows: what lost its last step has no end to be judged at."""
    return "refuse" if settings.labels_at == "end" else "shorten"


class _Teller:
    """Shows batches and losses: a bar on a terminal, a line now and then elsewhere."""

    def __init__(self, err: Console) -> None:
        self._err = err
        self._bar = Progress(
            TextColumn("learning"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("batches, loss {task.fields[loss]}"),
            TimeRemainingColumn(),
            console=err,
            transient=True,
            disable=not err.is_terminal,
        )
        self._task = self._bar.add_task("", total=None, loss="-", visible=False)
        self._loss = "-"
        self._said = time.monotonic()

    def __enter__(self) -> "_Teller":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def exported(self, report: ExportReport) -> None:
        """Say what is learnt from."""
        left = sum(report.refused.values())
        without = f", {left:,} left out (export.json says why)" if left else ""
        say(self._err, f"{report.rows['train']:,} rows of {report.folder}{without}")

    def learnt(self, done: int, of: int, measured: Mapping[str, float]) -> None:
        """Show how far it is."""
        if "loss" in measured:
            self._loss = f"{measured['loss']:.3f}"
        self._bar.update(self._task, completed=done, total=of, loss=self._loss, visible=True)
        if not self._err.is_terminal and time.monotonic() - self._said > _PLAIN_SECONDS:
            self._said = time.monotonic()
            say(self._err, f"{done} of {of} batches, loss {self._loss}")
