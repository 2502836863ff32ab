"""A dataset on the Hugging Face hub."""

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
from huggingface_hub.errors import HTTPError, OfflineModeIsEnabled
from huggingface_hub.hf_api import RepoFile

from schemas import ExportError
from tasks.hubs import failed


def open_dataset(name: str) -> "HuggingFaceDataset":
    """Return the dataset; raises ExportError where no token is found."""
    if get_token() is None:
        raise ExportError("no Hugging Face token: run `hf auth login`, or set HF_TOKEN")
    return HuggingFaceDataset(name)


@dataclass(frozen=True, slots=True)
class HuggingFaceDataset:
    """A dataset on the Hugging Face hub; every publication is one commit."""

    name: str

    @property
    def url(self) -> str:
        """Where people find the dataset."""
        return f"{constants.ENDPOINT}/datasets/{self.name}"

    def open(self, *, private: bool) -> Mapping[str, str]:
        """Create the dataset if it is missing; return its files' digests."""
        api = HfApi()
        with _one_message(self.url):
            api.create_repo(self.name, repo_type="dataset", private=private, exist_ok=True)
            tree = api.list_repo_tree(self.name, recursive=True, repo_type="dataset")
            files = [entry for entry in tree if isinstance(entry, RepoFile)]
        return {file.path: file.lfs.sha256 if file.lfs else file.blob_id for file in files}

    def commit(self, files: Mapping[str, Path], *, delete: Sequence[str], message: str) -> None:
        """Write and delete in one commit: readers see all of it or nothing."""
        additions = [
            CommitOperationAdd(path_in_repo=path, path_or_fileobj=file)
            for path, file in files.items()
        ]
        deletions = [CommitOperationDelete(path_in_repo=path) for path in delete]
        with _one_message(self.url):
            HfApi().create_commit(
                self.name,
                repo_type="dataset",
                operations=[*additions, *deletions],
                commit_message=message,
            )


@contextmanager
def _one_message(url: str) -> Iterator[None]:
    try:
        yield
    except (HTTPError, OfflineModeIsEnabled, OSError, RuntimeError, ValueError) as error:
        raise failed(url, error, settings="HF_TOKEN and HF_ENDPOINT") from error
