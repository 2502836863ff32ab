"""Self-consistency: the solutions of a problem vote with their answers (Wang et al., 2203.11171).

Solutions are those of a run, for which nothing is sampled, or sampled here. With `extraction` each
solution is asked for its answer in a second call, as zero-shot chain of thought does (2205.11916,
Kojima et al.). No gold answer has a part in the vote; verdicts stand beside it.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, ClassVar, Literal

import pyarrow.compute as pc
from pydantic import Field, model_validator

from exporters.filters.suspects import verification_of
from rollouts import ShardRollouts, load_template
from rollouts.voting import AnswerClass, answer_classes, entropy
from schemas import DECIDED, ROOT, Outcome, Prefix, Problem, Rollout, Sampling, Settings, Verdict
from schemas.arrow import read_table
from schemas.conversion import problems_from, rollouts_from
from schemas.recipe_folder import RecipeFolder, Stage
from schemas.recipe_rows import sampling_cells
from schemas.run_folder import RunFolder, shard_name
from tasks.commits import check_shards
from tasks.recipes.board import RecipeBoard
from tasks.recipes.folder import Row, same_policy, write_product
from tasks.recipes.problems import shown_in, staged
from tasks.recipes.sampling import Asking, Sampler, in_shards, solutions
from tasks.recipes.settings import RecipeSettings, SolvingSettings, samples_differ
from verification import VerificationSettings
from verification.cascade import Cascade
from verification.finding.extraction import AnswerIs
from verification.seam import Verifier

Solved = tuple[Problem, Sequence[Rollout]]
_STATED = "The answer is "
_FILE = "votes.parquet"


class Extraction(Settings):
    """A second call that asks a solution for its answer, as zero-shot chain of thought does."""

    trigger: str = Field(default="Therefore, the answer (arabic numerals) is", min_length=1)
    """What is put behind a solution, on a line of its own; the policy goes on from there."""
    when: Literal["always", "no_answer"] = "always"
    """Of all solutions that ended by themselves, or of those alone in which no answer is found."""
    max_tokens: int = Field(default=32, ge=1)
    """Tokens of the answer, which is the likeliest one and ends at a line break."""

    @property
    def sampling(self) -> Sampling:
        """How the answer is drawn."""
        return Sampling(temperature=0, max_tokens=self.max_tokens, stop=("\n",))

    def asks(self, rollout: Rollout) -> bool:
        """Tell whether a solution is asked for its answer."""
        if rollout.completion.finish_reason != "stop":
            return False
        return self.when == "always" or rollout.verdict.outcome is Outcome.NO_ANSWER

    def prefix(self, rollout: Rollout) -> Prefix:
        """Return what the policy continues with the answer: the solution and the trigger."""
        text = rollout.text.rstrip("\n")
        return Prefix(steps=(f"{text}\n", self.trigger), token_ids=None)


class Votes(RecipeSettings):
    """Votes of the whole solutions that a run has sampled; nothing is asked of a policy."""

    kind: Literal["votes"] = "votes"
    run: Path
    """A run's folder."""
    samples: int | None = Field(default=None, ge=1)
    """Only the first so many solutions of each problem. A labeler that goes on sampling where
    answers are wrong lets these vote more often; the first so many are free of that."""

    async def make(self, made: RecipeFolder, board: RecipeBoard) -> dict[str, Any]:
        """Write `votes.parquet`."""
        run = RunFolder(self.run)
        shards = run.shards
        board.begins("counting votes")
        await asyncio.to_thread(check_shards, self.run)
        cells = _cells_of(run)
        solved = (list(_solved_by(run, shard, self.samples)) for shard in shards)
        return await asyncio.to_thread(
            _write, made, solved, cells=cells, verification=verification_of(run)
        )

    def last_words(self, made: RecipeFolder) -> list[str]:
        """Return where the votes lie."""
        return [f"votes, a row a problem: {made.path / _FILE}"]


