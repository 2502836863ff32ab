"""Writing that a crash cannot tear: a file has its final name only when it is whole."""

import errno
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from schemas import RunError

_ELSEWHERE = "choose another folder with --set output=FOLDER"
_TROUBLES = {
    errno.ENOSPC: "the disk is full: free space and run the same command again",
    errno.EDQUOT: "the disk quota is used up: free space and run the same command again",
    errno.EIO: "the disk reports an error: check it, then run the same command again",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "permission is denied",
    errno.EPERM: "permission is denied",
    errno.ENOTDIR: "a part of the path is a file",
    errno.EISDIR: "a folder of this name is in the way",
    errno.ENOENT: "it cannot be made there",
    errno.EEXIST: "a file is in the way",
    errno.ENAMETOOLONG: "the name is too long",
}


@contextmanager
def writing(path: Path, *, elsewhere: str = _ELSEWHERE) -> Iterator[None]:
    """Turn what the disk refuses into a RunError that names the path and the remedy."""
    try:
        yield
    except OSError as error:
        if error.errno not in _TROUBLES:
            raise
        told = _TROUBLES[error.errno]
        remedy = told if "again" in told else f"{told}: {elsewhere}"
        raise RunError(f"{error.filename or path}: {remedy}") from error


def sync(path: Path) -> None:
    """Put a file's bytes, or a folder's names, on the disk itself."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def fresh(path: Path, *, mode: int = 0o666) -> Iterator[IO[bytes]]:
    """Open a new file for writing in place of whatever lies there; no link is followed."""
    path.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, mode), "wb") as file:
        yield file


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield where to write a file, which then has its final name in one rename."""
    partial = path.with_name(f"{path.name}.partial")
    yield partial
    sync(partial)
    partial.replace(path)
    sync(path.parent)


def write_json(path: Path, value: Any, *, mode: int = 0o666) -> None:
    """Write `value` as JSON under its final name in one atomic rename."""
    with writing(path), replacing(path) as partial, fresh(partial, mode=mode) as file:
        file.write((json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode())


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, as hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
