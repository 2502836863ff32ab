"""Whole solutions of many problems, a stage at a time: the journal first, then the policy.

A stage's shard is a table of rollouts once all of them are there, and a journal until then. The
purse is the recipe's: all stages pay from it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from policies.seam import Policy
from rollouts import Costs, Journal, PromptTemplate, Purse, ShardRollouts, remove_journal
from rollouts.steps import Newline
from schemas import ROOT, Problem, Rollout, Sampling
from schemas.arrow import write_table
from schemas.conversion import rollouts_table
from schemas.recipe_folder import RecipeFolder, Stage
from schemas.run_folder import shard_name
from tasks.budget import watched
from tasks.files import replacing
from tasks.paced import all_or_over, through_shards
from tasks.recipes.board import RecipeBoard
from tasks.recipes.folder import spent_by
from tasks.recipes.settings import RecipeSettings
from tasks.window import Window
from verification.seam import Verifier


class BudgetOver(Exception):  # noqa: N818 - an end that the user asked for
    """The recipe's budget is reached; what was paid for is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How a stage asks the policy."""

    policy: Policy
    verifier: Verifier
    template: PromptTemplate
    sampling: Sampling
    seed: int


Take = Callable[[ShardRollouts, Problem], Coroutine[Any, Any, Sequence[Rollout]]]
"""Takes the rollouts of one problem."""


def solutions(samples: int) -> Take:
    """Take so many whole solutions of each problem."""

    async def take(shard: ShardRollouts, problem: Problem) -> Sequence[Rollout]:
        return await shard.of(problem).sample(ROOT, count=samples)

    return take


class Sampler:
    """Takes the stages of one recipe in this process, out of one purse."""

    def __init__(
        self, made: RecipeFolder, settings: RecipeSettings, board: RecipeBoard, purse: Purse
    ) -> None:
        self._made = made
        self._settings = settings
        self._board = board
        self._purse = purse

    @property
    def purse(self) -> Purse:
        """What all requests pass through."""
        return self._purse

    @classmethod
    @asynccontextmanager
    async def opened(
        cls,
        made: RecipeFolder,
        settings: RecipeSettings,
        board: RecipeBoard,
        *,
        max_tokens: int,
        began: float,
    ) -> "AsyncIterator[Sampler]":
        """Yield a sampler with what the budget has left; `began` is monotonic seconds."""
        spent = await asyncio.to_thread(spent_by, made)
        async with watched(
            settings.budget, spent=spent, max_tokens=max_tokens, began=began
        ) as purse:
            yield cls(made, settings, board, purse)

    async def take(
        self, name: str, shards: Sequence[Sequence[Problem]], asking: Asking, take: Take
    ) -> Stage:
        """Have a stage's rollouts there, a file for each shard that has problems.

        Raises BudgetOver where the budget was not enough for all of them.
        """
        stage = self._made.stage(name)

        def is_there(shard: str) -> bool:
            there = stage.file(shard).is_file()
            if there:  # a kill may have come before
                remove_journal(stage.journal(shard))
            return there

        async def one(number: int, window: Window) -> None:
            await self._shard(stage, number, shards[number], asking, take, window)

        await self.through(name, shards, is_there, asking.policy, one)
        return stage

    async def through(
        self,
        name: str,
        shards: Sequence[Sequence[Problem]],
        is_there: Callable[[str], bool],
        policy: Policy,
        work: Callable[[int, Window], Coroutine[Any, Any, None]],
    ) -> None:
        """Do the work of all shards that are not there, as many at once as the policy has room for.

        Raises BudgetOver where the budget was not enough for all of them.
        """
        board, purse = self._board, self._purse
        board.begins(name, sum(map(len, shards)))
        sizes = {number: len(shard) for number, shard in enumerate(shards) if shard}
        there = [number for number in sizes if is_there(shard_name(number))]
        board.done = sum(sizes.pop(number) for number in there)
        window = Window(self._settings.open)
        window.feeds(lambda: 0 if purse.holds_back else policy.idle)
        await through_shards(
            sizes.items(), lambda number: work(number, window), window=window, purse=purse
        )
        if board.done < board.problems:
            board.reached = purse.told
            raise BudgetOver

    async def each(
        self,
        number: int,
        problems: Sequence[Problem],
        work: Callable[[Problem], Coroutine[Any, Any, None]],
        *,
        key: str,
        costs: Callable[[], Costs],
        window: Window,
    ) -> int:
        """Do the work on a shard's problems at once; return how many the budget left open.

        `costs` tells the board under `key` what the shard spends.
        """

        async def one(problem: Problem) -> None:
            await work(problem)
            self._board.done += 1
            window.ended(number)

        self._board.shard_began(key, costs)
        try:
            return await all_or_over(map(one, problems), self._purse)
        finally:
            self._board.shard_ended(key)

    async def _shard(
        self,
        stage: Stage,
        number: int,
        problems: Sequence[Problem],
        asking: Asking,
        take: Take,
        window: Window,
    ) -> None:
        name = shard_name(number)
        with (
            Journal(stage.journal(name)) as journal,
            ShardRollouts(
                policy=asking.policy,
                verifier=asking.verifier,
                journal=journal,
                template=asking.template,
                sampling=asking.sampling,
                splitter=Newline(),
                run_seed=asking.seed,
                purse=self._purse,
            ) as shard,
        ):
            taken: dict[str, Sequence[Rollout]] = {}

            async def one(problem: Problem) -> None:
                taken[problem.id] = await take(shard, problem)

            left = await self.each(
                number,
                problems,
                one,
                key=f"{stage.path}/{name}",
                costs=lambda: shard.costs,
                window=window,
            )
            rows = [row for problem in problems for row in taken.get(problem.id, ())]
        if not left:
            await asyncio.to_thread(_commit, stage, name, rows)


def _commit(stage: Stage, shard: str, rows: Sequence[Rollout]) -> None:
    """Put a shard's table in its place in one rename, and drop its journal."""
    with replacing(stage.file(shard)) as partial:
        write_table(rollouts_table(rows), partial)
    remove_journal(stage.journal(shard))


def in_shards(problems: Sequence[Problem], size: int) -> list[list[Problem]]:
    """Cut problems into shards, in their order."""
    return [list(problems[at : at + size]) for at in range(0, len(problems), size)]
