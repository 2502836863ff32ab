"""The folder of one set of critiques of a run: where everything in it lies, as readers see it.

output/<run>/critiques/<name>/
    critiques.json                    settings, prompt template, counts, tokens, agreement
    shard-00000.parquet               the critiques of the solutions of the run's shard of this name
    committed/shard-00000.json        a shard is part of the set once its marker is here
    journal/shard-00000.journal       what came back for a shard until all its critiques are there
    lock                              held by the process that writes the set
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from schemas.arrow import read_table
from schemas.conversion import critiques_from
from schemas.critiques import Critique
from schemas.errors import RunError

SetName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
"""The name of a set of critiques: a folder's."""
SolutionKey = tuple[str, int]
"""The id of a problem, and the index of one of its solutions."""


@dataclass(frozen=True, slots=True)
class CritiqueFolder:
    """The paths of one set of critiques, and its committed critiques."""

    path: Path

    @property
    def name(self) -> str:
        """The set's name: its folder's."""
        return self.path.resolve().name

    @property
    def record_file(self) -> Path:
        """Where the set says what it is."""
        return self.path / "critiques.json"

    @property
    def lock(self) -> Path:
        """The file that whoever writes the set holds locked."""
        return self.path / "lock"

    @property
    def markers(self) -> Path:
        """The folder of what makes shards part of the set."""
        return self.path / "committed"

    def marker(self, shard: str) -> Path:
        """Return the file whose presence means that the shard is committed."""
        return self.markers / f"{shard}.json"

    def journal(self, shard: str) -> Path:
        """Return where a shard's critiques are kept until all of them are there."""
        return self.path / "journal" / f"{shard}.journal"

    def file(self, shard: str) -> Path:
        """Return where a shard's table lies."""
        return self.path / f"{shard}.parquet"

    def record(self) -> dict[str, Any]:
        """Return `critiques.json`; empty where it is not there. Raises RunError for no JSON."""
        if not self.record_file.is_file():
            return {}
        try:
            return dict(json.loads(self.record_file.read_text("utf-8")))
        except (ValueError, TypeError) as error:
            raise RunError(
                f"{self.record_file} is no JSON ({error}): restore it, or put the folder away and "
                "ask for its critiques again"
            ) from error

    def critiques(self, shard: str) -> Iterator[Critique]:
        """Yield a shard's committed critiques in order; none where it has none."""
        if self.marker(shard).is_file():
            yield from critiques_from(read_table(self.file(shard), "critiques"))

    def by_solution(self, shard: str) -> Mapping[SolutionKey, list[Critique]]:
        """Return a shard's committed critiques, by the solution they are of."""
        found = defaultdict[SolutionKey, list[Critique]](list)
        for one in self.critiques(shard):
            found[one.problem_id, one.solution_index].append(one)
        return found
