"""Rollouts that other runs have paid for: which of them fit this run, and where they lie.

The journal's key decides: policy, sampling, prompt, prefix, sample index and seed. Committed shards
keep no keys, but all that a completion is and all that its key is made of: what their rows do not
say, the run and its problems do.

In memory, per other run: 8 bytes a problem; per open shard: the rows of its own problems, in Arrow,
and an index of those that were asked for.
"""

import hashlib
import logging
import threading
from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import groupby
from pathlib import Path

import pyarrow as pa
from pydantic import ValidationError

from rollouts import JournalReader, Keys
from schemas import Completion, ConfigError, Problem, Prompt, RunError, Sampling
from schemas.arrow import read_rows, read_table
from schemas.conversion import completions_from, prefixes_from, problems_from
from schemas.run_folder import RunFolder, shard_name
from tasks.commits import recorded
from tasks.files import digest
from tasks.settings import LabelRun

log = logging.getLogger(__name__)

_COMPLETION = (
    "text", "token_ids", "token_ends", "finish_reason", "seed", "prompt_tokens", "cached_tokens",
    "completion_tokens", "logprob",
)  # fmt: skip
_PREFIX = ("prefix_steps", "prefix_token_ids")
_COLUMNS = ("problem_id", "sample_index", *_PREFIX, *_COMPLETION)
_SHARD_BITS = 24

Render = Callable[[Problem], Prompt]


def refuse_unfit(run: LabelRun, *, prompt: str) -> None:
    """Raise ConfigError for a run in `reuse` that is none, or that no rollout can be taken from."""
    for path in run.reuse:
        if path.resolve() == run.folder.resolve():
            raise ConfigError(
                f"reuse: {path} is this very run, which goes on by itself: take it off `reuse`, "
                "or give this run another name with --set name=NAME"
            )
        if not RunFolder(path).run_json.is_file():
            raise ConfigError(
                f"reuse: {path} is no run's folder, it has no run.json: give the folder of a run, "
                "e.g. output/demo, or take it off `reuse`"
            )
        RunFolder(path).refuse_links()
        if differences := list(_differences(run, path, prompt)):
            raise ConfigError(
                f"reuse: no rollout of {path} fits this run:\n"
                + "\n".join(f"  {line}" for line in differences)
                + "\ngive this run the same values, or take that one off `reuse`"
            )


def _differences(run: LabelRun, path: Path, prompt: str) -> Iterator[str]:
    record = RunFolder(path).record()
    try:
        config = dict(record["config"])  # type: ignore[call-overload]
        sampling = Sampling.model_validate(config["sampling"])
        theirs = {"seed": record["seed"], "prompt": str(record["prompt"])}
    except (KeyError, TypeError, ValueError, ValidationError) as error:
        raise RunError(
            f"{RunFolder(path).run_json} does not say how its rollouts were sampled ({error!r}): "
            "restore it, or take its run off `reuse`"
        ) from error
    ours = {"seed": run.seed, "prompt": prompt}
    theirs |= {f"sampling.{name}": value for name, value in sampling.model_dump().items()}
    ours |= {f"sampling.{name}": value for name, value in run.sampling.model_dump().items()}
    for name, value in ours.items():
        if value != theirs[name]:
            yield f"{name}: there {theirs[name]!r}, here {value!r}"


class OtherRun:
    """One run of `reuse`, and which of its shards hold which problems."""

    def __init__(self, path: Path) -> None:
        self.folder = RunFolder(path)
        self.name = str(path)
        self._places: array[int] | None = None
        self._lock = threading.Lock()

    def shards_of(self, problems: Iterable[str], *, policy: str) -> Mapping[int, Sequence[str]]:
        """Return the shards that hold some of these problems, and which.

        Raises RunError where no shard is of this policy.
        """
        places = self._indexed(policy)
        found = defaultdict(list)
        for problem in problems:
            start = _place(problem, 0)
            at = bisect_left(places, start)
            while at < len(places) and places[at] < start + (1 << _SHARD_BITS):
                found[places[at] - start].append(problem)
                at += 1
        return found

    def _indexed(self, policy: str) -> Sequence[int]:
        """Return the places of all problems, sorted; read once, whoever asks first."""
        with self._lock:
            if self._places is None:
                self._refuse_other_model(policy)
                shards = self._shards()
                self._places = array(
                    "Q", sorted(_place(one, shard) for shard in shards for one in self._ids(shard))
                )
            return self._places

    def _shards(self) -> list[int]:
        markers = self.folder.path.glob("committed/shard-*.json")
        journals = self.folder.path.glob("journal/shard-*.journal")
        return sorted({int(path.stem.removeprefix("shard-")) for path in (*markers, *journals)})

    def _ids(self, shard: int) -> list[str]:
        """Return the problems of a shard; those of an open one are still staged."""
        name = shard_name(shard)
        staged = self.folder.staging / f"{name}.parquet"
        committed = self.folder.file("problems", name)
        path = staged if self.folder.journal(name).exists() and staged.exists() else committed
        return list(read_table(path, "problems", ("problem_id",))["problem_id"].to_pylist())

    def _refuse_other_model(self, policy: str) -> None:
        records = [recorded(self.folder.path, shard) for shard in self._shards()]
        theirs = Counter(record.policy for record in records if record)
        if theirs and policy not in theirs:
            raise RunError(
                f"reuse: {self.name} was labelled by {', '.join(sorted(theirs))}, and this run's "
                f"policy is {policy}: no rollout fits; take it off `reuse`, or give this run "
                "that policy"
            )
        if others := theirs.total() - theirs[policy]:
            log.warning("reuse: %d shards of %s are of another policy", others, self.name)


