"""`stepmint compare`: how the labels of two runs over the same problems agree."""

from pathlib import Path

from rich.console import Console

from reports.agreement import agreement, truths
from reports.compared import show_compared
from reports.folders import run_at
from tasks.known_errors import ORACLE, has_oracle, known_errors


def compare_here(first: Path, second: Path, out: Console, *, known: str | None, limit: int) -> None:
    """Print how two runs agree; `known` names who knows first errors of the first run's solutions.

    By default that is the step oracle, where it knows any.
    """
    ours = run_at(first)
    found = agreement(ours, run_at(second))
    told = known or (ORACLE if has_oracle(ours) else None)
    known_of = None if told is None else known_errors(ours, told)
    true = (
        (None, None) if known_of is None else truths(found.pairs, known_of.errors, by=known_of.by)
    )
    show_compared(ours, found, true, out, limit=limit)
