"""The token in an address: the same whenever a user has the same folders shown."""

import hashlib
import hmac
import os
import secrets
import stat
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from pathlib import Path

from tasks.files import fresh, replacing
from tasks.locks import locked

_BYTES = 32


def key_file() -> Path:
    """Return where the user's secret is kept that tokens are made of."""
    state = os.environ.get("XDG_STATE_HOME", "")
    kept = Path(state) if Path(state).is_absolute() else Path.home() / ".local" / "state"
    return kept / "stepmint" / "view.key"


def token_for(folders: Iterable[Path]) -> str:
    """Return 128 bits that nobody guesses who cannot read the user's secret.

    Where no secret can be kept they are new each time.
    """
    try:
        secret = _secret(key_file())
    except (OSError, RuntimeError):  # a folder that cannot be written, or a user without a home
        return secrets.token_urlsafe(16)
    shown = "\0".join(sorted(str(one.resolve()) for one in folders))
    digest = hmac.digest(secret, os.fsencode(shown), hashlib.sha256)
    return urlsafe_b64encode(digest[:16]).decode().rstrip("=")


def _secret(path: Path) -> bytes:
    """Read the secret; one that others may have read, or that is damaged, is made anew."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if kept := _kept(path):
        return kept
    with locked(path.with_name("view.lock")):  # two first starts at once make one secret
        if kept := _kept(path):
            return kept
        made = secrets.token_bytes(_BYTES)
        with replacing(path) as unfinished, fresh(unfinished, mode=0o600) as file:
            file.write(made)
        return made


def _kept(path: Path) -> bytes | None:
    """Return the secret where it is there, whole, and nobody else's to read."""
    if path.is_file() and not path.is_symlink():
        told = path.stat()
        ours = told.st_uid == os.getuid() and not stat.S_IMODE(told.st_mode) & 0o077
        if ours and len(kept := path.read_bytes()) == _BYTES:
            return kept
    return None
