"""Active selection: the solutions of a pool that are worth labels (Lightman et al., 2305.20050).

A reward model of an earlier generation scores what a run's policy wrote; of each problem, or of
all, the most convincing wrong answers are taken, and the most convincing of what is left. The rows
are solutions that a labelling run takes as given.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from exporters.filters.suspects import FILE, SuspectGolds, described, suspects_of, told
from schemas import Outcome, RunError
from schemas.origins import Learnt, origin_of, selected_id
from schemas.recipe_folder import RecipeFolder
from schemas.recipe_rows import sampling_cells
from schemas.run_folder import RunFolder
from search.aggregation import Aggregation
from search.grading import StepGrader
from tasks.commits import check_shards
from tasks.files import fresh, replacing, writing
from tasks.origins import learnt_by, refuse_later, samples_of
from tasks.recipes.board import RecipeBoard
from tasks.recipes.convincing import (
    Key,
    Scored,
    SelectedBy,
    by_problem,
    convincing,
    ranks,
    uniform,
)
from tasks.recipes.folder import Row, write_product
from tasks.recipes.graded import Graded, graded
from tasks.recipes.settings import RecipeSettings
from tasks.record_folder import same_model, update
from tasks.reward_model import PrmSettings, loaded

_SELECTED = "active_selection.parquet"
_POOL = "pool.parquet"


class ActiveSelection(RecipeSettings):
    """Solutions to label next: those wrong ones that convince the reward model most."""

    kind: Literal["active_selection"] = "active_selection"
    run: Path
    """The pool: a run's folder. `labeler: {kind: outcome, num_solutions: 100}` samples one."""
    prm: PrmSettings
    """The selector. One of ours that learnt from this very pool is refused."""
    count: int = Field(default=8, ge=1)
    """Solutions of a problem to take; with `over: all` so many times the problems."""
    convincing: float = Field(default=0.8, ge=0, le=1)
    """Share of them that are convincing wrong answers; the others are the most convincing of what
    is left, right or wrong."""
    over: Literal["problem", "all"] = "problem"
    """Whether each problem has its own choice, or all compete."""
    choose: Literal["convincing", "uniform"] = "convincing"
    """`uniform` draws instead: what an active selection is to be measured against."""
    aggregation: Aggregation = "product"
    """The score of a solution, of its grades; the product favours short ones."""
    suspects: SuspectGolds | None = SuspectGolds()
    """Problems whose solutions agree on another answer than the gold: none of theirs is taken, for
    a wrong gold makes right answers convincing wrong ones. None: they are taken as others."""
    seed: int = Field(default=0, ge=0, lt=2**63)
    """Of what is drawn."""

    async def make(self, made: RecipeFolder, board: RecipeBoard) -> dict[str, Any]:
        """Grade what is not graded yet, and write pool, selection and suspects."""
        return await asyncio.to_thread(self._made, made, board)

    def last_words(self, made: RecipeFolder) -> list[str]:
        """Return how the selection is labelled, and what was not known of the selector."""
        chosen = made.path / _SELECTED
        lines = [
            f"solutions to label: {chosen}\nlabel them: stepmint label CONFIG "
            f"--set 'solutions={{kind: file, path: {chosen}, separator: \"\"}}'"
        ]
        if made.record().get("selector") == "unknown":
            lines.append(
                f"what {self.prm.model} learnt from is not known: nothing beside it says so, and "
                "it was not checked against the pool"
            )
        return lines

    def _made(self, made: RecipeFolder, board: RecipeBoard) -> dict[str, Any]:
        check_shards(self.run)
        run = RunFolder(self.run)
        generation = self._generation(made, run)
        board.begins("looking for suspect golds")
        suspects = self._suspects(made, run)
        problems = sum(table.num_rows for table in run.tables("problems", "problem_id"))
        board.begins("grading", problems)

        def done(problems: int) -> None:
            board.done += problems

        grader = cache(partial(self._grader, made))
        pool = [
            Scored(
                key=one.sampled.key,
                score=one.score(self.aggregation),
                outcome=one.sampled.row.solution.outcome,
            )
            for shard in graded(made, run, grader, done=done)
            for one in shard
        ]
        if not pool:
            raise RunError(f"{self.run} has no solution that its policy wrote: it is no pool")
        choice = _Choice(
            generation=generation,
            selected=self._selected([one for one in pool if one.key[0] not in suspects]),
            ranks=ranks(pool),
            suspects=suspects,
            prm=made.record()["prm"],
            aggregation=self.aggregation,
        )
        board.begins("writing")
        return choice.write(made, lambda: graded(made, run, grader)) | {
            "problems": problems,
            "generation": generation,
        }

    def _generation(self, made: RecipeFolder, run: RunFolder) -> int:
        """Return the generation of this selection: one more than the selector's.

        Raises ConfigError where the selector learnt from the pool.
        """
        learnt, pool = learnt_by(self.prm.model), frozenset(samples_of(run))
        update(made, {"selector": "unknown" if learnt is None else "earlier"})
        refuse_later(self.prm.model, learnt or frozenset(), pool)
        return 1 + max((one.generation for one in learnt or ()), default=0)

    def _suspects(self, made: RecipeFolder, run: RunFolder) -> frozenset[str]:
        """Return the problems whose gold is suspect, after listing them as `stepmint suspects`."""
        if self.suspects is None:
            return frozenset()
        found = {one.problem_id: one for one in suspects_of(run, run.shards, self.suspects)}
        path = made.path / FILE
        with writing(path), replacing(path) as partial, fresh(partial) as file:
            for problem, suspect in described(run, run.shards, found):
                line = json.dumps(told(problem, suspect), ensure_ascii=False)
                file.write(f"{line}\n".encode())
        return frozenset(found)

    def _grader(self, made: RecipeFolder) -> StepGrader:
        """Load the selector, and refuse another one than graded the pool's first part."""
        grader, identity = loaded(self.prm)
        same_model(made, "prm", identity)
        return grader

    def _selected(self, pool: Sequence[Scored]) -> Mapping[Key, SelectedBy]:
        found: dict[Key, SelectedBy] = {}
        groups = dict(by_problem(pool))
        if self.over == "all":
            groups, count = {"": list(pool)}, self.count * len(groups)
        else:
            count = self.count
        for name, group in groups.items():
            if self.choose == "uniform":
                found |= uniform(group, count, seed=f"{self.seed}/uniform/{name}")
            else:
                found |= convincing(group, count, share=self.convincing)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Choice:
    """What was chosen of a pool, and the rows that say so."""

    generation: int
    selected: Mapping[Key, SelectedBy]
    ranks: Mapping[Key, int]
    suspects: frozenset[str]
    prm: str
    aggregation: Aggregation

    def write(
        self, made: RecipeFolder, shards: Callable[[], Iterator[Sequence[Graded]]]
    ) -> dict[str, Any]:
        """Write pool and selection, a shard at a time; return what they came to."""
        counts: Counter[str] = Counter()

        def pool() -> Iterator[Sequence[Row]]:
            for shard in shards():
                rows = [self._pooled(one) for one in shard]
                for row in rows:
                    self._count(counts, row)
                yield rows

        write_product(made.path / _POOL, "pool", pool())
        write_product(
            made.path / _SELECTED,
            "active_selection",
            (
                [self._to_label(one) for one in shard if one.sampled.key in self.selected]
                for shard in shards()
            ),
        )
        return dict(counts) | {"suspect_golds": len(self.suspects)}

    def _pooled(self, one: Graded) -> Row:
        """Return the row of a solution of the pool."""
        sampled, key = one.sampled, one.sampled.key
        came = sampled.row.provenance
        assert came.sampling is not None  # what a policy wrote was sampled
        asked = ("seed", "finish_reason", "extracted", "prompt_tokens", "completion_tokens")
        return {
            "problem_id": key[0],
            "solution_index": key[1],
            "generation": self.generation,
            **sampling_cells(came.policy, came.prompt, came.sampling),
            **{name: sampled.sample[name] for name in asked},
            "times": sampled.times,
            "outcome": sampled.row.solution.outcome.value,
            "grades": list(one.grades),
            "score": one.score(self.aggregation),
            "prm": self.prm,
            "suspect_gold": key[0] in self.suspects,
            "rank_among_wrong": self.ranks.get(key),
            "selected_by": self.selected.get(key),
        }

    def _to_label(self, one: Graded) -> Row:
        """Return the row of a solution that was selected, as a labelling run reads it."""
        problem, solution = one.sampled.row.problem, one.sampled.row.solution
        sample = Learnt(problem.id, self._origin(one), self.generation)
        return {
            "id": selected_id(sample, solution.solution_index),
            "question": problem.question,
            "answer": problem.answer,
            "steps": list(solution.steps),
            **self._pooled(one),
        }

    def _origin(self, one: Graded) -> str:
        came = one.sampled.row.provenance
        assert came.sampling is not None
        cells = came.sampling.model_dump(mode="json")
        return origin_of(cells | {"policy": came.policy, "prompt": came.prompt, "seed": came.seed})

    def _count(self, counts: Counter[str], row: Row) -> None:
        counts["pool"] += 1
        counts["pool_wrong"] += row["outcome"] == Outcome.INCORRECT
        if row["selected_by"]:
            counts["selected"] += 1
            counts[f"selected_{row['selected_by']}"] += 1
            counts["tokens_selected"] += row["completion_tokens"]
