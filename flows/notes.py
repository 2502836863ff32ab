"""What the rooms say while they work, shown beside a run's progress.

Which columns a source took, how far a server's start has come, what a journal had lost: the rooms
log it, and a library's log is silent unless somebody listens.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.text import Text

from reports.text import one_line

_ROOMS = ("sources", "policies", "verification", "rollouts", "labelers", "tasks")
_LINE = 400


class _Notes(logging.Handler):
    def __init__(self, console: Console) -> None:
        super().__init__(logging.INFO)
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        style = "yellow" if record.levelno >= logging.WARNING else "dim"
        note = Text(one_line(record.getMessage(), _LINE), style=style)
        self._console.print(note, highlight=False, soft_wrap=True)


@contextmanager
def noted(console: Console) -> Iterator[None]:
    """Print the rooms' log records of level INFO and above while the context lasts."""
    handler = _Notes(console)
    loggers = [logging.getLogger(room) for room in _ROOMS]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.removeHandler(handler)
            logger.setLevel(level)
