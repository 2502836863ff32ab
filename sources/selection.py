"""Which of a source's problems a run takes, and in what order; rejected rows pass through."""

import heapq
from collections.abc import Iterator
from hashlib import sha256

from schemas import Problem, RejectedRow, SourceError


def stretch(
    loaded: Iterator[Problem | RejectedRow], *, start: int, limit: int | None
) -> Iterator[Problem | RejectedRow]:
    """Yield problems start, ..., start + limit - 1 and read no further."""
    met = 0
    for item in loaded:
        if isinstance(item, RejectedRow):
            yield item
            continue
        met += 1
        if met > start:
            yield item
        if limit is not None and met == start + limit:
            return
    _check(start, met)


def shuffled(
    loaded: Iterator[Problem | RejectedRow], *, seed: int, start: int, limit: int | None
) -> Iterator[Problem | RejectedRow]:
    """Yield such a stretch of an order that depends on the seed and the problems' ids alone."""
    drawn: list[tuple[int, str, Problem]] = []  # a heap whose top is last in order
    for item in loaded:
        if isinstance(item, RejectedRow):
            yield item
            continue
        place = int.from_bytes(sha256(f"{seed}/{item.id}".encode()).digest()[:8])
        heapq.heappush(drawn, (-place, item.id, item))
        if limit is not None and len(drawn) > start + limit:
            heapq.heappop(drawn)
    _check(start, len(drawn))
    in_order = sorted(drawn, key=lambda entry: (-entry[0], entry[1]))
    yield from (problem for _, _, problem in in_order[start:])


def _check(start: int, problems: int) -> None:
    if problems <= start:
        raise SourceError(f"start={start}, but the source has only {problems} problems")
