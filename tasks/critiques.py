"""A run's solutions are shown to a critic, shard by shard; after a kill nothing is paid twice."""

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow.parquet as pq

from policies.seam import Policy
from rollouts import Journal, PromptTemplate, Purse
from rollouts.critiquing import READER, Critic, judgement, load_critique_template
from schemas import Critique, RunError
from schemas.arrow import read_table
from schemas.conversion import solutions_from
from schemas.critique_folder import CritiqueFolder
from schemas.rows import SolutionRow
from schemas.run_folder import RunFolder
from tasks.budget import watched
from tasks.critique_counts import CritiqueCounts, counted
from tasks.critique_set import (
    CritiqueShard,
    begin,
    commit,
    digest_of_solutions,
    known,
    marker,
    rows_there,
    same_policy,
    spent_by,
)
from tasks.critique_settings import CritiqueRun
from tasks.files import writing
from tasks.paced import all_or_over, through_shards
from tasks.progress import WorkBoard
from tasks.record_folder import failures_told, held, update
from tasks.window import Window


@dataclass(slots=True)
class CritiqueBoard(WorkBoard):
    """How far the critiques of this process have come: `done` counts solutions."""

    solutions: int = 0
    """All solutions asked about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shard:
    """What is to be asked about one shard of the run."""

    name: str
    solutions: str
    """SHA-256 of its table of solutions."""
    asked: int
    """Solutions to ask about: the first so many."""
    before: CritiqueShard | None

    def is_done(self, samples: int) -> bool:
        """Tell whether all its critiques are in the set."""
        done = self.before
        return (
            done is not None
            and not done.left
            and (done.solutions, done.reader) == (self.solutions, READER)
            and done.asked >= self.asked
            and done.samples >= samples
        )

    @property
    def is_read_otherwise(self) -> bool:
        """Tell whether an older stepmint read its critiques."""
        return self.before is not None and self.before.reader != READER


async def critique(folder: Path, settings: CritiqueRun, board: CritiqueBoard) -> CritiqueCounts:
    """Have a critic judge the labelled solutions of a run; the same call goes on where one ended.

    Returns what the set holds, which is all of it, or what the budget was enough for
    (`board.reached`). Raises a StepmintError that names value and remedy.
    """
    run = RunFolder(folder)
    shards = run.shards  # raises where there is no run, or a link in it
    made = run.critique_set(settings.name)
    with writing(made.path), held(made):
        begin(made, settings)
        with failures_told(made):
            await _asked(run, made, settings, board, shards)
        board.phase = "counting"
        counts = await asyncio.to_thread(counted, run, made)
        status = "budget reached" if board.reached else "finished"
        update(made, {"status": status, "error": None, **counts.as_json()})
        return counts


async def _asked(
    run: RunFolder,
    made: CritiqueFolder,
    settings: CritiqueRun,
    board: CritiqueBoard,
    shards: Sequence[str],
) -> None:
    work = await asyncio.to_thread(_plan, run, made, shards, settings.limit)
    for shard in work:
        if shard.is_read_otherwise:
            await asyncio.to_thread(_read_again, run, made, shard)
    work = await asyncio.to_thread(_plan, run, made, shards, settings.limit)
    board.solutions = sum(shard.asked for shard in work)
    open_ones = [shard for shard in work if not shard.is_done(settings.samples)]
    board.done = board.solutions - sum(shard.asked for shard in open_ones)
    if open_ones:
        await _Session(run, made, settings, board).ask(open_ones)


def _plan(
    run: RunFolder, made: CritiqueFolder, shards: Sequence[str], limit: int | None
) -> list[_Shard]:
    """Return what is to be asked about each shard."""
    plan, room = [], limit
    for name in shards:
        solutions = pq.read_metadata(run.file("solutions", name)).num_rows
        asked = solutions if room is None else min(room, solutions)
        room = None if room is None else room - asked
        plan.append(
            _Shard(
                name=name,
                solutions=digest_of_solutions(run, name),
                asked=asked,
                before=marker(made, name),
            )
        )
    return [shard for shard in plan if shard.asked]


def _rows(run: RunFolder, shard: str, count: int | None = None) -> list[SolutionRow]:
    """Return the first labelled solutions of a shard, or all."""
    table = read_table(run.file("solutions", shard), "solutions")
    return list(solutions_from(table.slice(0, count)))


def _read_again(run: RunFolder, made: CritiqueFolder, shard: _Shard) -> None:
    """Read what was sampled anew; nothing is asked for."""
    before = shard.before
    assert before is not None
    steps = {
        (row.problem.id, row.solution.solution_index): len(row.solution.steps)
        for row in _rows(run, shard.name)
    }
    there = rows_there(made, shard.name)
    try:
        anew = [
            replace(
                row,
                judgement=judgement(row.completion, steps[row.problem_id, row.solution_index]),
            )
            for row in there
        ]
    except KeyError as error:
        raise RunError(
            f"{made.file(shard.name)} holds critiques of a solution that {run.path} has not: it is "
            "of another run"
        ) from error
    commit(
        made,
        anew,
        shard=shard.name,
        solutions=before.solutions,
        asked=before.asked,
        samples=before.samples,
        left=before.left,
    )


class _Session:
    """The part of a set that this process asks for."""

    def __init__(
        self, run: RunFolder, made: CritiqueFolder, settings: CritiqueRun, board: CritiqueBoard
    ) -> None:
        self._run = run
        self._made = made
        self._settings = settings
        self._board = board
        self._began = time.monotonic()
        self._window = Window(settings.open)
        self._template: PromptTemplate = load_critique_template(settings.prompt)

    async def ask(self, shards: Sequence[_Shard]) -> None:
        """Ask about shards until all is there, or the budget is over."""
        settings, board = self._settings, self._board
        board.phase = f"starting the policy ({settings.policy.kind})"
        spent = await asyncio.to_thread(spent_by, self._made, self._run.shards)
        async with (
            settings.policy.open(self._made.path) as policy,
            watched(
                settings.budget,
                spent=spent,
                max_tokens=settings.sampling.max_tokens,
                began=self._began,
            ) as purse,
        ):
            same_policy(self._made, policy.identity)
            update(self._made, {"policy_caveat": policy.caveat})
            board.phase, board.since = f"asking about {len(shards)} shards", time.monotonic()
            self._window.feeds(lambda: 0 if purse.holds_back else policy.idle)
            by_number = {_number(shard.name): shard for shard in shards}
            await through_shards(
                ((number, shard.asked) for number, shard in by_number.items()),
                lambda number: self._shard(by_number[number], policy, purse),
                window=self._window,
                purse=purse,
            )
            if purse.reached and board.done < board.solutions:
                board.reached = purse.told

    async def _shard(self, shard: _Shard, policy: Policy, purse: Purse) -> None:
        made, before, samples = self._made, shard.before, self._settings.samples
        asked = max(shard.asked, before.asked if before else 0)
        rows = await asyncio.to_thread(_rows, self._run, shard.name, asked)
        there = await asyncio.to_thread(rows_there, made, shard.name)
        with Journal(made.journal(shard.name)) as journal:
            critic = Critic(
                policy=policy,
                template=self._template,
                sampling=self._settings.sampling,
                journal=journal,
                purse=purse,
                known=known(there),
            )
            self._board.shard_began(shard.name, lambda: critic.costs)
            try:
                left = await self._all(shard, rows[: shard.asked], critic, purse)
                most = max(samples, before.samples if before else 0)
                critiques = [one for row in rows for one in critic.there(row, most)]
                critiques += _others(there, critiques)
            finally:
                self._board.shard_ended(shard.name)
        await asyncio.to_thread(
            commit,
            made,
            critiques,
            shard=shard.name,
            solutions=shard.solutions,
            asked=asked,
            samples=most,
            left=left,
        )

    async def _all(
        self, shard: _Shard, rows: Iterable[SolutionRow], critic: Critic, purse: Purse
    ) -> int:
        """Ask about some solutions at once; return how many the budget left open."""

        async def one(row: SolutionRow) -> None:
            await critic.take(row, self._settings.samples)
            self._board.done += 1
            self._window.ended(_number(shard.name))

        return await all_or_over(map(one, rows), purse)


def _others(before: Iterable[Critique], now: Iterable[Critique]) -> list[Critique]:
    """Return what was there before and is not asked for now: it was paid for, and stays."""
    have = {(one.problem_id, one.solution_index, one.sample_index) for one in now}
    return [
        one for one in before if (one.problem_id, one.solution_index, one.sample_index) not in have
    ]


def _number(shard: str) -> int:
    return int(shard.removeprefix("shard-"))
