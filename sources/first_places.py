"""Where each id was first met, in some fifteen bytes an id: a million are no burden."""

from array import array
from hashlib import blake2b

_PARTS = 64
_FEWEST = 16


class FirstPlaces:
    """The places where ids were first met, in open tables of 64-bit digests.

    Ids are digests of that size themselves, so that two are confused no likelier than two problems
    by their ids. Twelve bytes a slot, of which at least five in eight are taken once there are
    many. Many small tables, since one that grows lies in memory twice.
    """

    def __init__(self) -> None:
        self._parts = tuple(_Part() for _ in range(_PARTS))

    def __len__(self) -> int:
        return sum(len(part) for part in self._parts)

    def first(self, id: str, place: int) -> int:
        """Return where this id was first met: `place` if that is now."""
        digest = _digest(id)
        return self._parts[digest % _PARTS].first(digest // _PARTS, place)

    def holds(self, id: str) -> bool:
        """Tell whether this id was met before."""
        digest = _digest(id)
        return self._parts[digest % _PARTS].holds(digest // _PARTS)


class _Part:
    """One of the tables."""

    def __init__(self) -> None:
        self._count = 0
        self._digests = array("Q", [0]) * _FEWEST  # 0: free
        self._places = array("I", [0]) * _FEWEST

    def __len__(self) -> int:
        return self._count

    def first(self, digest: int, place: int) -> int:
        slot = self._slot(digest)
        if self._digests[slot]:
            return self._places[slot]
        self._digests[slot], self._places[slot] = digest, place
        self._count += 1
        if 5 * self._count > 4 * len(self._digests):
            self._grow()
        return place

    def holds(self, digest: int) -> bool:
        return self._digests[self._slot(digest)] != 0

    def _slot(self, digest: int) -> int:
        """Return the slot that holds a digest, or the free one where it belongs."""
        digests, size = self._digests, len(self._digests)
        slot = digest % size
        while digests[slot] not in (0, digest):
            slot = (slot + 1) % size
        return slot

    def _grow(self) -> None:
        digests, places = self._digests, self._places
        size = len(digests) * 5 // 4
        self._digests = array("Q", [0]) * size
        self._places = array("I", [0]) * size
        for digest, place in zip(digests, places, strict=True):
            if digest:
                slot = self._slot(digest)
                self._digests[slot], self._places[slot] = digest, place


def _digest(id: str) -> int:
    return int.from_bytes(blake2b(id.encode(), digest_size=8).digest()) | _PARTS