def _place(problem: str, shard: int) -> int:
    """Return a problem's digest and its shard in one number; they sort by problem."""
    name = hashlib.blake2b(problem.encode(), digest_size=5).digest()
    return int.from_bytes(name, "big") << _SHARD_BITS | shard


class Reused:
    """What other runs hold of the problems of one shard; implements `OtherRuns`."""

    def __init__(self, sources: Sequence["_Source"]) -> None:
        self._sources = sources

    def get(self, problem: Problem, key: str, keys: Keys) -> tuple[Completion, str] | None:
        """Return the completion that the first run which has it recorded, and that run's name."""
        for source in self._sources:
            completion = source.get(problem, key, keys)
            if completion is not None:
                return completion, source.name
        return None


@contextmanager
def reused(
    runs: Sequence[OtherRun], problems: Sequence[Problem], *, policy: str, render: Render
) -> Iterator[Reused]:
    """Read what other runs hold of some problems. Raises RunError where their files are broken."""
    with ExitStack() as opened:
        sources = []
        for run in runs:
            source = _Source(run)
            found = run.shards_of([problem.id for problem in problems], policy=policy)
            for shard, ids in found.items():
                wanted = set(ids)
                mine = [problem for problem in problems if problem.id in wanted]
                source.read(shard, mine, policy=policy, render=render, opened=opened)
            sources.append(source)
        yield Reused(sources)


class _Source:
    """What one other run holds of the problems of one shard."""

    def __init__(self, run: OtherRun) -> None:
        self.name = run.name
        self._folder = run.folder
        self._journals: list[JournalReader] = []
        self._rows: defaultdict[str, list[pa.Table]] = defaultdict(list)
        self._places: dict[str, dict[str, tuple[pa.Table, int]]] = {}

    def read(
        self,
        shard: int,
        problems: Sequence[Problem],
        *,
        policy: str,
        render: Render,
        opened: ExitStack,
    ) -> None:
        """Read what a shard holds: its table where it is committed, its journal where it is not."""
        name = shard_name(shard)
        journal = JournalReader(self._folder.journal(name))
        self._journals.append(opened.enter_context(journal))
        record = recorded(self._folder.path, shard)
        if record is None or record.policy != policy:
            return
        path = self._folder.file("rollouts", name)
        if not path.is_file() or digest(path) != record.digests["rollouts"]:
            what = "differs from what was committed" if path.is_file() else "is missing"
            raise RunError(
                f"reuse: {path} {what}: bring it back from a copy, or take its run off `reuse`"
            )
        same = self._same(name, problems, render)
        for table in read_rows(path, "rollouts", _COLUMNS, of=same):
            start = 0
            for problem, rows in groupby(table["problem_id"].to_pylist()):
                count = sum(1 for _ in rows)
                self._rows[problem].append(table.slice(start, count))
                start += count

    def _same(self, shard: str, problems: Sequence[Problem], render: Render) -> Collection[str]:
        """Return the problems whose prompt was the same there."""
        table = read_table(self._folder.file("problems", shard), "problems")
        theirs = {row.problem.id: row.problem for row in problems_from(table)}
        here = [problem for problem in problems if problem.id in theirs]
        return {one.id for one in here if render(theirs[one.id]) == render(one)}

    def get(self, problem: Problem, key: str, keys: Keys) -> Completion | None:
        """Return the completion recorded under a key."""
        if problem.id in self._rows:
            self._places[problem.id] = dict(_keyed(self._rows.pop(problem.id), keys))
        place = self._places.get(problem.id, {}).get(key)
        if place is not None:
            table, row = place
            return next(completions_from(table.slice(row, 1).select(_COMPLETION)))
        found = (journal.get(key) for journal in self._journals)
        return next((one for one in found if one is not None), None)


def _keyed(tables: Iterable[pa.Table], keys: Keys) -> Iterator[tuple[str, tuple[pa.Table, int]]]:
    """Yield the journal key of every row of `rollouts` tables, and the row."""
    for table in tables:
        samples = table["sample_index"].to_pylist()
        prefixes = prefixes_from(table.select(_PREFIX))
        for prefix, group in groupby(enumerate(prefixes), key=lambda place: place[1]):
            rows = [row for row, _ in group]
            named = keys(prefix, [samples[row] for row in rows])
            for row in rows:
                yield named[samples[row]], (table, row)
