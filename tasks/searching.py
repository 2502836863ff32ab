"""Problems are searched with a policy and a reward model; after a kill nothing is paid twice."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import pyarrow as pa

from policies.seam import Policy
from rollouts import Journal, Purse, has_records, load_template
from schemas import Problem, RejectedRow, RunError, SourceError
from schemas.arrow import SCHEMA_VERSION, SCHEMAS
from schemas.search_folder import SearchFolder
from search.asking import Manner, ShardSamples
from search.grading import Grading, ShardGrades
from sources.reading import Reading
from sources.selection import up_to
from tasks.budget import watched
from tasks.files import writing
from tasks.paced import all_or_over, through_shards
from tasks.problems import preflight
from tasks.progress import WorkBoard
from tasks.record_folder import (
    failures_told,
    held,
    refuse_changes,
    same_model,
    update,
    write_record,
)
from tasks.reward_model import graded_by
from tasks.search_figures import Figures, figures
from tasks.search_problem import ProblemSearch
from tasks.search_settings import SearchRun
from tasks.search_shard import Rows, ShardRows
from tasks.sharded import check_tables, commit, committed, digest_of, spent_by
from tasks.sources import located
from tasks.window import Window
from verification.judge import Judge


@dataclass(slots=True)
class SearchBoard(WorkBoard):
    """How far the search has come: `done` counts problems."""

    problems: int = 0
    in_flight: Callable[[], int] = lambda: 0
    """Sequences that the policy is writing."""
    _read: int = 0
    _reading: dict[int | str, Callable[[], int]] = field(default_factory=dict)

    @property
    def prm_tokens(self) -> int:
        """Tokens that the reward model read in this session."""
        return self._read + sum(read() for read in tuple(self._reading.values()))

    def shard_reads(self, shard: str, tokens: Callable[[], int]) -> None:
        """Follow how many tokens of a shard the reward model reads."""
        self._reading[shard] = tokens

    def shard_ended(self, shard: int | str) -> None:
        """Keep what a shard spent, and what was read of it."""
        WorkBoard.shard_ended(self, shard)  # `super()` of no arguments is lost on slots
        self._read += self._reading.pop(shard)()


@dataclass(frozen=True, slots=True)
class _Shard:
    name: str
    number: int
    problems: Sequence[Problem]


async def search(run: SearchRun, board: SearchBoard) -> Figures:
    """Search all problems and return what came of it; the same call goes on where one ended.

    Raises a StepmintError that names value and remedy.
    """
    made = SearchFolder(run.folder)
    with writing(made.path), held(made):
        _begin(made, run)
        with failures_told(made):
            board.phase = "reading problems"
            shards = await asyncio.to_thread(_shards, run)
            open_ones = _open(made, shards)
            board.problems = sum(len(one.problems) for one in shards)
            board.done = board.problems - sum(len(one.problems) for one in open_ones)
            if open_ones:
                await _Session(made, run, board).search(open_ones)
            board.phase = "counting"
            await asyncio.to_thread(check_tables, made, made.shards)
            found = await asyncio.to_thread(figures, made, run)
        status = "budget reached" if board.reached else "finished"
        update(made, {"status": status, "error": None, "figures": asdict(found)})
        return found


def _begin(made: SearchFolder, run: SearchRun) -> None:
    """Say what is searched; RunError where the folder holds another search, or a run."""
    if (made.path / "run.json").exists():
        raise RunError(f"{made.path} holds a run: choose another name with --set name=NAME")
    shaping = run.shaping()
    begun = made.shards or any(map(has_records, made.path.glob("journal/*.journal")))
    record = made.record() if begun else {}
    refuse_changes(
        record,
        shaping,
        what=f"{made.path} holds a search with other settings",
        otherwise="search with the old values, or choose another name with --set name=NAME",
    )
    said = {
        "schema_version": SCHEMA_VERSION,
        "settings": run.model_dump(mode="json"),
        "shaping": shaping,
        "template": load_template(run.prompt).model_dump(mode="json"),
        "status": "searching",
    }
    write_record(made, record | said)


def _shards(run: SearchRun) -> list[_Shard]:
    """Return the source's problems in shards. Raises SourceError where there are none."""
    rows = up_to(located(run.source).load(Reading()), run.limit)
    problems = [row for row in rows if not isinstance(row, RejectedRow)]
    if not problems:
        raise SourceError(f"source {run.source.kind!r} gives no problem: give other data")
    return [
        _Shard(f"shard-{number:05d}", number, problems[start : start + run.shard])
        for number, start in enumerate(range(0, len(problems), run.shard))
    ]


