"""How far the persons agree who marked the same solutions, and on which they do not."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from reports.truth import Share
from schemas.marks import Mark, differ


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotators:
    """What persons marked."""

    persons: Sequence[str]
    """Those who say who they are."""
    marked: int
    """Solutions with a mark."""
    exact: Share
    """The same first error, or none, said by all; of the solutions that two or more marked."""
    verdict: Share
    """All find an error, wherever, or all find none; likewise."""
    alpha: float | None
    """Krippendorff's, of the first error as a name; None: undefined."""
    differing: Sequence[Sequence[Mark]]
    """The marks of each solution on which they differ."""

    @property
    def shared(self) -> int:
        """Solutions that two or more marked."""
        return self.exact.of


def annotators(marks: Mapping[tuple[str, int], Sequence[Mark]]) -> Annotators:
    """Compare the standing marks, one per person, of each solution."""
    shared = [some for some in marks.values() if len(some) > 1]
    alike = sum(len({(one.first_error or 0) < 0 for one in some}) == 1 for some in shared)
    differing = tuple(filter(differ, shared))
    return Annotators(
        persons=sorted({one.who for some in marks.values() for one in some if one.who}),
        marked=len(marks),
        exact=Share(len(shared) - len(differing), len(shared)),
        verdict=Share(alike, len(shared)),
        alpha=alpha([one.first_error for one in some] for some in shared),
        differing=differing,
    )


def alpha(units: Iterable[Sequence[object]]) -> float | None:
    """Return Krippendorff's alpha of names that any number of persons gave to each unit.

    1 - observed / expected disagreement: 1 is agreement throughout, 0 what chance brings; None
    where only one name was ever given. Units that one person alone named count as nothing
    (Krippendorff 2011, Computing Krippendorff's alpha-reliability).
    """
    named = Counter[object]()
    observed = 0.0
    for unit in units:
        if len(unit) < 2:
            continue
        named.update(unit)
        observed += 2 * sum(a != b for a, b in combinations(unit, 2)) / (len(unit) - 1)
    total = named.total()
    expected = total**2 - sum(count**2 for count in named.values())
    return 1 - (total - 1) * observed / expected if expected else None
