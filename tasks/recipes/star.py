"""STaR (Zelikman et al., 2203.14465) and V-STaR (Hosseini et al., 2402.06457), round by round.

A round: the policy solves the problems; those it failed at it is asked again, with the final answer
as a hint; what the verifier accepts is kept, without the hint; a command of the user's learns from
it, from the base; what it wrote solves the next round.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import pyarrow.parquet as pq
from pydantic import Field, model_validator

from policies import AnyPolicy, Policy
from rollouts import PromptTemplate, load_template
from rollouts.hinting import HintTemplate, load_hint_template
from schemas import DECIDED, Outcome, Problem, RunError
from schemas.recipe_folder import RecipeFolder
from schemas.recipe_rows import Origin, sampling_cells
from schemas.run_folder import shard_name
from sources import AnySource
from tasks.recipes.board import RecipeBoard
from tasks.recipes.folder import Row, same_policy, write_product
from tasks.recipes.hook import trained
from tasks.recipes.problems import among, set_aside, shown_in, staged
from tasks.recipes.rounds import Asked, attempt, never_solved, pair_rows, sft_rows
from tasks.recipes.sampling import Asking, Sampler, in_shards, solutions
from tasks.recipes.settings import SolvingSettings, samples_differ
from tasks.record_folder import update
from verification.seam import Verifier

FITTING = "fitting"
_CHAT, _TEXT = "rationale", "rationale-text"


class Star(SolvingSettings):
    """STaR: rows to learn from, of what the policy solved and of what it could rationalise."""

    free: ClassVar[frozenset[str]] = SolvingSettings.free | {"rounds", "train"}
    programs: ClassVar[frozenset[str]] = frozenset({"train"})

    kind: Literal["star"] = "star"
    rounds: int = Field(default=1, ge=1, le=64)
    """Rounds of solving and learning. More may be asked for later."""
    samples: int = Field(default=1, ge=1)
    """Solutions of each problem in a round."""
    rationales: int = Field(default=1, ge=0)
    """Rationales of each problem that no solution of the round solves; 0: none, as RFT."""
    hint_prompt: str = FITTING
    """The template that asks for a rationale and shows {{ hint }}, the final answer and no more;
    `fitting`: a chat or a text one, as the prompt is."""
    keep: Literal["round", "all"] = "round"
    """Learn from what this round kept, or from what all rounds did."""
    most_rows: int | None = Field(default=None, ge=1)
    """Rows of one problem at most; equal texts are one."""
    max_pairs: int = Field(default=0, ge=0)
    """Pairs of right and wrong solutions of a problem, of all rounds, at most; 0: none."""
    show_examples: bool = True
    """Leave the prompt's worked examples in the rows, which STaR found to help."""
    held_out: AnySource | None = None
    """Problems that each round's policy is measured on and nothing is learnt from; those of the
    source that ask the same are left out there."""
    train: tuple[str, ...] = ()
    """The command between rounds, word by word: `{rows}`, `{pairs}`, `{model}`, `{base}`, `{round}`
    are filled in (tasks/recipes/hook.py). It writes a model to `{model}`. Empty: none."""

    @model_validator(mode="after")
    def _rounds_learn(self) -> "Star":
        samples_differ(self, self.samples)
        samples_differ(self, self.rationales)
        if self.rounds > 1 and not self.train:
            raise ValueError(
                f"rounds={self.rounds}: without `train` all rounds would have one policy: give "
                "the command that learns, or rounds=1 and the rows to your own trainer"
            )
        return self

    def shaping(self) -> dict[str, Any]:
        """Return the fields that shape rows, the prompt templates by their content."""
        return super().shaping() | {"hint_prompt": self.hint_template.version}

    @property
    def hint_template(self) -> HintTemplate:
        """The template that asks for rationales."""
        named = self.hint_prompt
        if named == FITTING:
            named = _CHAT if load_template(self.prompt).mode == "chat" else _TEXT
        return load_hint_template(named)

    async def make(self, made: RecipeFolder, board: RecipeBoard) -> dict[str, Any]:
        """Work through the rounds; those that are done already are only counted."""
        began, templates = time.monotonic(), (load_template(self.prompt), self.hint_template)
        held_out, problems = await self._problems(made, templates)
        told: list[dict[str, Any]] = []
        before = {one["round"]: one for one in made.record().get("rounds", ())}
        async with (
            self.verification.open() as verifier,
            Sampler.opened(
                made, self, board, max_tokens=self.sampling.max_tokens, began=began
            ) as sampler,
        ):
            rounds = _Rounds(
                settings=self,
                made=made,
                board=board,
                verifier=verifier,
                sampler=sampler,
                templates=templates,
                problems=problems,
                held_out=held_out,
                before=before,
            )
            policy: AnyPolicy = self.policy
            for number in range(1, self.rounds + 1):
                told.append(await rounds.solve(number, policy))
                update(made, {"rounds": told + [before[n] for n in sorted(before) if n > number]})
                if self.train:
                    board.begins(f"round {number}: learning, {made.round(number) / 'train.log'}")
                    policy = await trained(made, number, self.train, self.policy)
            if self.train and held_out:
                told.append(await rounds.measure(self.rounds + 1, policy))
                update(made, {"rounds": told})
        aside = Counter(set_aside(made, "problems").values())
        return {"problems": len(problems), "held_out": len(held_out), "left_out": dict(aside)}

    async def _problems(
        self, made: RecipeFolder, templates: Sequence[PromptTemplate]
    ) -> tuple[list[Problem], list[Problem]]:
        """Return the held-out problems and those to learn from, none in both or in a prompt."""
        shown, held_out = shown_in(templates), list[Problem]()
        if self.held_out is not None:
            held_out = await staged(
                made,
                "held_out",
                self.held_out,
                limit=None,
                verification=self.verification,
                apart=shown,
            )
        problems = await staged(
            made,
            "problems",
            self.source,
            limit=self.limit,
            verification=self.verification,
            apart=among(held_out, "it is held out") | shown,
        )
        return held_out, problems

    def last_words(self, made: RecipeFolder) -> list[str]:
        """Return where the rows lie."""
        folder = made.round(self.rounds)
        lines = [f"rows to learn from: {folder / 'sft.parquet'}"]
        lines += [f"pairs for DPO: {folder / 'pairs.parquet'}"] if self.max_pairs else []
        return [*lines, f"problems never solved: {folder / 'never_solved.parquet'}"]


