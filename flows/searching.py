"""`stepmint search`: searches at test time; their progress, and what came of them."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError
from rich.console import Console

from flows.config import find_model, read_yaml, with_overrides
from flows.messages import explained
from flows.notes import noted
from flows.running import Interrupted, run_to_end
from flows.saying import say
from reports.searches import search_page
from schemas import ConfigError
from schemas.search_folder import SearchFolder
from tasks.search_figures import Figures
from tasks.search_settings import SearchRun
from tasks.searching import SearchBoard, search

_PLAIN_SECONDS = 15.0


def search_here(run: SearchRun, out: Console, err: Console, *, resume: str) -> Figures:
    """Search and print what came of it.

    Raises Interrupted, after saying how to resume, when a signal stopped it.
    """
    board = SearchBoard()

    def stopping() -> None:
        board.phase = "stopping; Ctrl-C again ends it at once"

    try:
        with _shown(err, board) as draw:
            found = run_to_end(lambda: search(run, board), draw=draw, stopping=stopping)
    except Interrupted:
        say(err, f"stopped; all that came back is kept. Resume with: {resume}")
        raise
    say(err, f"this session: {_counts(board)}")
    out.print(search_page(SearchFolder(run.folder)))
    if board.reached:
        say(
            out,
            f"budget reached: {board.reached}. What was paid for is kept. Go on with: {resume} and "
            "a larger budget",
        )
    say(out, f"candidates, choices and trace: {run.folder}")
    return found


def load_search(path: Path, overrides: Sequence[str] = ()) -> SearchRun:
    """Return the search that a YAML file and overrides describe; it has the file's name by default.

    Raises ConfigError that names every field that cannot work.
    """
    values = with_overrides({"name": path.stem} | read_yaml(path), overrides)
    find_model(values.get("policy"))
    try:
        return SearchRun.model_validate(values)
    except ValidationError as error:
        raise ConfigError(explained(error, SearchRun, where=str(path))) from error


@contextmanager
def _shown(console: Console, board: SearchBoard) -> Iterator[Callable[[], None]]:
    """Show how far it has come while the context lasts; yield what redraws it."""
    with noted(console):
        if console.is_terminal:
            with console.status(_line(board)) as status:
                yield lambda: status.update(_line(board))
            return
        last, phase = time.monotonic(), ""

        def draw() -> None:
            nonlocal last, phase
            if board.phase != phase or time.monotonic() - last >= _PLAIN_SECONDS:
                last, phase = time.monotonic(), board.phase
                say(console, _line(board))

        yield draw


def _line(board: SearchBoard) -> str:
    return f"{board.phase}: {_counts(board)}"


def _counts(board: SearchBoard) -> str:
    costs, read = board.costs
    pace = costs.written_tokens / max(time.monotonic() - board.since, 1e-9)
    kept = f", {costs.replayed:,} had been there" if costs.replayed else ""
    return (
        f"{board.done:,} of {board.problems:,} problems, {costs.sampled:,} samples, "
        f"{costs.written_tokens:,} tokens written ({pace:,.0f} a second), {read:,} read by the "
        f"reward model{kept}"
    )
