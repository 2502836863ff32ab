"""How many rows of one kind, or of one problem, a set should have.

What goes is chosen by a hash of problem and solution: the same in every run, and of no other order.
"""

from array import array
from collections import Counter
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from exporters.filters.seam import Candidate, Filter, Scope, Sieve
from exporters.filters.words import digest


def first_error(candidate: Candidate) -> int:
    """Return the first step that the row's labels call wrong (below 0.5), 0-based; -1: none.

    What the labeler concluded, where rows have no labels.
    """
    labels = candidate.labelled.labels
    if not labels:
        concluded = candidate.solution.first_error
        return -1 if concluded is None else concluded
    return next((at for at, label in enumerate(labels) if label < 0.5), -1)


def _lot(candidate: Candidate) -> int:
    """Return the number by which rows are chosen: 64 bits, as good as drawn."""
    return digest(f"{candidate.problem.id}/{candidate.solution.solution_index}")


class PerProblem(Filter):
    """Keeps so many rows of a problem at most, in turns one with an error and one without."""

    kind: Literal["per_problem"] = "per_problem"

    at_most: int = Field(ge=1)
    """Rows a problem has at most."""

    def sieve(self, scope: Scope) -> Sieve:
        """Return the filter at work."""
        return _PerProblem(self.at_most)


class _PerProblem(Sieve):
    """Holds one problem's lots at a time, and a byte a row of what stays."""

    looks_first = True

    def __init__(self, at_most: int) -> None:
        self._at_most = at_most
        self._problem: str | None = None
        self._open: list[tuple[int, bool, int]] = []
        self._out = bytearray()

    def look(self, candidate: Candidate) -> None:
        if candidate.problem.id != self._problem:
            self._choose()
            self._problem = candidate.problem.id
        self._open.append((_lot(candidate), first_error(candidate) < 0, candidate.place))

    def settle(self) -> None:
        self._choose()

    def reason(self, candidate: Candidate) -> str | None:
        out = candidate.place < len(self._out) and self._out[candidate.place]
        return f"the problem has {self._at_most} rows" if out else None

    def _choose(self) -> None:
        """Take turns between rows with an error and rows without, by lot."""
        drawn = sorted(self._open)
        sides = [[one for one in drawn if one[1] is right] for right in (False, True)]
        turns = sorted(
            ((turn, lot), place) for side in sides for turn, (lot, _, place) in enumerate(side)
        )
        for _, place in turns[self._at_most :]:
            self._out.extend(bytes(max(place + 1 - len(self._out), 0)))
            self._out[place] = 1
        self._open = []


class Balance(Filter):
    """Caps the share of rows without an error, of rows with one, or of right steps."""

    kind: Literal["balance"] = "balance"

    without_error: float | None = Field(default=None, gt=0, lt=1)
    """Share of rows without an error, at most; others of them are taken out."""
    with_error: float | None = Field(default=None, gt=0, lt=1)
    """Share of rows with an error, at most; others of them are taken out."""
    right_steps: float | None = Field(default=None, gt=0, lt=1)
    """Share of right steps, at most: rows without an error are taken out as far as that helps."""

    @model_validator(mode="after")
    def _caps_one(self) -> "Balance":
        asked = [self.without_error, self.with_error, self.right_steps]
        if sum(cap is not None for cap in asked) != 1:
            raise ValueError("give one of without_error, with_error and right_steps")
        return self

    def sieve(self, scope: Scope) -> Sieve:
        """Return the filter at work."""
        return _Balance(self)


