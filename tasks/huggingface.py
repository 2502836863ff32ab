"""A dataset on the Hugging Face hub."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import (
    CommitOperationAdd,
    CommitOperationDelete,
    HfApi,
    constants,
    get_token,
)
from huggingface_hub.errors import HfHubHTTPError, HTTPError, RepositoryNotFoundError
from huggingface_hub.hf_api import RepoFile

from schemas import ExportError
from tasks.hubs import HubError, Trouble, failed, trouble_of

PER_COMMIT = 1_000
"""Files that one commit changes at most: the hub asks for few, and its own client for large folders
sends so many."""
_LOGIN = "run `hf auth login`, or set HF_TOKEN"
_KIND = "dataset"


def open_dataset(name: str) -> "HuggingFaceDataset":
    """Return the dataset; raises ExportError where no token is found."""
    if get_token() is None:
        raise ExportError(f"no Hugging Face token: {_LOGIN}")
    return HuggingFaceDataset(name)


@dataclass(frozen=True, slots=True)
class HuggingFaceDataset:
    """A dataset on the Hugging Face hub."""

    name: str

    @property
    def url(self) -> str:
        """Where people find the dataset."""
        return f"{constants.ENDPOINT}/datasets/{self.name}"

    def files(self, revision: str | None = None) -> Mapping[str, str] | None:
        """Return the digests of the files there, or at a tag; None where there is no dataset."""
        with _one_message(self.url):
            try:
                tree = list(
                    HfApi().list_repo_tree(
                        self.name, recursive=True, revision=revision, repo_type=_KIND
                    )
                )
            except RepositoryNotFoundError as error:
                if error.response.status_code != 404:  # the token, not the dataset
                    raise
                return None
        files = [entry for entry in tree if isinstance(entry, RepoFile)]
        return {file.path: file.lfs.sha256 if file.lfs else file.blob_id for file in files}

    def is_private(self) -> bool | None:
        """Return whether the dataset is hidden from others."""
        with _one_message(self.url):
            private = HfApi().repo_info(self.name, repo_type=_KIND).private
        return None if private is None else bool(private)

    def read(self, path: str) -> bytes:
        """Return the content of a small file of the dataset."""
        with _one_message(self.url), tempfile.TemporaryDirectory(prefix="stepmint-hub-") as folder:
            file = HfApi().hf_hub_download(self.name, path, repo_type=_KIND, local_dir=folder)
            return Path(file).read_bytes()

    def create(self, *, private: bool) -> None:
        """Create the dataset."""
        with _one_message(self.url):
            HfApi().create_repo(self.name, repo_type=_KIND, private=private, exist_ok=True)

    def commit(self, files: Mapping[str, Path], *, delete: Sequence[str], message: str) -> None:
        """Write and delete in one commit, or, of many files, in several; deletions come last."""
        operations = [
            *(CommitOperationAdd(path_in_repo=path, path_or_fileobj=files[path]) for path in files),
            *(CommitOperationDelete(path_in_repo=path) for path in delete),
        ]
        starts = range(0, len(operations), PER_COMMIT)
        for number, start in enumerate(starts, 1):
            part = f" ({number} of {len(starts)})" if len(starts) > 1 else ""
            with _one_message(self.url):
                HfApi().create_commit(
                    self.name,
                    repo_type=_KIND,
                    operations=operations[start : start + PER_COMMIT],
                    commit_message=f"{message}{part}",
                )

    def tags(self) -> Sequence[str]:
        """Return the names of the dataset's tags."""
        with _one_message(self.url):
            return [tag.name for tag in HfApi().list_repo_refs(self.name, repo_type=_KIND).tags]

    def tag(self, name: str, message: str) -> None:
        """Give what is there now a name."""
        with _one_message(self.url):
            HfApi().create_tag(
                self.name, repo_type=_KIND, tag=name, tag_message=message, exist_ok=True
            )


@contextmanager
def _one_message(url: str) -> Iterator[None]:
    try:
        yield
    except (HTTPError, OSError, RuntimeError, ValueError) as error:
        raise _failed(url, error) from error


def _failed(url: str, error: Exception) -> HubError:
    settings = "HF_TOKEN and HF_ENDPOINT"
    cause = _cause(error)
    if not isinstance(cause, HfHubHTTPError):  # without an answer: the connection, or the disk
        cut_off = isinstance(cause, HTTPError | ConnectionError)
        trouble: Trouble = "unreachable" if cut_off else "other"
        return failed(url, cause, trouble, login=_LOGIN, settings=settings)
    asked = cause.response.headers.get("Retry-After", "")
    return failed(
        url,
        cause,
        trouble_of(cause.response.status_code),
        login=_LOGIN,
        settings=settings,
        after_s=float(asked) if asked.isdigit() else 0,
    )


def _cause(error: Exception) -> Exception:
    """Return what the client had from the network, where it tells of a file's upload alone."""
    found: BaseException | None = error
    while found is not None and not isinstance(found, HTTPError | ConnectionError):
        found = found.__cause__
    return found if isinstance(found, Exception) else error
