r"""The journal that never pays twice: every completion and score of a shard, on disk before use.

Format, version 1. A header line, then one line per record, append-only:

    stepmint journal 1\n
    <crc32, 8 hex digits> <key, 32 hex digits> <record, JSON in UTF-8>\n

A record is a completion or, where it says `"kind": "score"`, the score of a continuation, or where
it says `"segment"`, a segmenter's reply, or where it says `"grades"`, what a process reward model
made of a solution's steps; a completion that another run paid for says `"run"` and which. The
checksum covers key, blank and JSON. JSON escapes line ends, so a line is a record whatever the
policy wrote. A kill can tear the last line: without its line end it is cut off when the journal is
opened again. Any other line whose checksum is wrong is skipped and counted; its record will be paid
for again. Of two records with one key the first counts.

Every append reaches the operating system before `append` returns, so a killed process loses
nothing; the disk is synced at intervals and at close, so a power cut loses seconds.
One process writes a journal: `<journal>.lock` holds a lock and its holder's process id.

In memory there is one key and one offset per record (about 200 bytes); records stay on disk.
"""

import fcntl
import json
import logging
import math
import os
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import fields
from itertools import accumulate, pairwise
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import orjson

from rollouts.costs import Costs, Ledger, Origin
from schemas import Completion, Grades, RunError, Score, Tokens

log = logging.getLogger(__name__)

HEADER: Final = b"stepmint journal 1\n"
_CRC, _KEY = 8, 32
_SYNC_SECONDS: Final = 10.0
_CHUNK: Final = 1 << 20

_Record = dict[str, Any]  # what JSON makes of it
_NO_FIELDS: Final = frozenset({"tokens", "run", "kind"})
"""What a completion's record holds in another form, or besides."""


class Journal:
    """Completions and scores by key, on disk. Open it with `with Journal(path) as journal:`.

    Raises RunError if another process holds it, if the file is no journal, or if the disk is
    full; nothing that was in it is lost by any of these.
    """

    def __init__(self, path: Path, *, sync_seconds: float = _SYNC_SECONDS) -> None:
        self.path = path
        self.corrupted = 0
        """Lines with a wrong checksum, skipped."""
        self.torn_bytes = 0
        """Bytes of a torn last line, cut off."""
        self._sync_seconds = sync_seconds
        self._records: dict[bytes, tuple[int, int]] = {}
        self._end = 0

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                undo.callback(_Lock(self.path).release)
                self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            except OSError as error:
                raise RunError(
                    f"journal {self.path} cannot be opened ({error.strerror}): make its folder "
                    "writable, or give another run folder"
                ) from error
            undo.callback(os.close, self._file)
            self._recover()
            self._synced = time.monotonic()
            self._close = undo.pop_all().close
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._sync()
        finally:
            self._close()

    def __len__(self) -> int:
        return len(self._records)

    def get(self, key: str) -> Completion | None:
        """Return the completion recorded under a key of 32 hex digits; None if there is none."""
        found = self.find(key)
        return None if found is None else found[0]

    def find(self, key: str) -> tuple[Completion, str] | None:
        """Return what `get` returns, and the other run that paid for it; empty if this one did."""
        record = self._record(key)
        return None if record is None else (_completion(record), record.get("run", ""))

    def get_score(self, key: str) -> Score | None:
        """Return the score recorded under a key of 32 hex digits; None if there is none."""
        record = self._record(key)
        return None if record is None else _score(record)

    def append(self, key: str, completion: Completion, *, run: str = "") -> None:
        """Record a completion under a key of 32 hex digits; a key already recorded stays.

        `run` names the other run that paid for it.
        """
        self._append(key, _completion_record(completion) | ({"run": run} if run else {}))

    def append_segment(self, key: str, reply: Completion) -> None:
        """Record what a segmenter replied; a key already recorded stays. `get` returns it."""
        self._append(key, _completion_record(reply) | {"kind": "segment"})

    def append_score(self, key: str, score: Score) -> None:
        """Record a score under a key of 32 hex digits; a key already recorded stays."""
        self._append(key, _score_record(score))

    def append_grades(self, key: str, grades: Grades) -> None:
        """Record the grades of a solution's steps; a key already recorded stays."""
        record = {"kind": "grades", "grades": grades.steps, "tokens": grades.tokens}
        self._append(key, record)

    def get_grades(self, key: str) -> Grades | None:
        """Return the grades recorded under a key of 32 hex digits; None if there are none."""
        record = self._record(key)
        if record is None:
            return None
        return Grades(steps=tuple(record["grades"]), tokens=record["tokens"])

    def _record(self, key: str) -> _Record | None:
        place = self._records.get(bytes.fromhex(key))
        if place is None:
            return None
        line = os.pread(self._file, place[1], place[0])
        if _checked_key(line) != bytes.fromhex(key):
            raise RunError(
                f"journal {self.path} changed while in use, at byte {place[0]}: run again"
            )
        record: _Record = json.loads(line[_CRC + _KEY + 2 :])
        return record

    def _append(self, key: str, record: _Record) -> None:
        raw = bytes.fromhex(key)
        if raw in self._records:
            return
        body = b"%s %s" % (key.encode(), _json(record))
        line = b"%08x %s\n" % (zlib.crc32(body), body)
        self._write(line)
        self._records[raw] = (self._end - len(line), len(line) - 1)
        if time.monotonic() - self._synced >= self._sync_seconds:
            self._sync()

    def _write(self, data: bytes) -> None:
        """Append all of `data` or, on a full disk, nothing."""
        done = 0
        try:
            while done < len(data):
                done += os.pwrite(self._file, data[done:], self._end + done)
        except OSError as error:
            os.ftruncate(self._file, self._end)
            raise self._disk_error(error) from error
        self._end += len(data)

    def _sync(self) -> None:
        """Have the disk hold all that was appended."""
        try:
            os.fsync(self._file)
        except OSError as error:
            raise self._disk_error(error) from error
        self._synced = time.monotonic()

    def _disk_error(self, error: OSError) -> RunError:
        return RunError(
            f"journal {self.path} cannot grow ({error.strerror}): free disk space, then run "
            f"the same command again; its {len(self)} records are kept"
        )

    def _recover(self) -> None:
        """Read what is there, cut off a torn tail, write the header of a new journal."""
        size = os.fstat(self._file).st_size
        head = os.pread(self._file, len(HEADER), 0)
        if not HEADER.startswith(head):
            raise RunError(
                f"{self.path} is no stepmint journal of version 1 (it begins {head!r}): "
                "move it away, or give another run folder"
            )
        if len(head) < len(HEADER):
            os.ftruncate(self._file, 0)
            self._write(HEADER)
            return
        self._end = len(HEADER)
        self._scan()
        self.torn_bytes = size - self._end
        if self.torn_bytes:
            os.ftruncate(self._file, self._end)
            log.info("%s: cut off a torn record of %d bytes", self.path, self.torn_bytes)
        if self.corrupted:
            log.warning(
                "%s: skipped %d corrupted records; they will be paid for again",
                self.path,
                self.corrupted,
            )

    def _scan(self) -> None:
        """Index every whole line behind the header; `_end` comes to stand behind the last."""
        for line in _whole_lines(self._file):
            key = _checked_key(line)
            if key is None:
                self.corrupted += 1
            else:
                self._records.setdefault(key, (self._end, len(line)))
            self._end += len(line) + 1


