"""`stepmint report`: a run as one HTML file."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from flows.saying import say
from pages.report import report
from reports.show import find_problem
from schemas.run_folder import RunFolder
from tasks.files import replacing, writing

_ELSEWHERE = "give another file with --output"


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
    run = RunFolder(path)
    ids = [find_problem(run, one).problem.id for one in wanted]
    made = report(run, problems=problems, seed=seed, wanted=ids)
    target = output or path / "report.html"
    with writing(target, elsewhere=_ELSEWHERE):
        target.parent.mkdir(parents=True, exist_ok=True)
        with replacing(target) as written:
            written.write_text(made.html, encoding="utf-8")
    say(out, f"{target}: {len(made.html.encode()) / 1e6:.1f} MB. {made.left_out}")