def _open(made: SearchFolder, shards: Sequence[_Shard]) -> list[_Shard]:
    """Return the shards that are not committed. Raises RunError where problems changed."""
    open_ones = []
    for shard in shards:
        done = committed(made, shard.name)
        if done is None:
            open_ones.append(shard)
        elif done.problems != digest_of(shard.problems):
            raise RunError(
                f"{made.path}: the problems of {shard.name} are not those that were searched: "
                "bring the old source back, or choose another name with --set name=NAME"
            )
    return open_ones


class _Session:
    """The part of a search that this process does."""

    def __init__(self, made: SearchFolder, run: SearchRun, board: SearchBoard) -> None:
        self._made = made
        self._run = run
        self._board = board
        self._began = time.monotonic()
        self._window = Window(run.open)
        self._manner = Manner(
            template=load_template(run.prompt),
            sampling=run.sampling,
            splitter=run.splitter,
            pause=run.pauses,
            seed=run.seed,
        )

    async def search(self, shards: Sequence[_Shard]) -> None:
        """Search some shards, many problems at once, until all is done or the budget is over."""
        run, board, made = self._run, self._board, self._made
        board.phase = f"starting the policy ({run.policy.kind}) and the reward model"
        spent = await asyncio.to_thread(spent_by, made)
        async with (
            graded_by(run.prm) as grading,
            run.verification.open() as judge,
            run.policy.open(made.path) as policy,
            watched(
                run.budget, spent=spent, max_tokens=run.sampling.max_tokens, began=self._began
            ) as purse,
        ):
            same_model(made, "policy", policy.identity)
            same_model(made, "prm", grading.identity)
            update(made, {"policy_caveat": policy.caveat})
            board.in_flight = _busy(policy)
            board.phase, board.since = f"searching {len(shards)} shards", time.monotonic()
            self._window.feeds(lambda: 0 if purse.holds_back else policy.idle)
            by_number = {shard.number: shard for shard in shards}
            await through_shards(
                [(shard.number, len(shard.problems)) for shard in shards],
                lambda number: self._shard(by_number[number], policy, grading, judge, purse),
                window=self._window,
                purse=purse,
            )
            if purse.reached and board.done < board.problems:
                board.reached = purse.told

    async def _shard(
        self, shard: _Shard, policy: Policy, grading: Grading, judge: Judge, purse: Purse
    ) -> None:
        with purse:
            reasons = await preflight(judge, shard.problems)
        with Journal(self._made.journal(shard.name)) as journal:
            samples = ShardSamples(policy=policy, journal=journal, purse=purse, manner=self._manner)
            grades = ShardGrades(grading, journal, purse)
            common = self._common(policy, grading)
            work = ProblemSearch(self._run, samples, grades, judge, purse, common)
            self._board.shard_began(shard.name, lambda: samples.costs)
            self._board.shard_reads(shard.name, lambda: grades.fresh)
            found: dict[int, Rows] = {}

            async def one(number: int) -> None:
                found[number] = await work.rows(shard.problems[number], reasons[number])
                self._board.done += 1
                self._window.ended(shard.number)

            try:
                left = await all_or_over(map(one, range(len(shard.problems))), purse)
            finally:
                self._board.shard_ended(shard.name)
        if left:
            self._board.done -= len(found)  # of a shard that is not committed
            return
        rows = ShardRows()
        for number in range(len(shard.problems)):
            rows.add(found[number])
        await asyncio.to_thread(
            commit,
            self._made,
            {
                name: pa.Table.from_pylist(some, schema=SCHEMAS[name])
                for name, some in rows.rows.items()
            },
            shard=shard.name,
            problems=shard.problems,
            costs=samples.costs,
            prm_tokens=grades.fresh + grades.replayed,
            counts={},
        )

    def _common(self, policy: Policy, grading: Grading) -> dict[str, Any]:
        return {
            "policy": policy.identity,
            "prm": grading.identity,
            "prompt": self._manner.template.version,
            "temperature": self._run.sampling.temperature,
            "seed": self._run.seed,
        }


def _busy(policy: Policy) -> Callable[[], int]:
    return lambda: policy.in_flight
