"""rStar (Qi et al., 2408.06195): typed trees, their solutions, and mutual consistency over them.

1. `grown`, `samples`: a tree of typed actions for each problem (`labelers/rstar/search.py`).
2. `completed`: a second policy goes on from the beginnings of the trees' solutions
   (`labelers/rstar/consistency.py`).
3. The answers are chosen; then, and not before, gold is looked at, and all of it is written.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Literal

import pyarrow.parquet as pq
from pydantic import Field, TypeAdapter, model_validator

from exporters.traces import best_traces
from labelers.rstar import Part, RStarTree
from labelers.rstar.consistency import Masking
from policies import AnyPolicy
from rollouts import AnySplitter, PromptTemplate, ShardRollouts, load_template
from rollouts.prompts import in_mode_of
from rollouts.steps import Newline
from schemas import Outcome, Prefix, Problem, Rollout, Sampling
from schemas.recipe_folder import RecipeFolder
from schemas.recipe_rows import ProductName, sampling_cells
from schemas.run_folder import shard_name
from search.asking import Manner, blind
from tasks.defaults import FITTING
from tasks.recipes.board import RecipeBoard
from tasks.recipes.cells import prompt_cell, reply_cell, step_pair_cells
from tasks.recipes.folder import Row, product_writer
from tasks.recipes.problems import set_aside, shown_in, staged
from tasks.recipes.rstar_asking import Reads, Searches
from tasks.recipes.rstar_rows import (
    Examined,
    Golden,
    Tree,
    candidate_rows,
    cuts,
    examined,
    right_traces,
    step_pairs,
    trajectory_rows,
    trees,
    unexamined,
    winner_row,
)
from tasks.recipes.sampling import Asking, Sampler, in_shards
from tasks.recipes.settings import SolvingSettings
from tasks.record_folder import same_model
from tasks.sharded import check_tables, committed
from tasks.stepping import Pause, pauses
from verification import VerificationSettings
from verification.cascade import Cascade

_COMPLETED = "completed"
_PRODUCTS: tuple[ProductName, ...] = (
    *("tree", "trajectories", "candidates", "masks", "winners", "top_traces", "step_pairs"),
)
_SPLITTER: TypeAdapter[AnySplitter] = TypeAdapter(AnySplitter)


class Discriminator(Masking):
    """A second policy that completes solutions behind masks."""

    policy: AnyPolicy
    """The model; another one than the recipe's, or mistakes agree with themselves."""
    prompt: str = ""
    """Its template; empty: the recipe's."""
    sampling: Sampling = Sampling(temperature=1.0)
    """How it draws the rest of a solution, once behind each mask."""

    def shaping(self) -> dict[str, Any]:
        """Return the fields that shape rows, the prompt template by its content."""
        version = load_template(self.prompt).version if self.prompt else ""
        return super().shaping() | {"prompt": version}


