"""A person's mark: where a solution goes wrong first, or that it does not.

`marks.jsonl` beside a run's tables has a line of JSON for each mark, in the order in which they
were made. It is only ever added to: a later mark of the same person replaces an earlier one, and a
line whose `first_error` is null takes that person's newest mark of the solution back.
"""

import hashlib
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field


class Mark(BaseModel):
    """One line of `marks.jsonl`; what else a line says is left alone."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    problem_id: str
    solution_index: int = Field(ge=0)
    first_error: int | None = Field(ge=-1)
    """0-based index of the first wrong step; -1: none; None: the mark is taken back."""
    who: str = ""
    """The person; empty where a line does not say."""
    at: str = ""
    """When, in UTC, as ISO 8601 writes it."""
    note: str = ""
    """What the person says of it; untrusted."""
    steps_key: str = ""
    """`steps_key` of what was marked, so that a mark is never taken for one of other steps; empty
    where a line does not say: then the index alone names the solution."""

    @property
    def solution(self) -> tuple[str, int]:
        """The id of the problem, and the index of the solution."""
        return self.problem_id, self.solution_index


def misfit(mark: Mark, steps: Sequence[str]) -> str:
    """Say why a mark is none of a solution with these steps; empty where it is one."""
    if mark.steps_key and mark.steps_key != steps_key(steps):
        return "of another text"
    if (mark.first_error or 0) >= len(steps):
        return "of a step that is not there"
    return ""


def differ(marks: Sequence[Mark]) -> bool:
    """Tell whether marks of one solution name different first errors."""
    return len({one.first_error for one in marks}) > 1


def steps_key(steps: Sequence[str]) -> str:
    """Return a digest of a solution's steps, texts and borders: 16 hex digits."""
    return hashlib.sha256("\x1e".join(steps).encode()).hexdigest()[:16]