class JournalReader:
    """The completions of a journal that another run holds and may be writing; nothing is changed.

    One that is not there holds nothing; what is corrupted or torn is not in it. Raises RunError
    where it is no journal.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._records: dict[bytes, tuple[int, int]] = {}

    def __enter__(self) -> Self:
        try:
            self._file = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:  # its shard was committed meanwhile
            self._file = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise RunError(
                f"journal {self.path} cannot be read ({error.strerror}): make it readable, or "
                "take its run off `reuse`"
            ) from error
        try:
            self._index()
        except BaseException:
            os.close(self._file)
            raise
        return self

    def __exit__(self, *error: object) -> None:
        os.close(self._file)

    def _index(self) -> None:
        if not HEADER.startswith(os.pread(self._file, len(HEADER), 0)):  # a kill may tear it
            raise RunError(
                f"{self.path} is no stepmint journal of version 1: restore it, or take its run "
                "off `reuse`"
            )
        end = len(HEADER)
        for line in _whole_lines(self._file):
            key = _checked_key(line)
            if key is not None:
                self._records.setdefault(key, (end, len(line)))
            end += len(line) + 1

    def get(self, key: str) -> Completion | None:
        """Return the completion recorded under a key of 32 hex digits; None if there is none."""
        place = self._records.get(bytes.fromhex(key))
        return None if place is None else _completion(self._record(place))

    def costs(self) -> Costs:
        """Return what all records cost, as replayed or reused ones."""
        ledger, others = Ledger(), Costs()
        for record in map(self._record, self._records.values()):
            if record.get("kind") == "score":
                others += Costs.of_score(_score(record), replayed=True)
            elif record.get("kind") == "segment":
                others += Costs.of_segment(_completion(record), replayed=True)
            elif record.get("kind") == "grades":
                continue  # no policy was asked
            else:
                origin: Origin = "run" if record.get("run") else "journal"
                ledger.completed(_completion(record), origin=origin, as_text=False)
        return ledger.costs + others

    def _record(self, place: tuple[int, int]) -> _Record:
        line = os.pread(self._file, place[1], place[0])
        record: _Record = json.loads(line[_CRC + _KEY + 2 :])
        return record


def _whole_lines(file: int) -> Iterator[bytes]:
    """Yield the lines behind the header that have a line end, without it."""
    with open(file, "rb", buffering=_CHUNK, closefd=False) as lines:
        lines.seek(len(HEADER))
        for line in lines:
            if line.endswith(b"\n"):
                yield line[:-1]


def has_records(path: Path) -> bool:
    """Return whether a journal holds any whole record, be it a damaged one; opens it to read."""
    with path.open("rb") as lines:
        return any(line.endswith(b"\n") and line != HEADER for line in lines)


def _checked_key(line: bytes) -> bytes | None:
    """Return the key of a record line without its line end; None if the checksum is wrong."""
    body = line[_CRC + 1 :]
    if len(body) <= _KEY or line[: _CRC + 1] != b"%08x " % zlib.crc32(body):
        return None
    return bytes.fromhex(body[:_KEY].decode())


def _json(record: _Record) -> bytes:
    """Return a record as JSON; the fast library writes neither infinities nor lone surrogates."""
    if "kind" not in record and math.isfinite(record["logprob"] or 0):
        with suppress(TypeError):
            return orjson.dumps(record)
    return json.dumps(record, separators=(",", ":")).encode("ascii")


def _completion_record(completion: Completion) -> _Record:
    """Return a completion as JSON holds it; token ends become widths: fewer digits."""
    tokens = completion.tokens
    record = {field.name: getattr(completion, field.name) for field in fields(Completion)}
    if tokens is not None:
        record["tokens"] = {"ids": tokens.ids, "widths": _widths(tokens.ends)}
    return record


def _completion(record: _Record) -> Completion:
    values = {name: value for name, value in record.items() if name not in _NO_FIELDS}
    tokens = record["tokens"]
    if tokens is not None:
        tokens = Tokens(ids=tuple(tokens["ids"]), ends=tuple(accumulate(tokens["widths"])))
    return Completion(tokens=tokens, **values)


def _score_record(score: Score) -> _Record:
    """Return a score as JSON holds it."""
    return {
        "kind": "score",
        "logprobs": score.logprobs,
        "best": score.best,
        "widths": _widths(score.ends),
        "prompt_tokens": score.prompt_tokens,
        "cached_tokens": score.cached_tokens,
    }


def _score(record: _Record) -> Score:
    return Score(
        logprobs=tuple(record["logprobs"]),
        best=tuple(record["best"]),
        ends=tuple(accumulate(record["widths"])),
        prompt_tokens=record["prompt_tokens"],
        cached_tokens=record["cached_tokens"],
    )


def _widths(ends: Sequence[int]) -> list[int]:
    return [end - start for start, end in pairwise((0, *ends))]


def remove_journal(path: Path) -> None:
    """Remove a journal whose records are all kept elsewhere, and its lock."""
    path.unlink(missing_ok=True)
    path.with_name(f"{path.name}.lock").unlink(missing_ok=True)


class _Lock:
    """One writer per journal. A POSIX lock: it dies with its process and no fork inherits it."""

    _held: Final[set[Path]] = set()
    """Journals this process has open: POSIX locks do not keep a process from itself."""

    def __init__(self, journal: Path) -> None:
        self._journal = journal.resolve()
        if self._journal in self._held:
            raise RunError(f"journal {journal} is already open in this process: close it first")
        path = journal.with_name(journal.name + ".lock")
        self._file = self._locked(path)
        while not _is_file_at(self._file, path):  # removed by a holder that had finished
            os.close(self._file)
            self._file = self._locked(path)
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)
        self._held.add(self._journal)

    def _locked(self, path: Path) -> int:
        """Return the lock file, opened and locked."""
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError) as error:
            holder = os.pread(file, 32, 0).decode(errors="replace").strip() or "unknown"
            os.close(file)
            raise RunError(
                f"journal {self._journal} is being written by process {holder}: wait until that "
                f"run ends, or stop it (kill {holder}) and run again"
            ) from error
        return file

    def release(self) -> None:
        """Let another process write. The lock file stays; who removes a journal may remove it."""
        self._held.discard(self._journal)
        os.close(self._file)


def _is_file_at(file: int, path: Path) -> bool:
    """Tell whether an open file is still the one that its path names."""
    try:
        return os.path.samestat(os.fstat(file), os.stat(path))
    except FileNotFoundError:
        return False