class _Balance(Sieve):
    """Twelve bytes a row that may go: its lot, and its right steps."""

    looks_first = True

    def __init__(self, settings: Balance) -> None:
        self._settings = settings
        self._goes = settings.with_error is None
        """Whether rows without an error are those that may go; else the ones with an error."""
        self._lots, self._right = array("Q"), array("I")
        self._rest_rows = self._rest_right = self._rest_wrong = 0
        self._bound = 0

    def look(self, candidate: Candidate) -> None:
        right = sum(label >= 0.5 for label in candidate.labelled.labels)
        if self._may_go(candidate):
            self._lots.append(_lot(candidate))
            self._right.append(right)
        else:
            self._rest_rows += 1
            self._rest_right += right
            self._rest_wrong += len(candidate.labelled.labels) - right

    def settle(self) -> None:
        lots = np.frombuffer(self._lots, np.uint64)
        order = np.argsort(lots, kind="stable")
        stay = self._stay(np.frombuffer(self._right, np.uint32)[order])
        self._bound = int(lots[order[stay - 1]]) if stay else -1
        self._lots, self._right = array("Q"), array("I")

    def reason(self, candidate: Candidate) -> str | None:
        if not self._may_go(candidate) or _lot(candidate) <= self._bound:
            return None
        return "more rows without an error" if self._goes else "more rows with an error"

    def _may_go(self, candidate: Candidate) -> bool:
        return (first_error(candidate) < 0) is self._goes

    def _stay(self, right: NDArray[np.uint32]) -> int:
        """Return how many of the rows that may go stay, right steps being given in their order."""
        share = self._settings.right_steps
        if share is not None:  # right / (right + wrong) <= share
            room = share * self._rest_wrong / (1 - share) - self._rest_right
            return int(np.searchsorted(np.cumsum(right, dtype=np.int64), room + 1e-9, "right"))
        cap = self._settings.without_error or self._settings.with_error or 0.0
        return min(len(right), int(cap * self._rest_rows / (1 - cap) + 1e-9))


class FirstError(Filter):
    """Takes out rows by where their first error stands; rows without one stay."""

    reads_steps: ClassVar[bool] = True

    kind: Literal["first_error"] = "first_error"

    earliest: int = Field(default=0, ge=0)
    """First step, from 0, at which the first error may stand: 1 takes out errors in the first."""
    latest: int | None = Field(default=None, ge=0)
    """Last step at which it may stand; None: any."""
    share: float | None = Field(default=None, gt=0, lt=1)
    """Share of any one position among the rows with an error, at most."""

    @model_validator(mode="after")
    def _in_order(self) -> "FirstError":
        if self.latest is not None and self.latest < self.earliest:
            raise ValueError(
                f"earliest={self.earliest} and latest={self.latest} leave no error: swap them"
            )
        return self

    def sieve(self, scope: Scope) -> Sieve:
        """Return the filter at work."""
        return _Where(self) if self.share is None else _Positions(self)


class _Where(Sieve):
    def __init__(self, settings: FirstError) -> None:
        self._settings = settings

    def reason(self, candidate: Candidate) -> str | None:
        at, latest = first_error(candidate), self._settings.latest
        if 0 <= at < self._settings.earliest:
            return f"its first error is before step {self._settings.earliest}"
        if latest is not None and at > latest:
            return f"its first error is after step {latest}"
        return None


class _Positions(_Where):
    """Nine bytes a row with an error: its lot and its position."""

    looks_first = True

    def __init__(self, settings: FirstError) -> None:
        super().__init__(settings)
        self._lots: dict[int, array[int]] = {}
        self._bounds: dict[int, int] = {}

    def look(self, candidate: Candidate) -> None:
        at = first_error(candidate)
        if at >= 0 and super().reason(candidate) is None:
            self._lots.setdefault(at, array("Q")).append(_lot(candidate))

    def settle(self) -> None:
        counts = Counter({at: len(lots) for at, lots in self._lots.items()})
        for at, allowed in capped(counts, self._settings.share or 1.0).items():
            lots = np.sort(np.frombuffer(self._lots[at], np.uint64))
            self._bounds[at] = int(lots[allowed - 1]) if allowed else -1
        self._lots = {}

    def reason(self, candidate: Candidate) -> str | None:
        before = super().reason(candidate)
        at = first_error(candidate)
        if before is not None or at < 0 or _lot(candidate) <= self._bounds[at]:
            return before
        return f"more rows with the first error at step {at}"


def capped(counts: Counter[int], share: float) -> dict[int, int]:
    """Return counts of which none exceeds `share` of their sum; as much as can stay, stays.

    Where there are too few kinds for that (fewer than 1 / share), each is as large as the smallest.
    """
    sizes = sorted(counts.values())
    if len(sizes) * share < 1:
        return dict.fromkeys(counts, sizes[0]) if sizes else {}
    cap = sizes[-1]
    while cap > 1 and cap > share * sum(min(size, cap) for size in sizes) + 1e-9:
        cap = max(int(share * sum(min(size, cap) for size in sizes) + 1e-9), 1)
    return {at: min(size, cap) for at, size in counts.items()}