class SelfConsistency(SolvingSettings):
    """Votes of solutions sampled for them; with `extraction`, zero-shot chain of thought."""

    later: ClassVar[frozenset[str]] = frozenset({"extraction"})

    kind: Literal["self_consistency"] = "self_consistency"
    samples: int = Field(default=40, ge=1)
    """Solutions of each problem that vote; 1 and temperature 0: chain of thought without votes."""
    extraction: Extraction | None = None
    """Ask each solution for its answer in a second call; None reads it in the solution."""

    @model_validator(mode="after")
    def _samples_differ(self) -> "SelfConsistency":
        samples_differ(self, self.samples)
        return self

    async def make(self, made: RecipeFolder, board: RecipeBoard) -> dict[str, Any]:
        """Sample, ask for answers where that is wanted, and write `votes.parquet`, once."""
        counted = made.record().get("counts")
        if counted and (made.path / _FILE).is_file():
            return dict(counted)
        began, template = time.monotonic(), load_template(self.prompt)
        problems = await staged(
            made,
            "problems",
            self.source,
            limit=self.limit,
            verification=self.verification,
            apart=shown_in([template]),
        )
        shards = in_shards(problems, self.shard)
        board.begins(f"starting the policy ({self.policy.kind})")
        async with (
            self.verification.open() as verifier,
            self.policy.open(made.path) as policy,
            Sampler.opened(
                made, self, board, max_tokens=self.sampling.max_tokens, began=began
            ) as sampler,
        ):
            same_policy(made, "sampled", policy.identity)
            asking = Asking(
                policy=policy,
                verifier=verifier,
                template=template,
                sampling=self.sampling,
                seed=self.seed,
            )
            sampled = await sampler.take("sampled", shards, asking, solutions(self.samples))
            extracted = await self._extracted(sampler, shards, asking, sampled)
        board.begins("counting votes")
        return await asyncio.to_thread(
            _write,
            made,
            (
                list(self._solved(shard, shard_name(number), sampled, extracted))
                for number, shard in enumerate(shards)
            ),
            cells=sampling_cells(policy.identity, template.version, self.sampling),
            verification=self.verification,
        )

    async def _extracted(
        self,
        sampler: Sampler,
        shards: Sequence[Sequence[Problem]],
        asking: Asking,
        sampled: Stage,
    ) -> Stage | None:
        """Ask solutions for their answers, equal ones of a problem once."""
        extraction = self.extraction
        if extraction is None:
            return None
        prefixes: dict[str, dict[str, Prefix]] = {}
        for number in range(len(shards)):
            for one in await asyncio.to_thread(sampled.rollouts, shard_name(number)):
                if extraction.asks(one):
                    prefix = extraction.prefix(one)
                    prefixes.setdefault(one.problem_id, {})[prefix.key] = prefix

        async def take(shard: ShardRollouts, problem: Problem) -> Sequence[Rollout]:
            of = shard.of(problem)
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(of.sample(prefix, count=1))
                    for prefix in prefixes[problem.id].values()
                ]
            return [rollout for task in tasks for rollout in task.result()]

        reading = self.verification.model_copy(update={"answer_format": AnswerIs()})
        async with reading.open() as verifier:
            return await sampler.take(
                "extracted",
                [[one for one in shard if one.id in prefixes] for shard in shards],
                Asking(
                    policy=asking.policy,
                    verifier=Replies(verifier, extraction.trigger),
                    template=asking.template,
                    sampling=extraction.sampling,
                    seed=self.seed,
                ),
                take,
            )

    def _solved(
        self, problems: Sequence[Problem], shard: str, sampled: Stage, extracted: Stage | None
    ) -> Iterator[Solved]:
        """Yield problems with their solutions, those that were asked with what they replied."""
        replies = extracted.rollouts(shard) if extracted else ()
        asked = {(one.problem_id, one.prefix.key): one for one in replies}
        by_problem = _by_problem(sampled.rollouts(shard))
        for problem in problems:
            rollouts = by_problem.get(problem.id, [])
            if self.extraction is not None:
                keys = [(problem.id, self.extraction.prefix(one).key) for one in rollouts]
                rollouts = [
                    asked[key] if key in asked and self.extraction.asks(one) else one
                    for key, one in zip(keys, rollouts, strict=True)
                ]
            yield problem, rollouts

    def last_words(self, made: RecipeFolder) -> list[str]:
        """Return where the votes lie."""
        return [f"votes, a row a problem: {made.path / _FILE}"]


class Replies:
    """Judges what a policy wrote behind a trigger, and nothing before it."""

    def __init__(self, verifier: Verifier, trigger: str) -> None:
        self._verifier = verifier
        self._trigger = trigger

    async def judge(
        self, gold: str, text: str, *, finished: bool, options: Sequence[str] = ()
    ) -> Verdict:
        """Judge the reply; see `verification.seam.Verifier`."""
        reply = text[text.rindex(self._trigger) + len(self._trigger) :].lstrip(" :")
        return await self._verifier.judge(
            gold, f"{_STATED}{reply}" if reply else "", finished=finished, options=options
        )

    async def preflight(self, gold: str) -> str | None:
        """Return why this gold answer cannot be judged against, or None if it can."""
        return await self._verifier.preflight(gold)


