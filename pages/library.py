"""The runs that pages show, read as they are asked for and never whole.

Of each committed shard a few numbers per solution are kept (`reports.facts`); texts are read from
the shard that holds them when a page shows them. A shard that is committed anew is counted anew.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from pathlib import Path
from threading import Lock
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from exporters.filters.suspects import Suspect, SuspectGolds, suspects_of
from pages.by_shard import ByShard
from pages.products.folder import OpenProducts
from reports.facts import ShardFacts, shard_facts
from reports.folders import folder_at, ours_in
from reports.truth import Truth, truth_of
from schemas import RunError
from schemas.arrow import read_table
from schemas.run_folder import RunFolder
from tasks.known_errors import ORACLE, name_of, told


class OpenRun:
    """One run; safe to read while it grows, and by several requests at once."""

    place = "runs"
    """What its addresses begin with."""

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

    @property
    def marks_stamp(self) -> int:
        """What changes whenever a mark is made."""
        return self.folder.marks.stat().st_mtime_ns if self.folder.marks.exists() else 0

    @property
    def damaged(self) -> Sequence[str]:
        """Why shards cannot be read, as far as they were looked at."""
        looks = (self.oracle, self.suspects, self.facts)
        found = {shard: why for one in looks for shard, why in one.bad.items()}
        return tuple(dict.fromkeys(found.values()))

    def shard_of(self, problem_id: str) -> str:
        """Return the shard that holds a problem; raises RunError where none does."""
        for shard, facts in self.facts.each():
            if pc.index(facts.problems["problem_id"], problem_id).as_py() >= 0:
                return shard
        if waiting := self._waiting(problem_id):
            raise RunError(
                f"problem {problem_id} is not labelled yet: {waiting} is not committed. "
                "Load this page again once it is"
            )
        raise RunError(f"{self.folder.path} has no problem {problem_id!r}")

    def shards_of(self, problems: Set[str]) -> Mapping[str, str]:
        """Return the shards that hold some problems, by problem; of none that is nowhere."""
        wanted = pa.array(problems, pa.string())
        found: dict[str, str] = {}
        for shard in self.facts.shards:
            ids = self.facts.of(shard).problems["problem_id"]
            here = ids.filter(pc.is_in(ids, value_set=wanted))
            found |= dict.fromkeys(here.to_pylist(), shard)
        return found

    def _waiting(self, problem_id: str) -> str:
        """Return the shard in which a problem waits to be labelled; empty where it does not."""
        done = self.facts.shards
        for path in sorted(self.folder.staging.glob("shard-*.parquet")):
            ids = read_table(path, "problems", ("problem_id",))["problem_id"]
            if path.stem not in done and pc.index(ids, problem_id).as_py() >= 0:
                return path.stem
        return ""

    def _suspects(self, shard: str) -> Mapping[str, Suspect]:
        found = suspects_of(self.folder, [shard], SuspectGolds())
        return {one.problem_id: one for one in found}

    def _oracle(self, shard: str) -> Truth | None:
        pairs = ((said, error) for _, said, error in told(self.folder, shard))
        return truth_of(pairs, by=name_of(ORACLE))


Opened = OpenRun | OpenProducts


class Library:
    """Runs, searches and recipes by name; of output folders also those that are begun later."""

    def __init__(self, folders: Iterable[Path] = (), *, outputs: Sequence[Path] = ()) -> None:
        """Open folders. Raises RunError for one that is none of ours, and says what it is."""
        self._outputs = outputs
        self._lock = Lock()
        self._opened: dict[str, Opened] = {}
        for path in folders:
            self._open(path)

    def _open(self, path: Path) -> None:
        folder = folder_at(path)
        called = path.resolve().name
        name, number = called, 1
        while name in self._opened:
            number += 1
            name = f"{called} ({number})"
        if isinstance(folder, RunFolder):
            self._opened[name] = OpenRun(folder, name)
        else:
            self._opened[name] = OpenProducts(folder, name)

    @property
    def opened(self) -> Sequence[Opened]:
        """All there are, in the order in which they were named or begun."""
        with self._lock:  # several requests may meet the same new run
            known = {one.folder.path for one in self._opened.values()}
            for output in self._outputs:
                for path in ours_in(output):
                    if path not in known:
                        self._open(path)
            return tuple(self._opened.values())

    @property
    def runs(self) -> Sequence[OpenRun]:
        """All runs."""
        return tuple(one for one in self.opened if isinstance(one, OpenRun))

    def run(self, name: str) -> OpenRun:
        """Return the run of this name; raises RunError naming those there are."""
        return _named(name, "run", self.runs)

    def made(self, name: str) -> OpenProducts:
        """Return the recipe or search of this name; raises RunError naming those there are."""
        made = tuple(one for one in self.opened if isinstance(one, OpenProducts))
        return _named(name, "recipe or search", made)


_One = TypeVar("_One", OpenRun, OpenProducts)


def _named(name: str, what: str, there: Sequence[_One]) -> _One:
    for one in there:
        if one.name == name:
            return one
    names = ", ".join(one.name for one in there) or "none"
    raise RunError(f"no {what} {name!r} is shown here; there are: {names}")
