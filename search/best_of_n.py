"""Best of N: whole solutions, graded once they are written (2110.14168, 2305.20050)."""

from typing import Literal

from pydantic import Field

from search.seam import Asker, Candidate, Found, Search


class BestOfN(Search):
    """N whole solutions, among which votes and scores choose."""

    kind: Literal["best_of_n"] = "best_of_n"
    n: int = Field(default=16, ge=1)
    """Solutions of each problem."""

    async def search(self, asker: Asker) -> Found:
        """Sample and grade; equal samples are candidates each: so they vote."""
        written = [one for one in await asker.solutions(self.n) if one.steps]
        grades = await asker.grades([one.steps for one in written])
        return Found(
            candidates=tuple(
                Candidate(
                    steps=one.steps,
                    grades=graded.steps,
                    end=one.end,
                    times=1,
                    tokens=one.tokens,
                    place=-1,
                )
                for one, graded in zip(written, grades, strict=True)
            )
        )
