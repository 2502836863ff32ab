"""`stepmint compare`: how the labels of two runs over the same problems agree."""

from pathlib import Path

from rich.console import Console

from reports.agreement import agreement, truths
from reports.compared import show_compared
from reports.folders import run_at
from tasks.known_errors import ORACLE, known_errors, name_of, told
from tasks.truths import truths_known


def compare_here(first: Path, second: Path, out: Console, *, known: str | None, limit: int) -> None:
    """Print how two runs agree; `known` names who knows first errors of the first run's solutions.

    By default that is who the page asks: the step oracle, or else the first run's marks.
    """
    ours = run_at(first)
    found = agreement(ours, run_at(second))
    if known is not None:
        given = known_errors(ours, known)
        true = truths(found.pairs, given.errors, by=given.by)
    else:
        errors = {key: error for shard in ours.shards for key, _, error in told(ours, shard)}
        oracle = truths(found.pairs, errors, by=name_of(ORACLE))
        true = truths_known(found.pairs, oracle, lambda: known_errors(ours, str(ours.marks)))
    show_compared(ours, found, true, out, limit=limit)
