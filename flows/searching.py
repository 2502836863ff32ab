"""`stepmint search`: searches at test time; their progress, and what came of them."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from rich.console import Console

from flows.config import find_model, read_yaml, with_overrides
from flows.lines import followed, over, replayed, written
from flows.messages import checked
from flows.saying import say
from reports.searches import search_page
from schemas.search_folder import SearchFolder
from tasks.search_figures import Figures
from tasks.search_settings import SearchRun
from tasks.searching import SearchBoard, search


def search_here(run: SearchRun, out: Console, err: Console, *, resume: str) -> Figures:
    """Search and print what came of it.

    Raises Interrupted, after saying how to resume, when a signal stopped it.
    """
    board = SearchBoard()
    found = followed(
        partial(search, run),
        board,
        err,
        line=_counts,
        kept="all that came back",
        resume=resume,
    )
    out.print(search_page(SearchFolder(run.folder)))
    if board.reached:
        say(out, over(board, resume))
    say(out, f"candidates, choices and trace: {run.folder}")
    return found


def load_search(path: Path, overrides: Sequence[str] = ()) -> SearchRun:
    """Return the search that a YAML file and overrides describe; it has the file's name by default.

    Raises ConfigError that names every field that cannot work.
    """
    values = with_overrides({"name": path.stem} | read_yaml(path), overrides)
    find_model(values.get("policy"))
    run: SearchRun = checked(SearchRun, values, where=str(path))
    return run


def _counts(board: SearchBoard) -> str:
    costs = board.costs
    return (
        f"{board.done:,} of {board.problems:,} problems, {costs.sampled:,} samples, "
        f"{written(costs, board.since)}, {board.prm_tokens:,} read by the reward model"
        f"{replayed(costs)}"
    )