def vote(
    problem: Problem, rollouts: Sequence[Rollout], cells: Mapping[str, Any], cascade: Cascade
) -> Row:
    """Return a problem's row: its answers in classes with counts, and which has the most.

    Of equally large classes the one whose answer came first wins. Whatever states an answer votes.
    """
    outcomes = Counter(one.verdict.outcome for one in rollouts)
    by_answer: dict[str, Counter[Outcome]] = {}
    answers = [answer for one in rollouts if (answer := one.verdict.extracted)]
    for one in rollouts:
        if one.verdict.extracted:
            by_answer.setdefault(one.verdict.extracted, Counter())[one.verdict.outcome] += 1
    classes = answer_classes(answers, cascade, options=problem.options)
    first = classes[0] if classes else None
    counts = [one.count for one in classes]
    return {
        "problem_id": problem.id,
        "question": problem.question,
        "answer": problem.answer,
        **cells,
        "solutions": len(rollouts),
        "votes": len(answers),
        "no_answer": outcomes[Outcome.NO_ANSWER],
        "truncated": outcomes[Outcome.TRUNCATED],
        "classes": [
            {
                "answer": one.answer,
                "spellings": list(one.spellings),
                "count": one.count,
                "outcome": _outcome(one, by_answer),
            }
            for one in classes
        ],
        "majority": first and first.answer,
        "majority_outcome": first and _outcome(first, by_answer),
        "majority_count": first.count if first else 0,
        "majority_share": first and first.count / len(answers),
        "tied": counts.count(counts[0]) > 1 if counts else False,
        "entropy": entropy(counts),
        "correct": outcomes[Outcome.CORRECT],
        "decided": sum(outcomes[one] for one in DECIDED),
        "completion_tokens": sum(one.completion.completion_tokens for one in rollouts),
    }


def _outcome(one: AnswerClass, by_answer: Mapping[str, Counter[Outcome]]) -> str:
    """Return the verdict on a class: that on most of its solutions."""
    total = sum((by_answer[spelling] for spelling in one.spellings), Counter[Outcome]())
    return total.most_common(1)[0][0].value


def _write(
    made: RecipeFolder,
    shards: Iterable[Sequence[Solved]],
    *,
    cells: Mapping[str, Any],
    verification: VerificationSettings,
) -> dict[str, Any]:
    """Write the votes, a shard at a time; return what they came to."""
    counts: Counter[str] = Counter()
    with closing(verification.cascade()) as cascade:

        def rows() -> Iterator[Sequence[Row]]:
            for shard in shards:
                batch = [vote(problem, found, cells, cascade) for problem, found in shard if found]
                for row in batch:
                    _count(counts, row)
                yield batch

        write_product(made.path / _FILE, "votes", rows())
    return dict(counts)


def _count(counts: Counter[str], row: Row) -> None:
    counts["problems"] += 1
    for name in ("solutions", "votes", "correct", "decided", "no_answer", "truncated"):
        counts[name] += row[name]
    counts["without_votes"] += row["majority"] is None
    counts["tied"] += row["tied"]
    counts["majority_correct"] += row["majority_outcome"] == Outcome.CORRECT
    counts["majority_undecided"] += row["majority_outcome"] == Outcome.UNDECIDED
    counts["any_correct"] += row["correct"] > 0


def _by_problem(rollouts: Iterable[Rollout]) -> dict[str, list[Rollout]]:
    found: dict[str, list[Rollout]] = {}
    for one in rollouts:
        found.setdefault(one.problem_id, []).append(one)
    return found


def _solved_by(run: RunFolder, shard: str, samples: int | None) -> Iterator[Solved]:
    """Yield the problems of a run's shard with the whole solutions that were sampled."""
    table = read_table(run.file("rollouts", shard), "rollouts")
    table = table.filter(pc.equal(table["prefix_key"], ROOT.key))
    by_problem = _by_problem(rollouts_from(table))
    for row in problems_from(read_table(run.file("problems", shard), "problems")):
        found = sorted(by_problem.get(row.problem.id, ()), key=lambda one: one.sample_index)
        yield row.problem, [one for one in found if one.sample_index >= 0][:samples]


def _cells_of(run: RunFolder) -> dict[str, object]:
    """Return how a run asked its policy; nulls where it says nothing of it."""
    row = next(run.solutions(), None)
    if row is None or row.provenance.sampling is None:
        return {}
    came = row.provenance
    assert came.sampling is not None
    return sampling_cells(came.policy, came.prompt, came.sampling)
