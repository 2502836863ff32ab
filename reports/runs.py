"""What an output folder holds, newest last: runs, their critiques, searches, recipes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from reports.folders import AnyFolder, folder_at
from reports.standing import standing
from reports.text import compact, one_line
from schemas import RunError
from schemas.critique_folder import CritiqueFolder
from schemas.recipe_folder import RecipeFolder
from schemas.record_folder import RecordFolder
from schemas.run_folder import RunFolder
from schemas.search_folder import SearchFolder

_WIDE = 100
_NAME = 14
_STYLES = {"finished": "green", "failed": "red"} | dict.fromkeys(
    ("running", "sampling", "searching", "working"), "cyan"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLine:
    """A run, or what else lies beside runs, as its record tells of it; None where it does not."""

    name: str
    what: str
    """`run`, `import`, `critiques`, `search`, or a recipe's kind."""
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


def folder_line(found: AnyFolder) -> RunLine:
    """Return the line of a run, a search or a recipe; a damaged record is a failure of it."""
    match found:
        case RunFolder():
            return _run(found)
        case SearchFolder():
            return _search(found)
        case RecipeFolder():
            return _recipe(found)


def _run(run: RunFolder) -> RunLine:
    record = _record(run)
    what = "import" if "import" in record else "run"
    counts, costs = record.get("counts"), record.get("costs")
    return _line(run, run.name, what, record, counts=counts, costs=costs)


def show_runs(output: Path, console: Console) -> None:
    """Print what a folder holds; raises RunError where that is nothing of ours."""
    lines = list(_lines(output))
    if not lines:
        raise RunError(
            f"{output} holds no run, search or recipe: give the folder that holds them, e.g. output"
        )
    wide = console.width >= _WIDE
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column("name", style="bold", overflow="fold", min_width=_NAME)
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


def _lines(output: Path) -> Iterator[RunLine]:
    """Yield what there is in the order in which it began, critiques behind their run."""
    folders = [path for path in output.iterdir() if path.is_dir()] if output.is_dir() else []
    found = [lines for path in folders if (lines := _of(path))]
    for lines in sorted(found, key=lambda lines: lines[0].begun):
        yield from lines


def _of(path: Path) -> list[RunLine]:
    """Return the lines of a folder; none where it is not ours."""
    try:
        found = folder_at(path)
    except RunError:
        return []
    sets = found.critique_sets if isinstance(found, RunFolder) else ()
    return [folder_line(found), *(_critiques(found.path.resolve().name, made) for made in sets)]


def _critiques(run: str, made: CritiqueFolder) -> RunLine:
    record = _record(made)
    counts, costs = _mapping(record.get("counts")), _mapping(record.get("costs"))
    written = costs | {"rollouts": counts.get("critiques")}
    name = f"{run}/{made.name}"
    return _line(made, name, "critiques", record, counts=counts, costs=written)


def _search(made: SearchFolder) -> RunLine:
    record = _record(made)
    figures = _mapping(record.get("figures"))
    costs = _mapping(figures.get("costs"))
    if costs:
        costs["rollouts"] = sum(costs.get(name, 0) for name in ("sampled", "replayed", "reused"))
    name = made.path.resolve().name
    return _line(made, name, "search", record, counts=figures, costs=costs)


def _recipe(made: RecipeFolder) -> RunLine:
    record = _record(made)
    paid = _mapping(record.get("paid"))
    costs = {"rollouts": paid.get("rollouts"), "completion_tokens": paid.get("tokens")}
    name, what = made.path.resolve().name, str(record.get("recipe", "recipe"))
    return _line(made, name, what, record, counts=record.get("counts"), costs=costs)


def _line(
    made: RunFolder | RecordFolder,
    name: str,
    what: str,
    record: Mapping[str, Any],
    *,
    counts: object,
    costs: object,
) -> RunLine:
    held, spent = _mapping(counts), _mapping(costs)
    status = standing(record.get("status"), made.lock)
    failed = status == "failed" and record.get("error")
    return RunLine(
        name=one_line(name),
        what=one_line(what),
        status=status,
        problems=held.get("problems"),
        solutions=held.get("solutions"),
        labelled_steps=held.get("labelled_steps"),
        rollouts=spent.get("rollouts"),
        tokens=spent.get("completion_tokens"),
        begun=one_line(str(record.get("started", ""))[:16].replace("T", " ")),
        error=one_line(str(record["error"]).partition("\n")[0]) if failed else "",
    )


def _mapping(found: object) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}


def _record(made: RunFolder | RecordFolder) -> Mapping[str, Any]:
    try:
        return made.record()
    except RunError as error:
        return {"status": "failed", "error": str(error)}


def _cells(line: RunLine) -> tuple[str | Text, ...]:
    held = (line.problems, line.solutions, line.labelled_steps)
    what = "" if line.what == "run" else f" ({line.what})"
    return (
        Text.assemble(line.name, (what, "dim not bold")),
        Text(line.status, style=_STYLES.get(line.status, "yellow")),
        *("-" if number is None else f"{number:,}" for number in held),
        *("-" if number is None else compact(number) for number in (line.rollouts, line.tokens)),
        line.begun,
    )
