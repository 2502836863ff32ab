"""Dataset hubs behind one seam: what is there now, commits that change it, tags that name it.

Tokens come from where the hubs' own tools keep them (HF_TOKEN or `hf auth login`;
MODELSCOPE_API_TOKEN or `modelscope login`), endpoints from HF_ENDPOINT and MODELSCOPE_ENDPOINT.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Literal, Protocol

from schemas import ExportError
from tasks.files import digest as sha256_of

_CLIENTS = {"hf": "tasks.huggingface", "ms": "tasks.modelscope"}
_PART = r"[A-Za-z0-9](?:[\w.-]{0,94}[A-Za-z0-9_])?"
_NAME = re.compile(rf"{_PART}/{_PART}", re.ASCII)
_NEVER = ("--", "..")

Trouble = Literal["token", "rights", "busy", "down", "unreachable", "storage", "name", "other"]
_REMEDIES: Mapping[Trouble, str] = {
    "token": "the hub does not accept the token: it may have expired or been revoked; make a new "
    "one that may write, and {login}",
    "rights": "the token may not do that: check that the organisation's name is right and that you "
    "may write there, and that the token is one for writing",
    "busy": "the hub is busy, or somebody else writes there: wait some minutes",
    "down": "the hub is out of order: try later",
    "unreachable": "the hub cannot be reached: check the network, and {settings}",
    "storage": "the hub has no room for it: free some of your storage there, or ask for more",
    "name": "the hub does not take the name, or nothing of that name is there for you: check it",
    "other": "check the name, the network, that the token may write there, and {settings}",
}


class HubError(ExportError):
    """A hub refused or failed."""


class HubUnavailableError(HubError):
    """A hub could not be reached, was out of order or busy: the same may work in a while."""

    def __init__(self, message: str, *, after_s: float = 0) -> None:
        super().__init__(message)
        self.after_s = after_s
        """Seconds that the hub asks to wait; 0: it does not say."""


class Hub(Protocol):
    """A dataset repository on a hub. Every method may raise HubError."""

    @property
    def url(self) -> str:
        """Where people find the repository."""
        ...

    def files(self, revision: str | None = None) -> Mapping[str, str] | None:
        """Return path to digest of the files there, or at a tag; None: no repository for us.

        A digest is a SHA-256, or the id git gives a blob.
        """
        ...

    def is_private(self) -> bool | None:
        """Return whether the repository is hidden from others; None where the hub does not say."""
        ...

    def read(self, path: str) -> bytes:
        """Return the content of a small file of the repository."""
        ...

    def create(self, *, private: bool) -> None:
        """Create the repository."""
        ...

    def commit(self, files: Mapping[str, Path], *, delete: Sequence[str], message: str) -> None:
        """Write files, path in the repository to local file, and delete others.

        What a broken-off commit has sent already is not sent again.
        """
        ...

    def tags(self) -> Sequence[str]:
        """Return the names of the repository's tags."""
        ...

    def tag(self, name: str, message: str) -> None:
        """Give what is there now a name."""
        ...


@dataclass(frozen=True, slots=True)
class Address:
    """Where to publish: `hf:org/name` or `ms:org/name`."""

    hub: Literal["hf", "ms"]
    name: str

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Return the address that `text` writes; raises ExportError for another form."""
        kind, _, name = text.partition(":")
        if kind not in _CLIENTS or name.count("/") != 1:
            raise ExportError(f"--to {text}: write hf:organisation/name or ms:organisation/name")
        odd = any(one in name for one in _NEVER) or name.endswith(".git")
        if odd or len(name) > 96 or not _NAME.fullmatch(name):
            raise ExportError(
                f"--to {text}: write hf:organisation/name or ms:organisation/name, both of "
                "letters, digits, `-`, `_` and `.`, neither with `-` or `.` at an end, with `--` "
                "or `..` inside or with `.git` behind, at most 96 characters together"
            )
        return cls(hub="hf" if kind == "hf" else "ms", name=name)


def open_hub(address: Address) -> Hub:
    """Return the repository at an address; nothing is sent yet.

    Raises ExportError for a missing client or a missing token.
    """
    try:
        client = import_module(_CLIENTS[address.hub])  # an extra: not every installation has it
    except ModuleNotFoundError as error:
        raise ExportError(
            f"publishing to {address.hub}:{address.name} needs {error.name}: "
            "pip install -e '.[hub]'"
        ) from error
    hub: Hub = client.open_dataset(address.name)
    return hub


class LocalFile:
    """A file of this machine, each digest of which is taken once, whoever asks."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def has(self, digest: str) -> bool:
        """Tell whether its digest is that of a hub: a SHA-256, git's blob id, or empty for none."""
        if not digest:
            return False
        return digest == (self._sha256 if len(digest) == 64 else self._blob)

    @cached_property
    def _sha256(self) -> str:
        return sha256_of(self.path)

    @cached_property
    def _blob(self) -> str:
        start = hashlib.sha1(b"blob %d\0" % self.path.stat().st_size, usedforsecurity=False)
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, lambda: start).hexdigest()


def failed(
    url: str, error: Exception, trouble: Trouble, *, login: str, settings: str, after_s: float = 0
) -> HubError:
    """Return a hub client's failure as one message with its remedy.

    `login` says how to give the client a token, `settings` names its environment variables.
    """
    text = " ".join(str(error).split()) or type(error).__name__
    remedy = _REMEDIES[trouble].format(login=login, settings=settings)
    message = (
        f"{url}: {remedy}. Then run it again: what is there already is not sent twice "
        f"({text[:300]})"
    )
    if trouble in ("busy", "down", "unreachable"):
        return HubUnavailableError(message, after_s=after_s)
    return HubError(message)


def trouble_of(status: int) -> Trouble:
    """Return what an HTTP status of a hub means."""
    if status >= 500:
        return "storage" if status == 507 else "down"
    known: Mapping[int, Trouble] = {
        401: "token", 402: "storage", 403: "rights", 404: "name", 408: "down", 409: "busy",
        412: "busy", 413: "storage", 422: "name", 429: "busy",
    }  # fmt: skip
    return known.get(status, "other")
