"""MinHash sketches of many texts, and which of them are near one another (Broder 1997)."""

from array import array
from typing import Literal

import numpy as np
from datasketch import MinHash, MinHashLSH
from numpy.typing import NDArray

_PERMUTATIONS = 128
_SCHEME: Literal["affine32"] = "affine32"
_SEED = 1
_BATCH = 4_096


class Sketches:
    """MinHash sketches of many texts, and which of them are near an earlier one.

    520 bytes a text: 128 permutations of 4 bytes, 8 of what must be the same. datasketch makes the
    sketches and chooses the bands, with a weight on finding all pairs, for those found are held
    against each other; its index would take kilobytes a text, so bands are sorted here.
    """

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold
        index = MinHashLSH(threshold=threshold, num_perm=_PERMUTATIONS, weights=(0.1, 0.9))
        self._bands, self._rows = index.b, index.r
        self._permutations = MinHash(
            num_perm=_PERMUTATIONS, seed=_SEED, scheme=_SCHEME
        ).permutations
        self._values = array("I")
        self._same = array("Q")

    def add(self, grams: list[str], same: int) -> None:
        """Take in the next text: its n-grams, and a digest of what only near texts share."""
        sketch = MinHash(
            num_perm=_PERMUTATIONS, seed=_SEED, scheme=_SCHEME, permutations=self._permutations
        )
        encoded = [gram.encode("utf-8", "surrogatepass") for gram in set(grams)]
        for start in range(0, len(encoded), _BATCH):  # half a kilobyte a gram meanwhile
            sketch.update_batch(encoded[start : start + _BATCH])
        self._values.frombytes(sketch.hashvalues.astype(np.uint32, copy=False).tobytes())
        self._same.append(same)

    def near_earlier(self, alive: NDArray[np.bool_]) -> list[int]:
        """Return the places of texts that are near an earlier one that stays, among those alive.

        In order: a text is held against those before it that stay, so a chain of small changes
        keeps every text that is far from all that stay.
        """
        values = np.frombuffer(self._values, np.uint32).reshape(-1, _PERMUTATIONS)
        places, buckets = self._shared(values, alive)
        stay: dict[int, list[int]] = {}
        near: list[int] = []
        ends = np.append(np.flatnonzero(np.diff(places)) + 1, len(places))
        start = 0
        for end in ends[: len(places)]:
            place, mine = int(places[start]), buckets[start:end].tolist()
            start = end
            others = sorted({other for bucket in mine for other in stay.get(bucket, ())})
            agreed = (values[others] == values[place]).mean(axis=1) if others else np.zeros(0)
            if agreed.max(initial=0.0) >= self._threshold:
                near.append(place)
            else:
                for bucket in mine:
                    stay.setdefault(bucket, []).append(place)
        return near

    def _shared(
        self, values: NDArray[np.uint32], alive: NDArray[np.bool_]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the buckets of two texts or more as pairs of place and bucket, by place."""
        here = np.flatnonzero(alive)
        same = np.frombuffer(self._same, np.uint64)[here]
        places: list[NDArray[np.int64]] = [np.zeros(0, np.int64)]
        buckets: list[NDArray[np.int64]] = [np.zeros(0, np.int64)]
        count = 0
        for band in range(self._bands):
            columns = range(band * self._rows, (band + 1) * self._rows)
            order, firsts = _grouped(values, here, same, columns)
            sizes = np.diff(np.append(firsts, len(order)))
            groups = np.repeat(np.arange(len(firsts)), sizes)
            many = np.repeat(sizes > 1, sizes)
            places.append(here[order[many]])
            buckets.append(groups[many] + count)
            count += len(firsts)
        all_places, all_buckets = np.concatenate(places), np.concatenate(buckets)
        by_place = np.argsort(all_places, kind="stable")
        return all_places[by_place], all_buckets[by_place]


def _grouped(
    values: NDArray[np.uint32],
    here: NDArray[np.int64],
    same: NDArray[np.uint64],
    columns: range,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return an order in which texts of one bucket stand together, and where each bucket begins."""
    keys = same.copy()
    for column in columns:  # a 64-bit mix: two of a million texts meet by chance once in 10^7 runs
        keys ^= values[here, column].astype(np.uint64)
        keys *= np.uint64(0x9E3779B97F4A7C15)
        keys ^= keys >> np.uint64(29)
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    firsts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])) if len(order) else order
    return order, firsts
