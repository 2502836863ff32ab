"""The seam behind which a filter lives: what may leave a run as a training row, and why not."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from exporters.records import LabelledSteps
from schemas import ExportError, LabelledSolution, Problem, Settings
from schemas.run_folder import RunFolder


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A solution that would make a row: what a filter decides about."""

    place: int
    """Its position among the solutions of the export, from 0; the same whenever it is met."""
    shard: str
    """The run's shard that holds it."""
    labelled: LabelledSteps
    """The steps and labels that the row will have."""

    @property
    def problem(self) -> Problem:
        """The problem it solves."""
        return self.labelled.problem

    @property
    def solution(self) -> LabelledSolution:
        """The solution itself."""
        return self.labelled.solution


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One problem of a list that the user names, e.g. of a benchmark."""

    question: str
    solution: str | None = None
    """A worked solution, where the list has one."""


ReadList = Callable[[str, str | None], Iterator[Reference]]
"""Yields the problems of a list by its name, a path or a hub's dataset; the second argument names
the column of its questions where that cannot be told."""


def no_lists(name: str, column: str | None) -> Iterator[Reference]:
    """Refuse: rooms below `tasks` read no files but the run's."""
    raise ExportError(f"the list {name} cannot be read here: export through tasks.exports")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a filter may read beside the candidates."""

    run: RunFolder
    shards: tuple[str, ...]
    """The shards that are exported, in order."""
    read_list: ReadList = no_lists


class Sieve(ABC):
    """A filter at work on one export."""

    looks_first: ClassVar[bool] = False
    """Whether it has to see all candidates before it can say a word of the first. That costs one
    more reading of the run; candidates that an earlier filter takes out are not shown."""

    def look(self, candidate: Candidate) -> None:
        """Take in a candidate, in order; digests and sketches are kept, never texts."""
        raise NotImplementedError

    def settle(self) -> None:  # noqa: B027  not every filter has something to decide
        """Decide, all candidates having been seen."""

    @abstractmethod
    def reason(self, candidate: Candidate) -> str | None:
        """Return why a candidate is taken out, as a short category; None where it stays.

        Asked once of every candidate, in order.
        """

    def leave(self, folder: Path) -> None:  # noqa: B027  nor to write
        """Write what a person should see of it into the export's folder, under a name of its own.

        Called when the rows are written.
        """


class Filter(Settings):
    """What may leave a run as training rows; a member of `AnyFilter` by its `kind`, a literal."""

    kind: str

    reads_steps: ClassVar[bool] = False
    """Whether it reads the labels of single steps, which rows of whole solutions do not have."""
    beside: ClassVar[tuple[str, ...]] = ()
    """Names of the files that its sieve leaves in the export's folder."""

    @property
    def critique_sets(self) -> frozenset[str]:
        """The sets of the run's critiques that it reads."""
        return frozenset()

    @property
    def lists(self) -> tuple[tuple[str, str | None], ...]:
        """What it will read of lists: their names, and the column of questions where it is named.

        So that a list which cannot be read is noticed before a run, and not at its end.
        """
        return ()

    @abstractmethod
    def sieve(self, scope: Scope) -> Sieve:
        """Return the filter at work on one export."""
