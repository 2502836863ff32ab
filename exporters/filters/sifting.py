"""The filters of one export, in order, each asked once of what the ones before it let through."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from exporters.filters.seam import Candidate, Filter, Scope, Sieve
from schemas import ExportError


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterCount:
    """What one filter did to an export."""

    kind: str
    seen: int
    """Solutions that the filters before it let through."""
    taken: Mapping[str, int]
    """Solutions that it took out, by reason."""

    @property
    def left(self) -> int:
        """Solutions that it let through."""
        return self.seen - sum(self.taken.values())


class Sifting:
    """Filters at work. A byte a solution is kept, beside what each filter keeps of its own."""

    def __init__(self, filters: Sequence[Filter], scope: Scope) -> None:
        self.sieves: list[Sieve] = [one.sieve(scope) for one in filters]
        self._kinds = [one.kind for one in filters]
        self._seen = [0] * len(filters)
        self._taken = [Counter[str]() for _ in filters]
        self._asked = 0
        """Filters of which every candidate is asked already."""
        self._out = bytearray()
        """By place: 1 for a candidate that is taken out."""
        self._first_pass = True

    def look(self, candidates: Callable[[], Iterable[Candidate]]) -> None:
        """Show all candidates to the filters that have to see them first: one pass for each."""
        for number, sieve in enumerate(self.sieves):
            if sieve.looks_first:
                for candidate in candidates():
                    if self._passes(candidate, number):
                        sieve.look(candidate)
                sieve.settle()
                self._asked, self._first_pass = number, False

    def keeps(self, candidate: Candidate) -> bool:
        """Tell whether a candidate stays: asked once of each, in order, after `look`."""
        return self._passes(candidate, len(self.sieves))

    def is_out(self, place: int) -> bool:
        """Tell whether the candidate at a place is known to be taken out."""
        return place < len(self._out) and self._out[place] == 1

    @property
    def counts(self) -> tuple[FilterCount, ...]:
        """What each filter did."""
        rows = zip(self._kinds, self._seen, self._taken, strict=True)
        return tuple(
            FilterCount(kind=kind, seen=seen, taken=dict(sorted(taken.items())))
            for kind, seen, taken in rows
        )

    def _passes(self, candidate: Candidate, upto: int) -> bool:
        """Ask the filters before `upto` that were not asked yet."""
        self._note(candidate.place)
        if self._out[candidate.place]:
            return False
        for number in range(self._asked, upto):
            self._seen[number] += 1
            reason = self.sieves[number].reason(candidate)
            if reason is not None:
                self._taken[number][reason] += 1
                self._out[candidate.place] = 1
                return False
        return True

    def _note(self, place: int) -> None:
        if self._first_pass:
            self._out.extend(bytes(max(place + 1 - len(self._out), 0)))
        elif place >= len(self._out):
            raise ExportError(
                "the run went on while it was exported, and its filters had seen a part of it: "
                "export it again"
            )