class VStar(Star):
    """V-STaR: also pairs of right and wrong solutions, from which a verifier learns by DPO."""

    kind: Literal["v_star"] = "v_star"  # type: ignore[assignment]
    samples: int = Field(default=16, ge=1)
    rationales: int = Field(default=0, ge=0)
    keep: Literal["round", "all"] = "all"
    max_pairs: int = Field(default=8, ge=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rounds:
    """The rounds of one recipe in this process."""

    settings: Star
    made: RecipeFolder
    board: RecipeBoard
    verifier: Verifier
    sampler: Sampler
    templates: tuple[PromptTemplate, HintTemplate]
    problems: Sequence[Problem]
    held_out: Sequence[Problem]
    before: Mapping[int, dict[str, Any]]
    """What earlier sessions recorded of rounds, by number."""

    async def solve(self, number: int, policy: AnyPolicy) -> dict[str, Any]:
        """Take a round's solutions and rationales, and write what it comes to.

        One that an earlier session has ended is not looked at again: its policy stays closed.
        """
        settings, shards = self.settings, in_shards(self.problems, self.settings.shard)
        name = f"round-{number}"
        before = self.before.get(number, {})
        if "sft_rows" in before and (self.made.round(number) / "never_solved.parquet").is_file():
            return before
        self.board.begins(f"{name}: starting the policy ({policy.kind})")
        async with policy.open(self.made.path) as opened:
            same_policy(self.made, name, opened.identity)
            measured = await self._measured(number, opened)
            await self.sampler.take(
                f"{name}/sampled", shards, self._asking(opened, number), solutions(settings.samples)
            )
            if settings.rationales:
                failed = await asyncio.to_thread(self._failed, number, shards)
                await self.sampler.take(
                    f"{name}/rationalised",
                    failed,
                    self._asking(opened, number, hinted=True),
                    solutions(settings.rationales),
                )
        self.board.begins(f"{name}: writing")
        told = await asyncio.to_thread(self._written, number, shards, opened.identity)
        return {"round": number, "policy": opened.identity, **told, **measured}

    async def measure(self, number: int, policy: AnyPolicy) -> dict[str, Any]:
        """Measure a policy on the held-out problems alone, once."""
        before = self.before.get(number, {})
        if "held_out_solved" in before:
            return before
        self.board.begins(f"round-{number}: starting the policy ({policy.kind})")
        async with policy.open(self.made.path) as opened:
            same_policy(self.made, f"round-{number}", opened.identity)
            measured = await self._measured(number, opened)
        return {"round": number, "policy": opened.identity, **measured}

    def _asking(self, policy: Policy, number: int, *, hinted: bool = False) -> Asking:
        return Asking(
            policy=policy,
            verifier=self.verifier,
            template=self.templates[hinted],
            sampling=self.settings.sampling,
            seed=(self.settings.seed + number - 1) % 2**63,
        )

    async def _measured(self, number: int, policy: Policy) -> dict[str, Any]:
        """Have each held-out problem solved once, by the same seeds in each round."""
        if not self.held_out:
            return {}
        shards = in_shards(self.held_out, self.settings.shard)
        asking = self._asking(policy, 1)
        stage = await self.sampler.take(f"round-{number}/held_out", shards, asking, solutions(1))
        outcomes: Counter[str] = Counter()
        for shard in range(len(shards)):
            table = await asyncio.to_thread(stage.column, shard_name(shard), "outcome")
            outcomes.update(table["outcome"].to_pylist())
        return {
            "held_out_solved": outcomes[Outcome.CORRECT],
            "held_out_decided": sum(outcomes[one] for one in DECIDED),
        }

    def _failed(self, number: int, shards: Sequence[Sequence[Problem]]) -> list[list[Problem]]:
        """Return the problems of each shard that no solution of the round solves."""
        stage, failed = self.made.stage(f"round-{number}/sampled"), []
        for shard, problems in enumerate(shards):
            table = stage.column(shard_name(shard), "problem_id", "outcome").to_pylist()
            solved = {row["problem_id"] for row in table if row["outcome"] == Outcome.CORRECT}
            failed.append([one for one in problems if one.id not in solved])
        return failed

    def _written(
        self, number: int, shards: Sequence[Sequence[Problem]], identity: str
    ) -> dict[str, Any]:
        """Write a round's products; return what it came to."""
        settings, counts = self.settings, Counter[str]()
        folder = self.made.round(number)

        def attempts() -> Iterator[Sequence[Row]]:
            for shard, problems in enumerate(shards):
                batch = list(self._attempts(number, shard, problems, identity))
                for row in batch:
                    _count(counts, row)
                yield batch

        write_product(folder / "attempts.parquet", "attempts", attempts())
        shown = self.templates[0]
        if not settings.show_examples:
            shown = shown.model_copy(update={"examples": ()})
        by_id = [{one.id: one for one in problems} for problems in shards]
        chat = shown.mode == "chat"
        since = number if settings.keep == "round" else 1
        counts["sft_rows"] = write_product(
            folder / "sft.parquet",
            "sft",
            (
                list(sft_rows(some, rows, shown, most=settings.most_rows))
                for some, rows in zip(by_id, self._batches(since, number), strict=True)
            ),
            chat=chat,
        )
        if not counts["sft_rows"]:
            raise RunError(
                f"round {number} kept no solution, so there is nothing to learn from: look at "
                f"{folder / 'attempts.parquet'}, and at prompt, max_tokens and answer_format"
            )
        if settings.max_pairs:
            counts["pairs"] = write_product(
                folder / "pairs.parquet",
                "pairs",
                (
                    list(pair_rows(some, rows, shown, most=settings.max_pairs, seed=settings.seed))
                    for some, rows in zip(by_id, self._batches(1, number), strict=True)
                ),
                chat=chat,
            )
        with closing(settings.verification.cascade()) as cascade:
            counts["never_solved"] = write_product(
                folder / "never_solved.parquet",
                "never_solved",
                (
                    list(never_solved(some, rows, cascade))
                    for some, rows in zip(shards, self._batches(1, number), strict=True)
                ),
            )
        return dict(counts)

    def _attempts(
        self, number: int, shard: int, problems: Sequence[Problem], identity: str
    ) -> Iterator[Row]:
        """Yield the attempts of a shard's problems, in their order."""
        origins: tuple[tuple[str, Origin], ...] = (
            ("sampled", "self"),
            ("rationalised", "rationalised"),
        )
        by_id = {one.id: one for one in problems}
        for (stage, origin), template in zip(origins, self.templates, strict=True):
            cells = sampling_cells(identity, template.version, self.settings.sampling)
            asked = Asked(round=number, origin=origin, cells=cells)
            found = self.made.stage(f"round-{number}/{stage}").rollouts(shard_name(shard))
            for rollout in found:
                yield attempt(by_id[rollout.problem_id], rollout, asked)

    def _batches(self, first: int, last: int) -> Iterator[list[Row]]:
        """Yield the attempts of some rounds, a shard at a time: each is a row group of its file."""
        paths = [self.made.round(n) / "attempts.parquet" for n in range(first, last + 1)]
        files = [pq.ParquetFile(path) for path in paths]
        try:
            for group in range(files[0].num_row_groups):
                yield [row for file in files for row in file.read_row_group(group).to_pylist()]
        finally:
            for file in files:
                file.close()


def _count(counts: Counter[str], row: Row) -> None:
    which = "solutions" if row["origin"] == "self" else "rationales"
    counts[which] += 1
    counts[f"{which}_right"] += row["outcome"] == Outcome.CORRECT
    counts[f"{which}_kept"] += row["kept"]
    counts["refused"] += bool(row["refused"])
    counts["tokens"] += row["completion_tokens"]
