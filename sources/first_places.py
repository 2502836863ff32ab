"""Where each id was first met, in a dozen bytes an id: a million are no burden."""

from array import array
from hashlib import blake2b

_FEWEST = 1024


class FirstPlaces:
    """The places where ids were first met, in an open table of 64-bit digests.

    Ids are digests of that size themselves, so that two are confused no likelier than two problems
    by their ids. Twelve bytes a slot, of which at least a third are taken once there are many.
    """

    def __init__(self) -> None:
        self._count = 0
        self._digests = array("Q", [0]) * _FEWEST  # 0: free
        self._places = array("I", [0]) * _FEWEST

    def __len__(self) -> int:
        return self._count

    def first(self, id: str, place: int) -> int:
        """Return where this id was first met: `place` if that is now."""
        digest = _digest(id)
        slot = self._slot(digest)
        if self._digests[slot]:
            return self._places[slot]
        self._digests[slot], self._places[slot] = digest, place
        self._count += 1
        if 3 * self._count > 2 * len(self._digests):
            self._grow()
        return place

    def holds(self, id: str) -> bool:
        """Tell whether this id was met before."""
        return self._digests[self._slot(_digest(id))] != 0

    def _slot(self, digest: int) -> int:
        """Return the slot that holds a digest, or the free one where it belongs."""
        digests, last = self._digests, len(self._digests) - 1
        slot = digest & last
        while digests[slot] not in (0, digest):
            slot = (slot + 1) & last
        return slot

    def _grow(self) -> None:
        digests, places = self._digests, self._places
        self._digests = array("Q", [0]) * (2 * len(digests))
        self._places = array("I", [0]) * (2 * len(places))
        for digest, place in zip(digests, places, strict=True):
            if digest:
                slot = self._slot(digest)
                self._digests[slot], self._places[slot] = digest, place


def _digest(id: str) -> int:
    return int.from_bytes(blake2b(id.encode(), digest_size=8).digest()) or 1
