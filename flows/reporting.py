"""`stepmint report`: a run as one HTML file."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from flows.saying import say
from pages.report import report
from reports.folders import run_at
from reports.show import find_problem
from tasks.files import check_named, named_file


def report_here(
    path: Path,
    out: Console,
    *,
    output: Path | None,
    problems: int,
    seed: int,
    wanted: Sequence[str],
) -> None:
    """Write the report of a run and say where it is; raises RunError as `report` does."""
    target = path / "report.html" if output is None else output
    check_named(target)
    run = run_at(path)
    ids = [find_problem(run, one).problem.id for one in wanted]
    made = report(run, problems=problems, seed=seed, wanted=ids)
    with named_file(target) as file:
        file.write(made.html.encode())
    say(out, f"{target}: {len(made.html.encode()) / 1e6:.1f} MB. {made.left_out}")
