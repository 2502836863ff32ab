"""Which of a source's problems a run takes, and in what order; rejected rows pass through."""

import tempfile
from array import array
from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import groupby, islice
from typing import IO

import numpy as np

from schemas import Problem, RejectedRow, SourceError


def stretch(
    loaded: Iterator[Problem | RejectedRow], *, start: int, limit: int | None
) -> Iterator[Problem | RejectedRow]:
    """Yield problems start, ..., start + limit - 1 and read no further."""
    met = 0
    for item in up_to(loaded, None if limit is None else start + limit):
        met += isinstance(item, Problem)
        if isinstance(item, RejectedRow) or met > start:
            yield item
    _check(start, met)


def up_to(
    loaded: Iterable[Problem | RejectedRow], limit: int | None
) -> Iterator[Problem | RejectedRow]:
    """Yield the first `limit` problems and the rows passed over, and read no further."""
    met = 0
    for item in loaded:
        yield item
        met += isinstance(item, Problem)
        if met == limit:
            return


def shuffled(
    loaded: Iterator[Problem | RejectedRow], *, seed: int, start: int, limit: int | None
) -> Iterator[Problem | RejectedRow]:
    """Yield such a stretch of an order that depends on the seed and the problems' ids alone.

    Problems wait for their turn in a temporary file. Raises SourceError where it cannot grow.
    """
    wanted = None if limit is None else start + limit
    with tempfile.TemporaryFile(prefix="stepmint-shuffle-") as file:
        drawn = _Drawn(file, wanted)
        for item in loaded:
            if isinstance(item, RejectedRow):
                yield item
            else:
                place = sha256(f"{seed}/{item.id}".encode()).digest()[:8]
                drawn.put(int.from_bytes(place), item)
        _check(start, len(drawn))
        yield from islice(drawn.in_order(), start, wanted)


class _Drawn:
    """Problems in a file, and in memory their places in the order: sixteen bytes a problem.

    Of `wanted` problems, those that cannot be among the first so many are not kept.
    """

    def __init__(self, file: IO[bytes], wanted: int | None) -> None:
        self._file = file
        self._end = 0
        self._wanted = wanted
        self._places = array("Q")
        self._starts = array("Q")
        self._last = 2**64 - 1

    def __len__(self) -> int:
        return len(self._places)

    def put(self, place: int, problem: Problem) -> None:
        """Keep a problem whose place may be among those wanted."""
        if place > self._last:
            return
        line = problem.as_json().encode("ascii") + b"\n"
        try:
            self._file.write(line)
        except OSError as error:
            raise SourceError(
                f"{tempfile.gettempdir()} cannot hold the problems to shuffle ({error.strerror}): "
                "free space there, or set TMPDIR to a larger folder"
            ) from error
        self._places.append(place)
        self._starts.append(self._end)
        self._end += len(line)
        if self._wanted is not None and len(self) >= 2 * self._wanted + _SPARE:
            self._forget_all_but(self._wanted)

    def in_order(self) -> Iterator[Problem]:
        """Yield the problems by place, and by id where two have one place."""
        order = np.argsort(np.array(self._places), kind="stable")
        for _, equal in groupby(order, key=lambda index: self._places[index]):
            yield from sorted(map(self._read, equal), key=lambda problem: problem.id)

    def _read(self, index: int) -> Problem:
        self._file.seek(self._starts[index])
        return Problem.from_json(self._file.readline())

    def _forget_all_but(self, wanted: int) -> None:
        """Forget whose places are behind the first `wanted`; what is in the file stays there."""
        places, starts = np.array(self._places), np.array(self._starts)
        self._last = int(np.partition(places, wanted - 1)[wanted - 1])
        kept = places <= self._last
        self._places = array("Q", places[kept].tobytes())
        self._starts = array("Q", starts[kept].tobytes())


_SPARE = 1024


def _check(start: int, problems: int) -> None:
    if problems <= start:
        raise SourceError(f"start={start}, but the source has only {problems} problems")
