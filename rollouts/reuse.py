"""The seam behind which other runs lie, whose rollouts need not be paid for again."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from schemas import Completion, Prefix, Problem

Keys = Callable[[Prefix, Sequence[int]], Mapping[int, str]]
"""Returns the journal keys of a problem's samples, by sample index."""


class OtherRuns(Protocol):
    """Completions that other runs have paid for."""

    def get(self, problem: Problem, key: str, keys: Keys) -> tuple[Completion, str] | None:
        """Return the completion that a run recorded under a journal key, and the run's name.

        None where none has it. `keys` tells the keys of what is recorded without one.
        """
        ...


class NoRuns:
    """There are no other runs."""

    def get(self, problem: Problem, key: str, keys: Keys) -> tuple[Completion, str] | None:
        """Return None."""
        return None
