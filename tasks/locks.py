"""Locks on files: they go with the open file, and with the process, however it ends."""

import fcntl
from pathlib import Path
from typing import IO


def locked(path: Path, *, wait: bool = True) -> IO[str]:
    """Return the open file, locked until it is closed; its text stays, for its holder to replace.

    Without `wait`, raises BlockingIOError where another holds it.
    """
    file = path.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException:
        file.close()
        raise
    return file
