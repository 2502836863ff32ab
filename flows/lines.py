"""Work beside labelling on the command line: a line that says how far it is, and last words."""

import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from rich.console import Console

from flows.notes import noted
from flows.running import Interrupted, run_to_end
from flows.saying import say
from rollouts import Costs
from tasks.progress import WorkBoard

_PLAIN_SECONDS = 15.0


@contextmanager
def shown(
    console: Console, line: Callable[[], str], *, phase: Callable[[], str]
) -> Iterator[Callable[[], None]]:
    """Show a line while the context lasts; yield what redraws it.

    Where the console is no terminal it is said when the phase changes, and at intervals.
    """
    with noted(console):
        if console.is_terminal:
            with console.status(line()) as status:
                yield lambda: status.update(line())
            return
        last, before = time.monotonic(), ""

        def draw() -> None:
            nonlocal last, before
            if phase() != before or time.monotonic() - last >= _PLAIN_SECONDS:
                last, before = time.monotonic(), phase()
                say(console, line())

        yield draw


T = TypeVar("T")
Board = TypeVar("Board", bound=WorkBoard)


def followed(
    work: Callable[[Board], Coroutine[Any, Any, T]],
    board: Board,
    err: Console,
    *,
    line: Callable[[Board], str],
    kept: str,
    resume: str,
    session: Callable[[Board], str] | None = None,
) -> T:
    """Do some work to its end, with its phase and `line` shown, and at the end what it cost.

    That is told by `session`, by `line` where None is given. Raises Interrupted, after saying what
    is kept and how to resume, when a signal stopped it.
    """
    try:
        with shown(err, lambda: f"{board.phase}: {line(board)}", phase=lambda: board.phase) as draw:
            done = run_to_end(lambda: work(board), draw=draw, stopping=board.stopping)
    except Interrupted:
        say(err, f"stopped; {kept} is kept. Resume with: {resume}")
        raise
    say(err, f"this session: {(session or line)(board)}")
    return done


def written(costs: Costs, since: float) -> str:
    """Return the tokens a session had written, and how fast."""
    pace = costs.written_tokens / max(time.monotonic() - since, 1e-9)
    return f"{costs.written_tokens:,} tokens written ({pace:,.0f} a second)"


def replayed(costs: Costs) -> str:
    """Return what had been there; empty where nothing had."""
    return f", {costs.replayed:,} had been there" if costs.replayed else ""


def over(board: WorkBoard, resume: str) -> str:
    """Return that a budget was reached, and how to go on."""
    return (
        f"budget reached: {board.reached}. What was paid for is kept. Go on with: {resume} and a "
        "larger budget"
    )
