"""What is found out of a run shard by shard, once for each commit, a little at a time."""

import time
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar

from schemas import RunError
from schemas.run_folder import RunFolder

Found = TypeVar("Found")
_Stamp = tuple[int, int]
"""Time and size of a shard's marker: another one is another commit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoFar(Generic[Found]):
    """What is found of the first shards of a run."""

    found: Mapping[str, Found]
    """By shard, in their order."""
    of: int
    """Shards that are committed."""
    bad: int
    """Those of them that were looked at and cannot be read."""

    @property
    def complete(self) -> bool:
        """Whether no shard is left."""
        return len(self.found) + self.bad == self.of

    @property
    def values(self) -> Sequence[Found]:
        """What is found, in the order of shards."""
        return tuple(self.found.values())


class ByShard(Generic[Found]):
    """Looks at each committed shard once; safe for several requests at once."""

    def __init__(self, run: RunFolder, look: Callable[[str], Found]) -> None:
        self._run = run
        self._look = look
        self._lock = Lock()
        self._known: dict[str, tuple[_Stamp, Found]] = {}
        self.bad: dict[str, str] = {}
        """Why shards cannot be read, as far as they were looked at."""

    @property
    def shards(self) -> tuple[str, ...]:
        """The committed shards; none where none is committed yet."""
        if self._run.path.is_dir() and not any(self._run.markers.glob("shard-*.json")):
            return ()
        return self._run.shards

    @property
    def state(self) -> Hashable:
        """What changes whenever a shard is committed, or committed anew."""
        return tuple((shard, self._stamp(shard)) for shard in self.shards)

    def __contains__(self, shard: str) -> bool:
        """Tell whether a shard was looked at already."""
        return shard in self._known

    def of(self, shard: str) -> Found:
        """Return what is found of a shard, looking now where it was not looked at yet.

        Raises RunError where it cannot be read; it is looked at anew when asked again.
        """
        stamp = self._stamp(shard)
        with self._lock:
            known = self._known.get(shard)
            if known is None or known[0] != stamp:
                with self.reading(shard):
                    known = stamp, self._look(shard)
                self._known[shard] = known
                self.bad.pop(shard, None)
            return known[1]

    @contextmanager
    def reading(self, shard: str) -> Iterator[None]:
        """Note a shard of which something turns out not to be readable, and raise why."""
        try:
            yield
        except RunError as error:
            self.bad[shard] = str(error)
            raise

    def each(self) -> Iterator[tuple[str, Found]]:
        """Yield what is found of each shard that can be read."""
        for shard in self.shards:
            with suppress(RunError):
                yield shard, self.of(shard)

    def all(self) -> Sequence[Found]:
        """Look at all shards; raises RunError where one cannot be read."""
        return tuple(map(self.of, self.shards))

    def _stamp(self, shard: str) -> _Stamp:
        try:
            marker = self._run.marker(shard).stat()
        except FileNotFoundError:  # it is being committed anew
            return 0, 0
        return marker.st_mtime_ns, marker.st_size

    def so_far(self, *, within_s: float = float("inf")) -> SoFar[Found]:
        """Look at shards for so long, at one at least; the rest when asked again."""
        deadline = time.monotonic() + within_s
        shards, bad = self.shards, 0
        found: dict[str, Found] = {}
        for shard in shards:
            if found and shard not in self and time.monotonic() > deadline:
                break
            try:
                found[shard] = self.of(shard)
            except RunError:  # `bad` says why
                bad += 1
        return SoFar(found=found, of=len(shards), bad=bad)
