"""Searches at test time: what a process reward model made of the steps that a policy wrote."""

from collections.abc import Iterator
from typing import ClassVar, Literal

from schemas import Outcome
from sources.rows import BadCellError
from sources.stated.marks import gold, marks, named, question, steps_of
from sources.stated.seam import Cells, LabelKind, StatedFormat, StatedSolution

_OUTCOMES = {one.value: one for one in Outcome}


class Searched(StatedFormat):
    """Ways of `stepmint search`, from its folder: grades of steps, and the verdict on candidates.

    Where a search gave up the verdict is not known.
    """

    columns: ClassVar[tuple[str, ...]] = ("search", "question", "steps", "grades", "outcome")
    kind: ClassVar[LabelKind] = "automatic"
    between: ClassVar[str] = ""

    format: Literal["search"] = "search"

    def solutions(self, cells: Cells) -> Iterator[StatedSolution]:
        """Yield the row's way."""
        steps, outcome = steps_of(cells.get("steps")), _OUTCOMES.get(str(cells.get("outcome")))
        if outcome is None:
            raise BadCellError("no known outcome", repr(cells.get("outcome"))[:40])
        yield StatedSolution(
            question=question(cells, "question"),
            answer=gold(cells, "gold"),
            steps=steps,
            stated=marks(cells.get("grades"), steps),
            outcome=outcome,
            id=named(cells, "id"),
        )
