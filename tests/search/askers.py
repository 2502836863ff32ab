"""A policy and a reward model in a table, for searches worked out by hand."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from schemas import Grades
from search.seam import End, Wrote


def wrote(step: str, end: End = "", *, logprob: float | None = None, tokens: int = 1) -> Wrote:
    """What a sample of the policy added."""
    return Wrote(steps=(step,) if step else (), end=end, tokens=tokens, logprob=logprob)


def endless() -> Mapping[str, Sequence[Wrote]]:
    """A table in which every prefix goes on, and none ends."""
    return defaultdict(lambda: [wrote("more\n")])


class TableAsker:
    """Sample i behind a prefix is entry i of its row, over and over; a step's grade is in a table.

    Steps that are not in the table are worth 0.5.
    """

    def __init__(
        self,
        steps: Mapping[str, Sequence[Wrote]],
        grades: Mapping[str, float],
        *,
        likeliest: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.asked: list[tuple[str, int, int]] = []
        self._steps = steps
        self._grades = grades
        self._likeliest = likeliest or {}

    async def solutions(self, count: int) -> list[Wrote]:
        row = self._steps[""]
        return [row[index % len(row)] for index in range(count)]

    async def steps(self, prefix: Sequence[str], *, start: int, count: int) -> list[Wrote]:
        self.asked.append(("".join(prefix), start, count))
        row = self._steps["".join(prefix)]
        return [row[index % len(row)] for index in range(start, start + count)]

    async def likeliest(self, prefix: Sequence[str], steps: int) -> tuple[str, ...]:
        return tuple(self._likeliest.get("".join(prefix), ())[:steps])

    async def grades(self, solutions: Sequence[Sequence[str]]) -> list[Grades]:
        return [
            Grades(steps=tuple(self._grades.get(step, 0.5) for step in steps), tokens=len(steps))
            for steps in solutions
        ]
