"""Objects below a root that several machines reach, through pyarrow's filesystems.

What is asked of a filesystem: an object appears whole or not at all, whoever lists sees what was
written before, and it stamps what is written with a clock of its own. Nothing else, because pyarrow
offers nothing else on S3: it has no write that fails where an object exists, and passes over
`If-None-Match` in silence (arrow#28274, arrow#44281).
"""

import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import parse_qsl, urlsplit

from pyarrow import fs
from pydantic_core import PydanticCustomError

from schemas import RunError
from tasks.files import sync, writing

_OPTIONS = frozenset({"region", "endpoint_override", "scheme"})
_TRIES = 6
"""Requests to S3 until one is given up: what is lost is a shard's upload, not the shard."""
_CHUNK = 1 << 20


def reachable(where: str) -> str:
    """Return `where` if it is empty or can name a shared root; raise what pydantic tells else."""
    url = urlsplit(where)
    if where and not url.scheme and not where.startswith("/"):
        raise ValueError(
            f"{where!r} means another folder on each machine: give an absolute path, "
            "or a URI such as s3://bucket/runs"
        )
    if url.username or url.password:
        raise PydanticCustomError(  # a message that does not repeat the value
            "secret",
            "it holds a key, which would be written to run.json: export AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY instead",
        )
    if url.scheme == "s3" and (wrong := sorted(set(dict(parse_qsl(url.query))) - _OPTIONS)):
        raise ValueError(f"{', '.join(wrong)} in it: the options are {', '.join(sorted(_OPTIONS))}")
    return where.rstrip("/")


class SharedRoot:
    """Named objects in a folder below `where`: a path, or a URI such as `s3://bucket/runs`."""

    def __init__(self, where: str, folder: str) -> None:
        self.where = f"{where.partition('?')[0]}/{folder}"
        """Its address, for messages."""
        with self._reached():
            self._files, root = _opened(where)
        self._root = f"{root}/{folder}"
        self._is_local = isinstance(self._files, fs.LocalFileSystem)

    def put(self, name: str, data: bytes) -> None:
        """Write an object, whole or not at all, in place of what has its name."""
        with self._whole(name) as out:
            out.write(data)

    def upload(self, path: Path, name: str) -> None:
        """Write a file's bytes as an object, whole or not at all."""
        with path.open("rb") as file, self._whole(name) as out:
            shutil.copyfileobj(file, out, _CHUNK)

    def mark(self, name: str) -> int:
        """Write an empty object; return when, in nanoseconds of the root's own clock.

        Not by a rename: its time would be earlier than its name.
        """
        with self._reached():
            self._make_folder(name)
            with self._files.open_output_stream(self._at(name)):
                pass
            return int(self._files.get_file_info(self._at(name)).mtime_ns or 0)

    def get(self, name: str) -> bytes | None:
        """Return an object's bytes; None where there is none."""
        with self._reached():
            try:
                with self._files.open_input_stream(self._at(name)) as file:
                    return bytes(file.read())
            except FileNotFoundError:
                return None

    def download(self, name: str, path: Path) -> bool:
        """Write an object's bytes to a file; return whether there is such an object."""
        with self._reached():
            try:
                with self._files.open_input_stream(self._at(name)) as file, path.open("wb") as out:
                    shutil.copyfileobj(file, out, _CHUNK)
            except FileNotFoundError:
                return False
        return True

    def has(self, name: str) -> bool:
        """Tell whether there is an object of this name."""
        with self._reached():
            return bool(self._files.get_file_info(self._at(name)).is_file)

    def listing(self, folder: str) -> Mapping[str, int]:
        """Return the objects below a folder, named from there, with their times as in `mark`."""
        below = self._at(folder) + "/"
        chosen = fs.FileSelector(below, recursive=True, allow_not_found=True)
        with self._reached():
            found = self._files.get_file_info(chosen)
        return {
            one.path.removeprefix(below): int(one.mtime_ns or 0) for one in found if one.is_file
        }

    def delete(self, name: str) -> None:
        """Remove an object; nothing happens where there is none."""
        with self._reached():
            try:
                self._files.delete_file(self._at(name))
            except FileNotFoundError:
                return

    def _at(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _make_folder(self, name: str) -> None:
        if self._is_local:  # elsewhere there are none
            self._files.create_dir(os.path.dirname(self._at(name)), recursive=True)

    @contextmanager
    def _whole(self, name: str) -> Iterator[IO[bytes]]:
        """Open an object for writing that has its name when it is whole."""
        final = self._at(name)
        with self._reached():
            if not self._is_local:  # an object store shows an object when its upload is complete
                with self._files.open_output_stream(final) as out:
                    yield out
                return
            self._make_folder(name)
            partial = f"{final}.{secrets.token_hex(4)}.partial"
            with self._files.open_output_stream(partial) as out:
                yield out
            sync(Path(partial))
            self._files.move(partial, final)
            sync(Path(final).parent)

    @contextmanager
    def _reached(self) -> Iterator[None]:
        """Turn what a filesystem refuses into a RunError that names the root and the remedy."""
        try:
            with writing(Path(self.where), elsewhere="choose another `shared`"):
                yield
        except OSError as error:
            raise RunError(
                f"shared={self.where} refuses ({str(error)[:300]}): check bucket, address and "
                "credentials (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, "
                "AWS_ENDPOINT_URL), then run the same command again"
            ) from error


def _opened(where: str) -> tuple[fs.FileSystem, str]:
    """Return a filesystem, and the path in it that `where` names."""
    url = urlsplit(where)
    if not url.scheme:
        return fs.LocalFileSystem(), where.rstrip("/")
    if url.scheme != "s3":
        files, path = fs.FileSystem.from_uri(where)
        return files, path.rstrip("/")
    options = {name: value for name, value in parse_qsl(url.query) if name in _OPTIONS}
    given = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    if given and "endpoint_override" not in options:  # which pyarrow heeds in URIs alone
        address = urlsplit(given)
        options |= {"endpoint_override": address.netloc, "scheme": address.scheme}
    files = fs.S3FileSystem(
        **options,
        # Small objects in one request: S3 stamps one of several parts with the time it was begun.
        allow_delayed_open=True,
        retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=_TRIES),
    )
    return files, f"{url.netloc}{url.path}".rstrip("/")
