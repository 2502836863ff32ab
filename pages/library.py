"""The runs that pages show, read as they are asked for and never whole.

Of each committed shard a few numbers per solution are kept (`reports.facts`); texts are read from
the shard that holds them when a page shows them. A shard that is committed anew is counted anew.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow.compute as pc

from exporters.filters.suspects import Suspect, SuspectGolds, suspects_of
from pages.by_shard import ByShard
from reports.facts import ShardFacts, shard_facts
from reports.truth import Truth, truth
from schemas import RunError
from schemas.arrow import read_table
from schemas.conversion import solutions_from
from schemas.run_folder import RunFolder
from sources.synthetic import first_error
from tasks.known_errors import ORACLE, name_of


class OpenRun:
    """One run; safe to read while it grows, and by several requests at once."""

    def __init__(self, folder: RunFolder, name: str) -> None:
        self.folder = folder
        self.name = name
        """What it is called here; its folder's name unless two runs share it."""
        self.facts: ByShard[ShardFacts] = ByShard(
            folder, lambda shard: shard_facts(folder, shard, folder.concludes)
        )
        self.suspects: ByShard[Mapping[str, Suspect]] = ByShard(folder, self._suspects)
        """Problems whose gold is doubted, as `stepmint suspects` finds them, by id."""
        self.oracle: ByShard[Truth | None] = ByShard(folder, self._oracle)
        """How often first errors are those that the step oracle tells; None: it knows none."""

    def shard_of(self, problem_id: str) -> str:
        """Return the shard that holds a problem; raises RunError where none does."""
        for shard in self.facts.shards:
            ids = self.facts.of(shard).problems["problem_id"]
            if pc.index(ids, problem_id).as_py() >= 0:
                return shard
        raise RunError(f"{self.folder.path} has no problem {problem_id!r} in a committed shard")

    def _suspects(self, shard: str) -> Mapping[str, Suspect]:
        found = suspects_of(self.folder, [shard], SuspectGolds())
        return {one.problem_id: one for one in found}

    def _oracle(self, shard: str) -> Truth | None:
        programs = read_table(self.folder.file("problems", shard), "problems", ("program",))
        if programs["program"].null_count == programs.num_rows:
            return None
        rows = list(solutions_from(read_table(self.folder.file("solutions", shard), "solutions")))
        known = {
            (row.problem.id, row.solution.solution_index): first_error(
                row.problem, row.solution.steps
            )
            for row in rows
            if row.problem.program is not None
        }
        return truth(rows, known, by=name_of(ORACLE))


class Library:
    """The runs of some folders by name; of an output folder also those that are begun later."""

    def __init__(self, folders: Iterable[Path] = (), *, output: Path | None = None) -> None:
        self._output = output
        self._runs: dict[str, OpenRun] = {}
        for folder in folders:
            self._add(RunFolder(folder))

    def _add(self, folder: RunFolder) -> None:
        name, number = folder.name, 1
        while name in self._runs:
            number += 1
            name = f"{folder.name} ({number})"
        self._runs[name] = OpenRun(folder, name)

    @property
    def runs(self) -> Sequence[OpenRun]:
        """All runs, in the order in which they were named."""
        known = {one.folder.path for one in self._runs.values()}
        for path in self._begun():
            if path not in known:
                self._add(RunFolder(path))
        return tuple(self._runs.values())

    def _begun(self) -> Iterator[Path]:
        if self._output is not None:
            yield from sorted(record.parent for record in self._output.glob("*/run.json"))

    def run(self, name: str) -> OpenRun:
        """Return the run of this name; raises RunError naming those there are."""
        for one in self.runs:
            if one.name == name:
                return one
        names = ", ".join(one.name for one in self.runs) or "none"
        raise RunError(f"no run {name!r} is shown here; there are: {names}")
