"""Locks on files: they go with the open file, and with the process, however it ends."""

import fcntl
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from schemas import RunError


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


@contextmanager
def holding(folder: Path, lock: Path, *, otherwise: str) -> Iterator[None]:
    """Hold a folder, which is made where it is not there, by its lock.

    Raises RunError, which names the holder, where another process does.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        file = locked(lock, wait=False)
    except BlockingIOError as error:
        raise RunError(
            f"{folder} is being written by process {lock.read_text().strip() or 'unknown'}: "
            f"wait for it, stop it, or {otherwise}"
        ) from error
    with file:
        file.truncate(0)
        file.write(f"{os.getpid()} on {platform.node()}")
        file.flush()
        yield
