"""The runs of an output folder, newest last: what they hold and how they stand."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from reports.text import compact, one_line
from schemas import RunError
from schemas.run_folder import RunFolder

_WIDE = 100
_NAME = 14
_STYLES = {"finished": "green", "failed": "red", "running": "cyan"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLine:
    """A run in a list of runs, as `run.json` tells of it; None where it does not."""

    name: str
    status: str
    problems: int | None
    solutions: int | None
    labelled_steps: int | None
    rollouts: int | None
    tokens: int | None
    begun: str
    """To the minute."""
    error: str
    """Why it failed, on one line; empty where it did not."""


def run_line(run: RunFolder) -> RunLine:
    """Return a run's line; a record that is damaged is a failure of the run."""
    record = _record(run)
    status = str(record.get("status", "unknown"))
    counts, costs = record.get("counts") or {}, record.get("costs") or {}
    failed = status == "failed" and record.get("error")
    return RunLine(
        name=one_line(run.name),
        status=one_line(status),
        problems=counts.get("problems"),
        solutions=counts.get("solutions"),
        labelled_steps=counts.get("labelled_steps"),
        rollouts=costs.get("rollouts"),
        tokens=costs.get("completion_tokens"),
        begun=str(record.get("started", ""))[:16].replace("T", " "),
        error=one_line(str(record["error"]).partition("\n")[0]) if failed else "",
    )


def show_runs(output: Path, console: Console) -> None:
    """Print the runs in a folder; raises RunError where there is none."""
    found = [RunFolder(path.parent) for path in output.glob("*/run.json")]
    if not found:
        raise RunError(f"{output} holds no run: give the folder that holds them, e.g. output")
    lines = sorted(map(run_line, found), key=lambda one: one.begun)
    wide = console.width >= _WIDE
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column("run", style="bold", overflow="fold", min_width=_NAME)
    table.add_column("status", no_wrap=True)
    for name in ("problems", "solutions", "labelled", "rollouts", "tokens"):
        table.add_column(name, justify="right", no_wrap=True)
    if wide:
        table.add_column("begun", no_wrap=True)
    for line in lines:
        table.add_row(*_cells(line)[: None if wide else -1])
    console.print(table)
    for line in lines:
        if line.error:
            console.print(Text.assemble((f"{line.name}: ", "bold"), (line.error, "red")))


def _record(run: RunFolder) -> Mapping[str, Any]:
    try:
        return run.record()
    except RunError as error:
        return {"status": "failed", "error": str(error)}


def _cells(line: RunLine) -> tuple[str | Text, ...]:
    held = (line.problems, line.solutions, line.labelled_steps)
    return (
        Text(line.name),
        Text(line.status, style=_STYLES.get(line.status, "yellow")),
        *("-" if number is None else f"{number:,}" for number in held),
        *("-" if number is None else compact(number) for number in (line.rollouts, line.tokens)),
        line.begun,
    )
