"""Problems are worked on one by one, each at its own pace, and become rows of several products.

What is asked and chosen is a function of the question alone: `Work.explore` has no gold answer to
look at. Verdicts come behind it, in `Work.made`. A shard's rows of all products are committed
together, and its completions are in a journal until then.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol, TypeVar

import pyarrow as pa

from policies.seam import Policy
from rollouts import Journal
from schemas import Problem
from schemas.recipe_folder import RecipeFolder
from schemas.recipe_rows import ProductName, product_schema, sampling_cells
from schemas.run_folder import shard_name
from search.asking import Asked, Manner, ShardSamples
from search.grading import Grading, ShardGrades
from tasks.recipes.board import RecipeBoard
from tasks.recipes.folder import Row
from tasks.recipes.problems import shown_in, staged
from tasks.recipes.sampling import Sampler, in_shards
from tasks.recipes.settings import SolvingSettings
from tasks.record_folder import same_model
from tasks.reward_model import PrmSettings, graded_by
from tasks.sharded import check_tables, commit, committed
from tasks.window import Window
from verification.judge import Judge

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What one problem came to."""

    rows: Mapping[ProductName, Sequence[Row]]
    counts: Mapping[str, int]
    """Added up over all problems."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What rows say besides what was written."""

    judge: Judge
    cells: Row
    """Policy, prompt and sampling of solutions (schemas/recipe_rows.py)."""
    prm: str
    """Which reward model graded; empty where none did."""


class Work(Protocol[T]):
    """What a recipe does with a problem."""

    @property
    def products(self) -> Sequence[ProductName]:
        """The products it writes rows of."""
        ...

    async def explore(self, asked: Asked) -> T:
        """Ask and choose, of the question alone."""
        ...

    async def made(self, problem: Problem, found: T, around: Around) -> Made:
        """Judge what was found, and return it as rows."""
        ...


async def by_problem(
    made: RecipeFolder,
    settings: SolvingSettings,
    board: RecipeBoard,
    work: Work[T],
    *,
    manner: Manner,
    prm: PrmSettings | None = None,
) -> Counter[str]:
    """Have the rows of all problems there; return what they came to.

    Raises BudgetOver where the budget was not enough for all of them.
    """
    began = time.monotonic()
    problems = await staged(
        made,
        "problems",
        settings.source,
        limit=settings.limit,
        verification=settings.verification,
        apart=shown_in([manner.template]),
    )
    shards = in_shards(problems, settings.shard)
    names = [shard_name(number) for number in range(len(shards))]
    if any(committed(made, name) is None for name in names):
        board.begins(f"starting the policy ({settings.policy.kind})")
        async with (
            settings.verification.open() as judge,
            _graded(prm) as grading,
            settings.policy.open(made.path) as policy,
            Sampler.opened(
                made, settings, board, max_tokens=settings.sampling.max_tokens, began=began
            ) as sampler,
        ):
            same_model(made, "policy", policy.identity)
            if grading:
                same_model(made, "prm", grading.identity)
            around = Around(
                judge=judge,
                cells=sampling_cells(policy.identity, manner.template.version, manner.sampling),
                prm=grading.identity if grading else "",
            )
            shard = _Shards(made, sampler, policy, grading, manner, around)
            await sampler.through(
                "working on problems",
                shards,
                lambda name: committed(made, name) is not None,
                policy,
                lambda number, window: shard.work(number, shards[number], work, window),
            )
    board.begins("counting")
    await asyncio.to_thread(check_tables, made, names)
    counts: Counter[str] = Counter(problems=len(problems))
    for name in names:
        done = committed(made, name)
        counts.update(done.counts if done else {})
    return counts


@asynccontextmanager
async def _graded(prm: PrmSettings | None) -> AsyncIterator[Grading | None]:
    if prm is None:
        yield None
        return
    async with graded_by(prm) as grading:
        yield grading


@dataclass(frozen=True, slots=True)
class _Shards:
    """Works on shards, each with a journal of its own."""

    made: RecipeFolder
    sampler: Sampler
    policy: Policy
    grading: Grading | None
    manner: Manner
    around: Around

    async def work(
        self, number: int, problems: Sequence[Problem], work: Work[T], window: Window
    ) -> None:
        """Work on a shard's problems at once and commit their rows, in the problems' order."""
        name, purse = shard_name(number), self.sampler.purse
        done: dict[str, Made] = {}
        with Journal(self.made.journal(name)) as journal:
            samples = ShardSamples(
                policy=self.policy, journal=journal, purse=purse, manner=self.manner
            )
            grades = ShardGrades(self.grading, journal, purse) if self.grading else None

            async def one(problem: Problem) -> None:
                found = await work.explore(Asked(problem, samples, grades))
                with purse:
                    done[problem.id] = await work.made(problem, found, self.around)

            left = await self.sampler.each(
                number, problems, one, key=name, costs=lambda: samples.costs, window=window
            )
        if left:
            return
        counts: Counter[str] = Counter()
        rows: dict[ProductName, list[Row]] = {product: [] for product in work.products}
        for problem in problems:
            counts.update(done[problem.id].counts)
            for product, some in done[problem.id].rows.items():
                rows[product] += some
        chat = self.manner.template.mode == "chat"
        await asyncio.to_thread(
            commit,
            self.made,
            {
                product: pa.Table.from_pylist(some, schema=product_schema(product, chat=chat))
                for product, some in rows.items()
            },
            shard=name,
            problems=problems,
            costs=samples.costs,
            prm_tokens=grades.fresh + grades.replayed if grades else 0,
            counts=dict(counts),
        )
