"""A dataset on ModelScope."""

import logging
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from modelscope_hub import _upload
from modelscope_hub.api import HubApi
from modelscope_hub.config import HubConfig
from modelscope_hub.constants import Visibility
from modelscope_hub.errors import (
    APIError,
    HubError,
    NetworkError,
    QuotaExceededError,
    StorageError,
)

from schemas import ExportError, SourceError
from tasks import hubs
from tasks.hubs import Trouble, failed, trouble_of

_LOGIN = "run `modelscope login`, or set MODELSCOPE_API_TOKEN"
_KIND = "dataset"
_LOG_LEVEL = "MODELSCOPE_LOG_LEVEL"
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
        raise ExportError(f"no ModelScope token: {_LOGIN}")
    if _LOG_LEVEL not in os.environ:  # it tells of every file and page
        logging.getLogger("modelscope_hub").setLevel(logging.WARNING)
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

    def files(self, revision: str | None = None) -> Mapping[str, str] | None:
        """Return the digests of the files there, or at a tag; None where there is no dataset."""
        with _one_message(self.url):
            if not self.api.repo_exists(self.name, _KIND):
                return None
            files = self.api.list_repo_files(self.name, _KIND, revision=revision)
        return {file.path: file.sha256 or "" for file in files if not file.is_dir}

    def is_private(self) -> bool | None:
        """Return whether the dataset is hidden from others; None where the hub does not say."""
        with _one_message(self.url):
            info = self.api.get_repo(self.name, _KIND)
        if info.private is not None:
            return bool(info.private)
        return None if info.visibility is None else int(info.visibility) != Visibility.PUBLIC

    def read(self, path: str) -> bytes:
        """Return the content of a small file of the dataset."""
        with _one_message(self.url), tempfile.TemporaryDirectory(prefix="stepmint-hub-") as folder:
            file = self.api.download_file(self.name, _KIND, path, local_dir=folder, force=True)
            return Path(file).read_bytes()

    def create(self, *, private: bool) -> None:
        """Create the dataset."""
        with _one_message(self.url):
            visibility = "private" if private else "public"
            self.api.create_repo(self.name, _KIND, visibility=visibility)

    def commit(self, files: Mapping[str, Path], *, delete: Sequence[str], message: str) -> None:
        """Write, then delete; the client makes a commit of each, and several of many files."""
        if files:
            with _staged(files) as folder, _one_message(self.url), _told_causes():
                self.api.upload_folder(
                    self.name,
                    _KIND,
                    folder,
                    commit_message=message,
                    use_cache=False,
                    disable_tqdm=True,
                )
        if delete:
            with _one_message(self.url):
                self.api.delete_files(self.name, _KIND, list(delete), commit_message=message)

    def tags(self) -> Sequence[str]:
        """Return the names of the dataset's tags."""
        with _one_message(self.url):
            _, tags = self.api.legacy.list_revisions_detail(self.name, _KIND)
        return [str(tag.get("Revision") or tag.get("Name") or "") for tag in tags]

    def tag(self, name: str, message: str) -> None:
        """Give what is there now a name; ModelScope's tags have no message."""
        with _one_message(self.url):
            self.api.create_repo_tag(self.name, _KIND, name)


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


class _Causes(logging.Handler):
    """Keeps the errors that the client tells its log of: what it raises names no cause."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.errors: list[Exception] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the errors among what is told."""
        told = record.args if isinstance(record.args, tuple) else ()
        self.errors += [one for one in told if isinstance(one, Exception)]


@contextmanager
def _told_causes() -> Iterator[None]:
    """Raise a folder's failed upload as the last error that its files had."""
    causes, log = _Causes(), _upload.logger
    log.addHandler(causes)
    try:
        yield
    except (HubError, RuntimeError):
        if causes.errors:
            raise causes.errors[-1]  # noqa: B904 - it has a cause of its own, which tells more
        raise
    finally:
        log.removeHandler(causes)


@contextmanager
def _one_message(url: str) -> Iterator[None]:
    try:
        yield
    except (HubError, OSError, RuntimeError, ValueError) as error:
        raise _failed(url, error) from error


def _failed(url: str, error: Exception) -> hubs.HubError:
    return failed(
        url,
        error,
        _trouble(error),
        login=_LOGIN,
        settings="MODELSCOPE_API_TOKEN and MODELSCOPE_ENDPOINT",
        after_s=float(getattr(error, "retry_after", None) or 0),
    )


def _trouble(error: Exception) -> Trouble:
    match error:
        case QuotaExceededError():
            return "storage"
        case StorageError(__cause__=Exception() as cause):
            return _trouble(cause)
        case NetworkError() | StorageError() | ConnectionError():
            return "unreachable"
        case APIError(status_code=int(status)):
            return trouble_of(status)
        case _:
            return "other"
