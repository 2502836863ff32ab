"""Locks on files: they go with the open file, and with the process, however it ends."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import IO

from schemas import RunError
from schemas.holders import holder
from tasks.files import writing

_OTHERWISE = "choose another name with --set name=NAME"


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
def alone(lock: Path, told: Callable[[str], str]) -> Iterator[None]:
    """Hold a lock, and write into it who does; where another does, RunError with what is told."""
    try:
        file = locked(lock, wait=False)
    except BlockingIOError as error:
        raise RunError(told(lock.read_text().strip() or "unknown")) from error
    with file:
        file.truncate(0)
        file.write(holder())
        file.flush()
        yield


@contextmanager
def holding(folder: Path, lock: Path, *, otherwise: str = _OTHERWISE) -> Iterator[None]:
    """Hold a folder, which is made where it is not there, by its lock.

    Raises RunError, which names the holder, where another process does.
    """

    def told(holder: str) -> str:
        wait = f"wait for it, stop it, or {otherwise}"
        return f"{folder} is being written by process {holder}: {wait}"

    folder.mkdir(parents=True, exist_ok=True)
    with alone(lock, told):
        yield


def put_aside(folder: Path, lock: Path, *, otherwise: str = _OTHERWISE) -> Path:
    """Give a folder that no other process writes the name NAME.1, NAME.2, ...; return it."""
    taken = (folder.with_name(f"{folder.name}.{number}") for number in count(1))
    aside = next(path for path in taken if not path.exists())
    with writing(folder), holding(folder, lock, otherwise=otherwise):
        folder.rename(aside)
    return aside
