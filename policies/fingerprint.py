"""Which model this is, in a few characters that stay equal from start to start."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from schemas import ConfigError

_SAMPLE = 1 << 20  # bytes read at the start, the middle and the end of a large file
_FILES = ("*.json", "*.jinja", "*.model", "*.safetensors", "*.bin")
_SNAPSHOT = re.compile(r"snapshots/([0-9a-f]{8,64})/")


def model_identity(name: str, revision: str) -> str:
    """Return `folder@hash of its content` or `hub name@commit`.

    Of large files only the size and three samples of 1 MiB are hashed, so this takes milliseconds.
    A hub name must have been loaded before; where its commit is not known, the revision stands.
    """
    folder = Path(name)
    if folder.is_dir():
        return f"{folder.resolve().name}@{_content_hash(folder)}"
    return f"{name}@{_commit(name, revision)}"


def named_model(name: str, revision: str) -> str:
    """Say where a model would come from; ConfigError for a folder that is not there or holds none.

    What begins with `.`, `/` or `~` or has more than one slash is no name on the hub.
    """
    folder = Path(name)
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise ConfigError(
                f"model={name!r}: the folder has no config.json: give a model's folder"
            )
        return f"model {folder.resolve()}"
    if name.startswith((".", "/", "~")) or name.count("/") > 1:
        raise ConfigError(
            f"model={name!r}: there is no such folder: give one, or a name on the hub"
        )
    return f"model {name} (revision {revision}), from the hub or its cache when the run starts"


def _content_hash(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(p for pattern in _FILES for p in folder.glob(pattern) if p.is_file()):
        digest.update(f"{path.name}\x1f{path.stat().st_size}\x1f".encode())
        for block in _samples(path):
            digest.update(block)
    return digest.hexdigest()[:16]


def _samples(path: Path) -> Iterator[bytes]:
    size = path.stat().st_size
    with path.open("rb") as file:
        if size <= 3 * _SAMPLE:
            yield file.read()
            return
        for start in (0, (size - _SAMPLE) // 2, size - _SAMPLE):
            file.seek(start)
            yield file.read(_SAMPLE)


def _commit(name: str, revision: str) -> str:
    from transformers.utils import cached_file  # heavy, and only for hub names

    try:
        path = cached_file(name, "config.json", revision=revision, local_files_only=True)
    except OSError:
        return revision
    found = _SNAPSHOT.search(str(path).replace("\\", "/"))
    return found[1][:16] if found else revision
