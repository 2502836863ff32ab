"""The seam behind which a dataset lives: settings go in, problems come out."""

from collections.abc import Iterator
from typing import Protocol

from schemas import Problem, RejectedRow
from sources.reading import Reading


class Source(Protocol):
    """Frozen settings of one dataset: a member of the union `AnySource`, picked by `kind`."""

    def load(self, reading: Reading | None = None) -> Iterator[Problem | RejectedRow]:
        """Yield the dataset's problems in a fixed order, and what stood where one should be.

        What is read, and what of it is left out, is noted in `reading`.
        Raises SourceError, while iterating, when the dataset cannot be read at all or none of
        its rows is a problem. Problem ids are unique within one load.
        """
        ...
