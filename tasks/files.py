"""Writing that a crash cannot tear: a file has its final name only when it is whole."""

import errno
import hashlib
import json
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from schemas import ConfigError, RunError

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
def replacing(path: Path, *, meanwhile: str = "") -> Iterator[Path]:
    """Yield where to write a file, which then has its final name in one rename."""
    partial = path.with_name(meanwhile or f"{path.name}.partial")
    try:
        yield partial
        sync(partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    sync(path.parent)


def check_named(path: Path | None, *, option: str = "--output") -> None:
    """Raise ConfigError where what a user named for a file is there and is none."""
    if path is None:
        return
    with writing(path, elsewhere=_another(option)):
        if path.exists() and not path.is_file():
            what = "a folder" if path.is_dir() else "no file but a device, a pipe or a socket"
            raise ConfigError(f"{option} {path}: that is {what}: name a file")


@contextmanager
def named_file(path: Path, *, option: str = "--output") -> Iterator[IO[bytes]]:
    """Yield a file that a user named, to be written; it is there at the end, or not at all.

    Its folder is made; through a link its target is written. What is replaced leaves its
    permissions. Raises ConfigError as `check_named` does, RunError for what the disk refuses.
    """
    check_named(path, option=option)
    with writing(path, elsewhere=_another(option)):
        target = path.resolve()
        target.parent.mkdir(parents=True, exist_ok=True)
        kept = stat.S_IMODE(target.stat().st_mode) & 0o777 if target.exists() else None
        name = f".{secrets.token_hex(8)}.partial"
        with (
            replacing(target, meanwhile=name) as partial,
            fresh(partial, mode=0o666 if kept is None else kept) as file,
        ):
            if kept is not None:  # the umask took some of it
                os.fchmod(file.fileno(), kept)
            yield file


def _another(option: str) -> str:
    return f"give another file with {option}"


def write_json(path: Path, value: Any, *, mode: int = 0o666) -> None:
    """Write `value` as JSON under its final name in one atomic rename."""
    with writing(path), replacing(path) as partial, fresh(partial, mode=mode) as file:
        file.write((json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode())


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, as hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
