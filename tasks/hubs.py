"""Dataset hubs behind one seam: what is there now, and one commit that changes it.

Tokens come from where the hubs' own tools keep them (HF_TOKEN or `hf auth login`;
MODELSCOPE_API_TOKEN or `modelscope login`), endpoints from HF_ENDPOINT and MODELSCOPE_ENDPOINT.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Literal, Protocol

from schemas import ExportError

_CLIENTS = {"hf": "tasks.huggingface", "ms": "tasks.modelscope"}
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


class Hub(Protocol):
    """A dataset repository on a hub."""

    @property
    def url(self) -> str:
        """Where people find the repository."""
        ...

    def open(self, *, private: bool) -> Mapping[str, str]:
        """Create the repository if it is missing; return path to digest of the files in it.

        A digest is a SHA-256, or the id git gives a blob. Raises ExportError.
        """
        ...

    def commit(self, files: Mapping[str, Path], *, delete: Sequence[str], message: str) -> None:
        """Write files, path in the repository to local file, and delete others."""
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
        if kind not in _CLIENTS or not _NAME.fullmatch(name):
            raise ExportError(f"--to {text}: write hf:organisation/name or ms:organisation/name")
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


def same(path: Path, digest: str) -> bool:
    """Return whether a local file has a digest that a hub gave: SHA-256, or git's blob id."""
    if len(digest) == 64:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == digest
    blob = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            blob.update(chunk)
    return blob.hexdigest() == digest


def failed(url: str, error: Exception, *, settings: str) -> ExportError:
    """Return a hub client's failure as one message with what to check."""
    text = " ".join(str(error).split()) or type(error).__name__
    return ExportError(
        f"{url} could not be published to ({text[:300]}): check the network, that the token may "
        f"write there, and {settings}; then run it again, what is there already is not sent twice"
    )
