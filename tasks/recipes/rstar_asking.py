"""What rStar's searches ask of a policy: each sample once, through the journal and the purse.

The question is all that a search is told of a problem (`search.asking.blind`).
"""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from random import Random

import pyarrow as pa

from labelers.rstar import Ask, Growth, Part, RStarTree, Wrote
from policies.seam import Policy
from rollouts import Costs, Journal, Purse
from rollouts.voting import AnswerClass, answer_classes
from schemas import Completion, Outcome, Prefix, Problem, Sampling, Verdict
from schemas.recipe_folder import RecipeFolder
from schemas.recipe_rows import product_schema, sampling_cells
from schemas.run_folder import shard_name
from search.asking import Asked, Manner, ShardSamples, blind
from tasks.recipes.cells import written_cells
from tasks.recipes.folder import Row
from tasks.recipes.rstar_rows import node_rows
from tasks.recipes.sampling import Sampler
from tasks.sharded import commit
from tasks.window import Window
from verification.cascade import Cascade


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One completion, and what was asked for."""

    part: Part
    question: str
    prefix: str
    index: int
    completion: Completion


@dataclass(frozen=True, slots=True)
class Searched:
    """What the search of one problem came to. Gold has no part in it."""

    problem_id: str
    growth: Growth
    samples: Sequence[Sample]


@dataclass(frozen=True, slots=True, kw_only=True)
class Searches:
    """Grows a tree for each problem of a shard."""

    made: RecipeFolder
    sampler: Sampler
    policy: Policy
    tree: RStarTree
    manners: Mapping[Part, Manner]
    """How each part is asked for."""
    reading: Cascade
    """Reads and compares answers of solutions."""
    subreading: Cascade
    """Reads answers to sub-questions."""
    separator: str
    """What ends a step that is made of an answer to a sub-question."""
    seed: int

    async def shard(self, number: int, problems: Sequence[Problem], window: Window) -> None:
        """Search a shard's problems at once and commit their trees, in the problems' order."""
        name, purse = shard_name(number), self.sampler.purse
        done: dict[str, Searched] = {}
        with Journal(self.made.journal(name)) as journal:
            samples = {
                part: ShardSamples(policy=self.policy, journal=journal, purse=purse, manner=manner)
                for part, manner in self.manners.items()
            }

            def costs() -> Costs:
                return sum((one.costs for one in samples.values()), Costs())

            async def one(problem: Problem) -> None:
                done[problem.id] = await self._searched(problem, samples, purse)

            left = await self.sampler.each(
                number, problems, one, key=name, costs=costs, window=window
            )
        if not left:
            found = [done[problem.id] for problem in problems]
            await asyncio.to_thread(self._commit, name, problems, found, costs())

    async def _searched(
        self, problem: Problem, samples: Mapping[Part, ShardSamples], purse: Purse
    ) -> Searched:
        asker = ProblemAsker(problem, self, samples, purse)
        growth = Growth(
            problem.question,
            asker,
            self.tree,
            separator=self.separator,
            rng=Random(f"{self.seed}/rstar/{problem.id}"),
        )
        await growth.grow()
        return Searched(problem.id, growth, tuple(asker.taken.values()))

    def _commit(
        self, shard: str, problems: Sequence[Problem], taken: Sequence[Searched], costs: Costs
    ) -> None:
        rows: dict[str, list[Row]] = {
            "grown": [row for one in taken for row in node_rows(one.problem_id, one.growth)],
            "samples": [self._row(one.problem_id, each) for one in taken for each in one.samples],
        }
        commit(
            self.made,
            {
                name: pa.Table.from_pylist(some, schema=product_schema(name))  # type: ignore[arg-type]
                for name, some in rows.items()
            },
            shard=shard,
            problems=problems,
            costs=costs,
            prm_tokens=0,
            counts={"samples": len(rows["samples"])},
        )

    def _row(self, problem_id: str, one: Sample) -> Row:
        manner = self.manners[one.part]
        sampling = manner.stepwise if one.part == "step" else manner.whole
        return {
            "problem_id": problem_id,
            "part": one.part,
            "question": one.question,
            "prefix": one.prefix,
            "sample_index": one.index,
            **sampling_cells(self.policy.identity, manner.template.version, sampling),
            **written_cells(one.completion),
            "extracted": self.read(one.part, one.prefix, one.completion),
        }

    def read(self, part: Part, prefix: str, one: Completion) -> str | None:
        """Return the final answer that a completion states, with what stands before it."""
        finished = one.finish_reason == "stop"
        match part:
            case "rest":
                return self.reading.extract(prefix + one.text, finished=finished).answer
            case "subanswer":
                return self.subreading.extract(one.text, finished=finished).answer
            case _:
                return None


class ProblemAsker:
    """The seam `labelers.rstar.Asker` for one problem, whose gold answer is not in here."""

    def __init__(
        self,
        problem: Problem,
        searches: Searches,
        samples: Mapping[Part, ShardSamples],
        purse: Purse,
    ) -> None:
        self.taken: dict[tuple[Part, str, str, int], Sample] = {}
        """What it asked for, in the order in which that came."""
        self._problem = blind(problem)
        self._searches = searches
        self._samples = samples
        self._purse = purse

    async def write(self, ask: Ask) -> Sequence[Wrote]:
        """Return so many samples of a part; see `labelers.rstar.Asker`."""
        asked = _Noted(self._posed(ask.question), self._samples[ask.part], ask, self.taken)
        if ask.part == "step":
            return await self._steps(asked, ask)
        text = "".join(ask.prefix)
        return [
            Wrote(
                text=one.text if ask.part == "rest" else one.text.strip(),
                answer=self._searches.read(ask.part, text, one),
                finished=one.finish_reason == "stop",
            )
            for one in await asked.drawn(ask.prefix, count=ask.count)
        ]

    async def _steps(self, asked: Asked, ask: Ask) -> Sequence[Wrote]:
        """Return next steps; one that plainly states an answer is read as if more came behind."""
        wrote = await asked.steps(ask.prefix, start=0, count=ask.count)
        reading = self._searches.reading
        return [
            Wrote(
                text="".join(one.steps),
                answer=reading.extract("".join(one.steps), finished=one.end == "stop").answer,
                finished=one.end != "length",
                ended=one.end == "stop",
            )
            for one in wrote
        ]

    def _posed(self, question: str) -> Problem:
        """Return the problem as it is put; each way to put it has an id of its own."""
        if question == self._problem.question:
            return self._problem
        digest = hashlib.sha256(question.encode()).hexdigest()[:16]
        return replace(self._problem, id=f"{self._problem.id}/{digest}", question=question)

    async def classes(self, answers: Sequence[str], *, final: bool) -> list[AnswerClass]:
        """Group answers; see `labelers.rstar.Asker`."""
        options = self._problem.options if final else ()
        group = partial(answer_classes, answers, self._searches.reading, options=options)
        if len(set(answers)) == 1:  # nothing to compare, so nothing to wait for
            return group()
        with self._purse:
            return await asyncio.to_thread(group)


class _Noted(Asked):
    """Notes which sample of which prefix each completion is."""

    def __init__(
        self,
        problem: Problem,
        samples: ShardSamples,
        ask: Ask,
        notes: dict[tuple[Part, str, str, int], Sample],
    ) -> None:
        super().__init__(problem, samples, grades=None)
        self._ask = ask
        self._notes = notes

    async def take(
        self, prefix: Prefix, sampling: Sampling, *, start: int, count: int
    ) -> list[Completion]:
        """Return samples of a prefix, as they were noted."""
        taken = await super().take(prefix, sampling, start=start, count=count)
        part, question = self._ask.part, self._ask.question
        for index, one in enumerate(taken, start):
            self._notes[part, question, prefix.text, index] = Sample(
                part=part, question=question, prefix=prefix.text, index=index, completion=one
            )
        return taken


@dataclass(frozen=True, slots=True)
class Reads:
    """A verifier that reads answers and holds them against nothing: gold is not looked at."""

    cascade: Cascade

    async def judge(
        self, gold: str, text: str, *, finished: bool, options: Sequence[str] = ()
    ) -> Verdict:
        """Return what a text states, undecided; see `verification.seam.Verifier`."""
        found = self.cascade.extract(text, finished=finished)
        outcome = Outcome.UNDECIDED
        if found.answer is None:
            outcome = Outcome.NO_ANSWER if finished else Outcome.TRUNCATED
        return Verdict(
            outcome=outcome,
            extracted=found.answer,
            rule=found.rule,
            stage="",
            reason="it was read, and held against nothing",
        )

    async def preflight(self, gold: str) -> str | None:
        """Return None: any problem can be read."""
        return None
