"""A dataset on ModelScope."""

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from modelscope_hub.api import HubApi
from modelscope_hub.config import HubConfig
from modelscope_hub.errors import HubError

from schemas import ExportError, SourceError
from tasks.hubs import failed

_DATA = [f"*{end}" for end in ("jsonl", "ndjson", "json", "csv", "tsv", "parquet", "arrow")]
_PACKED = [f"{pattern}.{end}" for pattern in _DATA[:5] for end in ("gz", "bz2", "xz", "zst", "zip")]


def copy_dataset(name: str, revision: str | None) -> Path:
    """Return the folder of a dataset's data files, copied into the client's cache where missing.

    Raises SourceError. Public datasets need no token.
    """
    try:
        return HubApi(HubConfig()).download_repo(
            name, "dataset", revision=revision, allow_patterns=[*_DATA, *_PACKED]
        )
    except (HubError, OSError, RuntimeError, ValueError) as error:
        text = " ".join(str(error).split()) or type(error).__name__
        raise SourceError(
            f"{name}: ModelScope did not give it ({text[:300]}). Check its name, revision and the "
            "connection (MODELSCOPE_ENDPOINT; MODELSCOPE_API_TOKEN for what is private), or "
            "download it elsewhere and give the path of its folder instead"
        ) from error


def open_dataset(name: str) -> "ModelScopeDataset":
    """Return the dataset; raises ExportError where no token is found."""
    config = HubConfig()
    if not config.token:
        raise ExportError(
            "no ModelScope token: run `modelscope login`, or set MODELSCOPE_API_TOKEN"
        )
    return ModelScopeDataset(name, HubApi(config), str(config.endpoint))


@dataclass(frozen=True, slots=True)
class ModelScopeDataset:
    """A dataset on ModelScope."""

    name: str
    api: HubApi
    endpoint: str

    @property
    def url(self) -> str:
        """Where people find the dataset."""
        return f"{self.endpoint}/datasets/{self.name}"

    def open(self, *, private: bool) -> Mapping[str, str]:
        """Create the dataset if it is missing; return its files' digests."""
        with _one_message(self.url):
            if not self.api.repo_exists(self.name, "dataset"):
                visibility = "private" if private else "public"
                self.api.create_repo(self.name, "dataset", visibility=visibility)
            files = self.api.list_repo_files(self.name, "dataset")
        return {file.path: file.sha256 or "" for file in files if not file.is_dir}

    def commit(self, files: Mapping[str, Path], *, delete: Sequence[str], message: str) -> None:
        """Write, then delete; the client may split large publications into several commits."""
        with _one_message(self.url):
            if files:
                with _staged(files) as folder:
                    self.api.upload_folder(
                        self.name,
                        "dataset",
                        folder,
                        commit_message=message,
                        use_cache=False,
                        disable_tqdm=True,
                    )
            if delete:
                self.api.delete_files(self.name, "dataset", list(delete), commit_message=message)


@contextmanager
def _staged(files: Mapping[str, Path]) -> Iterator[Path]:
    """Give a temporary folder of links laid out as in the repository."""
    with tempfile.TemporaryDirectory(prefix="stepmint-publish-") as name:
        folder = Path(name)
        for path, file in files.items():
            link = folder / path
            link.parent.mkdir(parents=True, exist_ok=True)
            os.symlink(file.resolve(), link)
        yield folder


@contextmanager
def _one_message(url: str) -> Iterator[None]:
    try:
        yield
    except (HubError, OSError, RuntimeError, ValueError) as error:
        settings = "MODELSCOPE_API_TOKEN and MODELSCOPE_ENDPOINT"
        raise failed(url, error, settings=settings) from error