class RStar(SolvingSettings):
    """rStar: trees of five actions, votes as evidence, and which solution a second model backs."""

    kind: Literal["rstar"] = "rstar"
    tree: RStarTree = RStarTree()
    """How a tree is grown."""
    sampling: Sampling = Sampling(temperature=0.8, top_k=40, top_p=0.95)
    """How the policy draws; `max_tokens` is that of the rest of a solution."""
    pause: Pause = None
    """Strings that end a step: the policy is stopped there. None: as the prompt's splitter says;
    `[]`: solutions are written whole and cut, for servers that do not say what stopped them."""
    step_tokens: int = Field(default=256, ge=1)
    """Tokens of a next step."""
    subquestion_tokens: int = Field(default=128, ge=1)
    """Tokens of a sub-question."""
    subanswer_tokens: int = Field(default=512, ge=1)
    """Tokens of the answer to one."""
    rephrase_tokens: int = Field(default=512, ge=1)
    """Tokens of a rephrased question."""
    decompose_prompt: str = FITTING
    """The template that takes a question apart: `Question 1:`, `Answer 1:`, a line each; `fitting`:
    `rstar-decompose`, as chat or plain text as the prompt is."""
    rephrase_prompt: str = FITTING
    """The template that puts a question as a list of conditions; `fitting`: `rstar-rephrase`."""
    discriminator: Discriminator | None = None
    """Who backs solutions; None: the vote of the tree's solutions decides."""
    longest_answer: int = Field(default=100, ge=1)
    """Characters of an answer at most; solutions with longer ones are no candidates."""
    top_traces: int = Field(default=2, ge=1)
    """Right solutions of a problem to learn from, by Q, at most."""

    @model_validator(mode="after")
    def _samples_differ(self) -> "RStar":
        if self.sampling.temperature == 0:
            raise ValueError(
                "sampling.temperature=0 gives the same text for every sample: give 0.8 or so"
            )
        return self

    def shaping(self) -> dict[str, Any]:
        """Return the fields that shape rows, the prompt templates by their content."""
        asked = {f"{name}_prompt": one.version for name, one in self.templates.items()}
        return super().shaping() | asked

    @property
    def templates(self) -> Mapping[str, PromptTemplate]:
        """The templates beside the prompt: `decompose` and `rephrase`."""
        solving = load_template(self.prompt)
        named = {"decompose": self.decompose_prompt, "rephrase": self.rephrase_prompt}
        return {
            name: in_mode_of(solving, load_template(f"rstar-{name}" if one == FITTING else one))
            for name, one in named.items()
        }

    @property
    def _splitter(self) -> AnySplitter:
        """What ends a step: as the prompt asks for them."""
        return _SPLITTER.validate_python({"kind": load_template(self.prompt).splitter})

    @property
    def separator(self) -> str:
        """What ends a step that is made of an answer to a sub-question."""
        return next(iter(pauses(None, self._splitter)), "\n")

    def manners(self) -> dict[Part, Manner]:
        """Return how each part is asked for."""
        whole, apart, other = load_template(self.prompt), *self.templates.values()
        splitter, line = self._splitter, ("\n",)

        def manner(template: PromptTemplate, tokens: int, *, stop: tuple[str, ...] = ()) -> Manner:
            more = {"max_tokens": tokens, "stop": (*self.sampling.stop, *stop)}
            return Manner(
                template=template,
                sampling=self.sampling.model_copy(update=more),
                splitter=Newline() if stop else splitter,
                pause=() if stop else pauses(self.pause, splitter),
                seed=self.seed,
            )

        return {
            "step": manner(whole, self.step_tokens),
            "rest": manner(whole, self.sampling.max_tokens),
            "subquestion": manner(apart, self.subquestion_tokens, stop=line),
            "subanswer": manner(apart, self.subanswer_tokens, stop=line),
            "rephrase": manner(other, self.rephrase_tokens, stop=line),
        }

    async def make(self, made: RecipeFolder, board: RecipeBoard) -> dict[str, Any]:
        """Grow the trees, have solutions completed, choose, and write what came of it, once."""
        counted = made.record().get("counts")
        if counted and all((made.path / f"{name}.parquet").is_file() for name in _PRODUCTS):
            return dict(counted)
        began, template = time.monotonic(), load_template(self.prompt)
        problems = await staged(
            made,
            "problems",
            self.source,
            limit=self.limit,
            verification=self.verification,
            apart=shown_in([template, *self.templates.values()]),
        )
        with ExitStack() as stack:
            work = _Work(
                settings=self,
                made=made,
                board=board,
                shards=in_shards(problems, self.shard),
                reading=stack.enter_context(closing(self.verification.cascade())),
                subreading=stack.enter_context(closing(self._subreading.cascade())),
            )
            async with Sampler.opened(
                made, self, board, max_tokens=self.sampling.max_tokens, began=began
            ) as sampler:
                await work.search(sampler)
                await work.complete(sampler)
            board.begins("judging and writing")
            counts = await asyncio.to_thread(work.written)
        aside = Counter(set_aside(made, "problems").values())
        return {"problems": len(problems), "left_out": dict(aside), **counts}

    @property
    def _subreading(self) -> VerificationSettings:
        """How answers to sub-questions are read: as their template asks for them."""
        asked = {"answer_format": self.templates["decompose"].answer_format}
        return VerificationSettings.model_validate(self.verification.model_dump() | asked)

    def last_words(self, made: RecipeFolder) -> list[str]:
        """Return where the rows lie."""
        return [
            f"trees, an edge a row: {made.path / 'tree.parquet'}",
            f"trajectories with typed steps: {made.path / 'trajectories.parquet'}",
            f"what was chosen, a row a problem: {made.path / 'winners.parquet'}",
            f"rows to learn from: {made.path / 'top_traces.parquet'}",
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """The stages of one recipe in this process."""

    settings: RStar
    made: RecipeFolder
    board: RecipeBoard
    shards: Sequence[Sequence[Problem]]
    reading: Cascade
    subreading: Cascade

    async def search(self, sampler: Sampler) -> None:
        """Grow all trees; the policy stays closed where that is done."""
        settings = self.settings
        if all(map(self._is_searched, map(shard_name, range(len(self.shards))))):
            return
        self.board.begins(f"starting the policy ({settings.policy.kind})")
        async with settings.policy.open(self.made.path) as policy:
            same_model(self.made, "policy", policy.identity)
            searches = Searches(
                made=self.made,
                sampler=sampler,
                policy=policy,
                tree=settings.tree,
                manners=settings.manners(),
                reading=self.reading,
                subreading=self.subreading,
                separator=settings.separator,
                seed=settings.seed,
            )
            await sampler.through(
                "searching",
                self.shards,
                self._is_searched,
                policy,
                lambda number, window: searches.shard(number, self.shards[number], window),
            )

    def _is_searched(self, shard: str) -> bool:
        return committed(self.made, shard) is not None

    async def complete(self, sampler: Sampler) -> None:
        """Have the second policy go on from the solutions' beginnings; equal ones are one."""
        second = self.settings.discriminator
        if second is None:
            return
        self.board.begins("cutting solutions")
        beginnings = await asyncio.to_thread(self._beginnings, second)
        asked = [[blind(one) for one in shard if beginnings[one.id]] for shard in self.shards]
        stage = self.made.stage(_COMPLETED)
        if all(stage.file(shard_name(at)).is_file() for at, one in enumerate(asked) if one):
            return

        async def take(shard: ShardRollouts, problem: Problem) -> Sequence[Rollout]:
            of = shard.of(problem)
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(of.sample(_prefix(text), count=1))
                    for text in beginnings[problem.id]
                ]
            return [rollout for task in tasks for rollout in task.result()]

        self.board.begins(f"starting the second policy ({second.policy.kind})")
        async with second.policy.open(self.made.path) as policy:
            same_model(self.made, "second_policy", policy.identity)
            asking = Asking(
                policy=policy,
                verifier=Reads(self.reading),
                template=self._second_template(second),
                sampling=second.sampling,
                seed=self.settings.seed,
            )
            await sampler.take(_COMPLETED, asked, asking, take)

    def written(self) -> dict[str, Any]:
        """Write the products, a shard at a time; return what they came to."""
        check_tables(self.made, map(shard_name, range(len(self.shards))))
        counts, rewards = Counter[str](), list[float]()
        chat = load_template(self.settings.prompt).mode == "chat"
        with ExitStack() as stack:
            write = {
                name: stack.enter_context(
                    product_writer(self.made.path / f"{name}.parquet", name, chat=chat)
                )
                for name in _PRODUCTS
            }
            for number in range(len(self.shards)):
                rows = self._rows(number)
                for name in _PRODUCTS:
                    write[name](rows[name])
                _count(counts, rows)
                rewards += [row["reward"] for row in rows["trajectories"]]
                done = committed(self.made, shard_name(number))
                counts.update(done.counts if done else {})
        return {**counts, "mean_reward": round(fmean(rewards), 4) if rewards else None}

    def _rows(self, number: int) -> dict[ProductName, list[Row]]:
        """Return a shard's rows: first all choices, then what gold says of them."""
        completed = self._completed(number)
        chosen = [
            (tree, self._examined(tree, completed.get(tree.problem.id, {})))
            for tree in self._trees(number)
        ]
        rows: dict[ProductName, list[Row]] = {name: [] for name in _PRODUCTS}
        for tree, found in chosen:
            gold = Golden(tree, self.reading)
            rows["tree"] += map(gold.edge, tree.nodes)
            rows["trajectories"] += trajectory_rows(gold, self._cells)
            rows["candidates"] += candidate_rows(gold, found, self._cells)
            rows["masks"] += found.masks
            rows["winners"].append(winner_row(gold, found))
            rows["top_traces"] += self._learnt(gold)
            rows["step_pairs"] += self._pairs(gold)
        return rows

    def _learnt(self, gold: Golden) -> Iterator[Row]:
        """Yield rStar-Math's choice of right solutions, of equal texts one."""
        prompt = load_template(self.settings.prompt).render(gold.tree.problem)
        best = best_traces(
            right_traces(gold), lambda one: one.q_values, most=self.settings.top_traces
        )
        for one in best:
            yield {
                "prompt": prompt_cell(prompt),
                "completion": reply_cell(prompt, one.text.strip()),
                "problem_id": gold.tree.problem.id,
                "candidate": one.candidate,
                "mean_q": fmean(one.q_values),
                "min_q": min(one.q_values),
            }

    def _pairs(self, gold: Golden) -> Iterator[Row]:
        """Yield rStar-Math's pairs of next steps."""
        prompt = load_template(self.settings.prompt).render(gold.tree.problem)
        for better, worse in step_pairs(gold):
            before = gold.tree.nodes[better["parent"]]["solution"]
            chosen, rejected = (one["solution"][len(before) :] for one in (better, worse))
            yield {
                **step_pair_cells(prompt, before, chosen=chosen, rejected=rejected),
                "problem_id": gold.tree.problem.id,
                "step_index": len(gold.tree.trail(better["parent"])),
                "chosen_index": better["node"],
                "rejected_index": worse["node"],
                "chooser": "rstar_math",
            }

    def _trees(self, number: int) -> Iterator[Tree]:
        rows = pq.read_table(self.made.file("grown", shard_name(number))).to_pylist()
        return trees(self.shards[number], rows, self.reading, self.settings.longest_answer)

    def _beginnings(self, second: Discriminator) -> dict[str, list[str]]:
        """Return the distinct beginnings to go on from, by problem."""
        return {
            tree.problem.id: list(
                dict.fromkeys(
                    text for shares in cuts(tree, second).values() for text in shares.values()
                )
            )
            for number in range(len(self.shards))
            for tree in self._trees(number)
        }

    def _examined(self, tree: Tree, completed: Mapping[str, Rollout]) -> Examined:
        second = self.settings.discriminator
        if second is None:
            return unexamined(tree)
        policy = self.made.record().get("second_policy", "")
        version = self._second_template(second).version
        cells = sampling_cells(policy, version, second.sampling)
        return examined(tree, completed, second, cells=cells, cascade=self.reading)

    def _completed(self, number: int) -> dict[str, dict[str, Rollout]]:
        """Return what the second policy wrote, by problem and the text it went on from."""
        found: dict[str, dict[str, Rollout]] = {}
        for one in self.made.stage(_COMPLETED).rollouts(shard_name(number)):
            found.setdefault(one.problem_id, {})[one.prefix.text] = one
        return found

    def _second_template(self, second: Discriminator) -> PromptTemplate:
        return load_template(second.prompt or self.settings.prompt)

    @property
    def _cells(self) -> Row:
        """How the first policy was asked for the rest of solutions."""
        settings = self.settings
        policy, template = self.made.record()["policy"], load_template(settings.prompt)
        return sampling_cells(policy, template.version, settings.sampling)


def _prefix(text: str) -> Prefix:
    return Prefix(steps=(text,), token_ids=None)


def _count(counts: Counter[str], rows: Mapping[ProductName, Sequence[Row]]) -> None:
    tree, winners = rows["tree"], rows["winners"]
    counts["trajectories"] += len(rows["trajectories"])
    counts["nodes"] += len(tree)
    counts["expansions"] += len({(one["problem_id"], one["parent"]) for one in tree if one["node"]})
    counts["candidates"] += len(rows["candidates"])
    counts["masks"] += len(rows["masks"])
    counts["kept"] += sum(bool(one["kept"]) for one in rows["candidates"])
    for name in ("top_traces", "step_pairs"):
        counts[name] += len(rows[name])
    for name in ("winner", "majority"):
        counts[f"{name}_right"] += sum(one[f"{name}_outcome"] is Outcome.CORRECT for one in winners)
    counts["oracle_right"] += sum(one["oracle"] for one in winners)
