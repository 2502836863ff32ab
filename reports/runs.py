"""The runs of an output folder, newest last: what they hold and how they stand."""

from collections.abc import Mapping
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


def show_runs(output: Path, console: Console) -> None:
    """Print the runs in a folder; raises RunError where there is none."""
    found = [RunFolder(path.parent) for path in output.glob("*/run.json")]
    if not found:
        raise RunError(f"{output} holds no run: give the folder that holds them, e.g. output")
    records = [(run, _record(run)) for run in found]
    records.sort(key=lambda one: str(one[1].get("started", "")))
    wide = console.width >= _WIDE
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column("run", style="bold", overflow="fold", min_width=_NAME)
    table.add_column("status", no_wrap=True)
    for name in ("problems", "solutions", "labelled", "rollouts", "tokens"):
        table.add_column(name, justify="right", no_wrap=True)
    if wide:
        table.add_column("begun", no_wrap=True)
    for run, record in records:
        table.add_row(*_cells(run, record)[: None if wide else -1])
    console.print(table)
    for run, record in records:
        if record.get("status") == "failed" and record.get("error"):
            console.print(
                Text.assemble((f"{run.name}: ", "bold"), (_first_line(record["error"]), "red"))
            )


def _first_line(error: object) -> str:
    return one_line(str(error).partition("\n")[0])


def _record(run: RunFolder) -> Mapping[str, Any]:
    try:
        return run.record()
    except RunError as error:
        return {"status": "failed", "error": str(error)}


def _cells(run: RunFolder, record: Mapping[str, Any]) -> tuple[str | Text, ...]:
    status = str(record.get("status", "unknown"))
    counts, costs = record.get("counts") or {}, record.get("costs") or {}
    held = (counts.get("problems"), counts.get("solutions"), counts.get("labelled_steps"))
    spent = (costs.get("rollouts"), costs.get("completion_tokens"))
    begun = str(record.get("started", ""))[:16].replace("T", " ")
    return (
        Text(one_line(run.name)),
        Text(one_line(status), style=_STYLES.get(status, "yellow")),
        *("-" if number is None else f"{number:,}" for number in held),
        *("-" if number is None else compact(number) for number in spent),
        begun,
    )
