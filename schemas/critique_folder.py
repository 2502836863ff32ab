"""The folder of one set of critiques of a run: where everything in it lies, as readers see it.

output/<run>/critiques/<name>/
    critiques.json                    settings, prompt template, counts, tokens, agreement
    shard-00000.parquet               the critiques of the solutions of the run's shard of this name
    committed/shard-00000.json        a shard is part of the set once its marker is here
    journal/shard-00000.journal       what came back for a shard until all its critiques are there
    lock                              held by the process that writes the set
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from schemas.arrow import read_table
from schemas.conversion import critiques_from
from schemas.critiques import Critique
from schemas.record_folder import ShardedFolder

SolutionKey = tuple[str, int]
"""The id of a problem, and the index of one of its solutions."""


@dataclass(frozen=True, slots=True)
class CritiqueFolder(ShardedFolder):
    """The paths of one set of critiques, and its committed critiques."""

    record_name: ClassVar[str] = "critiques.json"
    anew: ClassVar[str] = "put the folder away and ask for its critiques again"

    @property
    def name(self) -> str:
        """The set's name: its folder's."""
        return self.path.resolve().name

    def file(self, shard: str) -> Path:
        """Return where a shard's table lies."""
        return self.path / f"{shard}.parquet"

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
