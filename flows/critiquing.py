"""`stepmint critique`: a critic judges a run's solutions; its progress, and what came of it."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from shlex import quote
from typing import Any

from rich.console import Console

from flows.config import find_model, read_yaml, with_overrides
from flows.lines import followed, over, replayed, written
from flows.messages import checked
from flows.saying import say
from reports.critiques import critique_page
from schemas.run_folder import RunFolder
from tasks.commits import check_shards
from tasks.critique_counts import CritiqueCounts
from tasks.critique_settings import CritiqueRun
from tasks.critiques import CritiqueBoard, critique


def critique_here(
    run: Path,
    out: Console,
    err: Console,
    *,
    config: Path | None,
    overrides: Sequence[str],
    resume: str,
) -> CritiqueCounts:
    """Have a run's solutions judged and print what came of it.

    Raises Interrupted, after saying how to resume, when a signal stopped it.
    """
    settings = load_critique(config, overrides)
    check_shards(run)
    board = CritiqueBoard()
    counts = followed(
        partial(critique, run, settings),
        board,
        err,
        line=_counts,
        kept="every critique that came back",
        resume=resume,
    )
    made = RunFolder(run).critique_set(settings.name)
    out.print(critique_page(made))
    for line in _last_words(run, settings, counts, board, resume):
        say(out, line)
    return counts


def load_critique(config: Path | None, overrides: Sequence[str]) -> CritiqueRun:
    """Return what a YAML file, where there is one, and overrides ask a critic.

    Raises ConfigError that names every field that cannot work.
    """
    values: Mapping[str, Any] = read_yaml(config) if config else {}
    values = with_overrides(values, overrides)
    find_model(values.get("policy"))
    where = str(config) if config else "the critique"
    run: CritiqueRun = checked(CritiqueRun, values, where=where)
    return run


def _counts(board: CritiqueBoard) -> str:
    costs = board.costs
    return (
        f"{board.done:,} of {board.solutions:,} solutions, {costs.sampled:,} critiques sampled, "
        f"{written(costs, board.since)}{replayed(costs)}"
    )


def _last_words(
    run: Path, settings: CritiqueRun, counts: CritiqueCounts, board: CritiqueBoard, resume: str
) -> Iterator[str]:
    if board.reached:
        yield over(board, resume)
    if counts.critiques and not counts.read:
        yield (
            f"not one of the {counts.critiques:,} critiques could be read: look at some of them "
            f"in {RunFolder(run).critique_set(settings.name).path}, and at the prompt"
        )
    if counts.with_verdicts:
        yield (
            f"training rows of those that agree: stepmint export {quote(str(run))} --format "
            f"critique --set critiques={settings.name}"
        )
