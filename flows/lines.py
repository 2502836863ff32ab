"""One line that says how far something has come: redrawn on a terminal, repeated in a log."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

from flows.notes import noted
from flows.saying import say

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
