"""`stepmint suspects`: problems whose gold answer is suspect, for a person to look at."""

import json
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from exporters.filters.suspects import Suspect, SuspectGolds, described, suspects_of, told
from flows.config import with_overrides
from flows.messages import checked
from reports.text import one_line
from schemas import Problem
from schemas.run_folder import RunFolder
from tasks.files import check_named, named_file

_SHOWN = 200
"""Suspects that the screen shows; a file has them all."""
_ANSWER = 20
"""Cells that an answer has in a line."""


def suspect_here(
    folder: Path, out: Console, *, output: Path | None, overrides: Sequence[str]
) -> list[tuple[Problem, Suspect]]:
    """Print the suspects of a run, and write them to a file of JSON lines where one is named."""
    settings: SuspectGolds = checked(
        SuspectGolds, with_overrides({}, overrides), where="the suspects"
    )
    check_named(output)
    run = RunFolder(folder)
    shards = run.shards
    found = {one.problem_id: one for one in suspects_of(run, shards, settings)}
    suspects = list(described(run, shards, found))
    if suspects:
        out.print(_table(suspects[:_SHOWN]))
    if len(suspects) > _SHOWN:
        out.print(f"{len(suspects) - _SHOWN:,} more; --output FILE writes them all")
    out.print(
        f"{len(suspects):,} problems: {settings.agreement:.0%} of their whole solutions or more "
        f"agree on an answer that is not the gold, and {settings.gold_at_most:.0%} at most have it",
        highlight=False,
        soft_wrap=True,
    )
    if output is not None:
        lines = (json.dumps(told(*pair), ensure_ascii=False) + "\n" for pair in suspects)
        with named_file(output) as file:
            file.writelines(line.encode() for line in lines)
    return suspects


def _table(suspects: Sequence[tuple[Problem, Suspect]]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", expand=True)
    table.add_column("problem", style="cyan", no_wrap=True, overflow="ellipsis")
    table.add_column("gold", max_width=_ANSWER, overflow="fold")
    table.add_column("they say", style="yellow", max_width=_ANSWER, overflow="fold")
    table.add_column("agree", justify="right", no_wrap=True)
    table.add_column("question", ratio=1, no_wrap=True, overflow="ellipsis")
    for problem, suspect in suspects:
        cells = (problem.id, problem.answer, suspect.answer)
        agree = f"{suspect.agree}/{suspect.decided}"
        shown = (*map(one_line, cells), agree, one_line(problem.question))
        table.add_row(*map(Text, shown))
    return table
