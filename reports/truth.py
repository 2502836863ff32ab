"""How often a run's first errors are the known ones: marked by people, or told by an oracle."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import sqrt

from schemas.rows import SolutionRow

_Z = 1.96  # of a 95 % interval


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    hits: int
    of: int

    def __add__(self, other: "Share") -> "Share":
        return Share(self.hits + other.hits, self.of + other.of)

    @property
    def value(self) -> float:
        """The share, in [0, 1]; 0 of nothing."""
        return self.hits / self.of if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval."""
        n, p = max(self.of, 1), self.value
        middle = (p + _Z * _Z / (2 * n)) / (1 + _Z * _Z / n)
        half = _Z / (1 + _Z * _Z / n) * sqrt(p * (1 - p) / n + _Z * _Z / (4 * n * n))
        return max(middle - half, 0.0), min(middle + half, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """First errors beside the known ones, of solutions that have a known one.

    As ProcessBench (2412.06559) scores: the accuracy on solutions with an error, exact place or
    nothing, that on solutions without, and F1, their harmonic mean. Abstaining is a miss.
    """

    by: str
    """Who knows: `the step oracle`, or the name of a file of marks."""
    located: Share
    kept: Share
    abstained: int

    def __add__(self, other: "Truth") -> "Truth":
        return Truth(
            by=self.by,
            located=self.located + other.located,
            kept=self.kept + other.kept,
            abstained=self.abstained + other.abstained,
        )

    @property
    def f1(self) -> float | None:
        """The harmonic mean of both accuracies; None without solutions of either kind."""
        if not self.located.of or not self.kept.of:
            return None
        both = self.located.value + self.kept.value
        return 2 * self.located.value * self.kept.value / both if both else 0.0


def truth(
    rows: Iterable[SolutionRow], known: Mapping[tuple[str, int], int], *, by: str
) -> Truth | None:
    """Compare first errors with the known ones, by problem id and solution index; None: none."""
    solutions = (row.solution for row in rows)
    return truth_of(
        (
            (one.first_error, known[key])
            for one in solutions
            if (key := (one.problem_id, one.solution_index)) in known
        ),
        by=by,
    )


def truth_of(said: Iterable[tuple[int | None, int]], *, by: str) -> Truth | None:
    """Compare pairs of a stated first error and the known one; None where there are none."""
    hits, seen, abstained = [0, 0], [0, 0], 0
    for stated, expected in said:
        without = int(expected == -1)
        seen[without] += 1
        hits[without] += stated == expected
        abstained += stated is None
    if not any(seen):
        return None
    wrong, right = (Share(hit, of) for hit, of in zip(hits, seen, strict=True))
    return Truth(by=by, located=wrong, kept=right, abstained=abstained)
