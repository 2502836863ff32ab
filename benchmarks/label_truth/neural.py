"""Worlds of a real policy: synthetic problems, their step oracle, the policy's own rollouts.

*neural*: of each problem the first root rollouts with a wrong final answer, then the first with a
right one, in the order in which they were drawn; the oracle says where each goes wrong. Mistakes
that the policy repairs, lucky answers and late slips are its own.

*planted*: of each problem one true solution in which a slip was planted and carried on
(`sources.synthetic.corrupt`); the rollouts of its prefixes are the policy's.

Problems are those with right and wrong answers among the root rollouts. Rollouts are sampled as
labelers ask for them, kept in a journal, and saved in one small file (`cache.py`).
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any, Literal

from benchmarks import made
from benchmarks.label_truth import cache
from benchmarks.label_truth.worlds import Case, World
from policies import TransformersSettings
from rollouts import Journal, ShardRollouts, load_template
from rollouts.seam import Rollouts
from rollouts.steps import Newline
from schemas import (
    ROOT,
    Continuation,
    Outcome,
    Prefix,
    Problem,
    Rollout,
    Sampling,
    Score,
    Settings,
)
from sources.synthetic import SyntheticSource, corrupt, first_error, judge
from verification import VerificationSettings

HELD_OUT = 3_000_000
"""Seed of the problems; neither training nor the policy's own evaluation uses it."""
FRESH = 64
"""Sample index at which the rollouts of draw 1 begin."""
BATCH = 64
_DECIDED = frozenset({Outcome.CORRECT, Outcome.INCORRECT})


class NeuralSettings(Settings):
    """What makes a world of a policy; part of its cache."""

    kind: Literal["neural", "planted"]
    problems: int
    seed: int = HELD_OUT
    root_rollouts: int = 16
    wrong: int = 2
    """Solutions with a wrong answer to label per problem, at most."""
    right: int = 1
    """Solutions with a right answer to label per problem, at most."""


@dataclass(frozen=True, kw_only=True)
class NeuralWorld:
    """Problems with their root rollouts, and where the others come from."""

    settings: NeuralSettings
    identity: str
    """The policy's."""
    source: Mapping[str, Rollouts] = field(repr=False)
    """Problem to its rollouts, live or cached."""
    roots: Mapping[str, tuple[Rollout, ...]] = field(repr=False)
    """Problem to its root rollouts as labelers see them: those to label first."""
    case_list: tuple[Case, ...] = field(repr=False)

    @property
    def name(self) -> str:
        """What tables call it."""
        return self.settings.kind

    @property
    def root_rollouts(self) -> int:
        """Root rollouts of every problem."""
        return self.settings.root_rollouts

    @property
    def num_solutions(self) -> int:
        """Root rollouts to label per problem."""
        return 1 if self.settings.kind == "planted" else self.settings.wrong + self.settings.right

    def cases(self) -> Sequence[Case]:
        """Return the problems with the truth about their solutions."""
        return self.case_list

    def rollouts(self, case: Case, *, draw: int) -> Rollouts:
        """Return the rollouts of a case."""
        key = case.problem.id
        return _View(self.source[key], self.roots[key], offset=draw * FRESH)

    def is_right(self, case: Case, rollouts: Rollouts, prefix: Prefix) -> bool:
        """Ask the oracle whether a prefix holds no wrong step."""
        return first_error(case.problem, prefix.steps) < 0

    def folds(self) -> Sequence[tuple[World, World]]:
        """Return the two halves of the cases, each to learn from and to measure in."""
        halves = [replace(self, case_list=self.case_list[start::2]) for start in (0, 1)]
        return ((halves[0], halves[1]), (halves[1], halves[0]))


@dataclass(frozen=True, slots=True)
class _View(Rollouts):
    """A problem's rollouts with the root's rearranged, and the others' indices moved."""

    source: Rollouts
    roots: tuple[Rollout, ...]
    offset: int

    @property
    def cannot_score(self) -> str:
        """What the rollouts behind it say."""
        return self.source.cannot_score

    async def sample(self, prefix: Prefix, *, start: int = 0, count: int) -> tuple[Rollout, ...]:
        """Return the rollouts start, ..., start + count - 1 of a prefix."""
        if not prefix.steps:
            return self.roots[start : start + count]
        taken = await self.source.sample(prefix, start=start + self.offset, count=count)
        return tuple(replace(one, sample_index=one.sample_index - self.offset) for one in taken)

    async def score(
        self, prefix: Prefix, continuations: Sequence[Continuation]
    ) -> tuple[Score, ...]:
        """Return how likely the policy finds each continuation."""
        return await self.source.score(prefix, continuations)

    def prefixes(self, solution: Rollout) -> tuple[Prefix, ...]:
        """Return the prefixes of a solution."""
        return self.source.prefixes(solution)


@asynccontextmanager
async def replayed(path: Path) -> AsyncIterator[NeuralWorld]:
    """Open a world from its cache."""
    cached = cache.load(path)
    settings = NeuralSettings.model_validate(cached.about["settings"])
    problems = [
        SyntheticSource(seed=settings.seed, count=1 << 20).problem(index)
        for index in cached.about["problems"]
    ]
    source: dict[str, Rollouts] = {one.id: cached.rollouts(one) for one in problems}
    roots = [await source[one.id].sample(ROOT, count=settings.root_rollouts) for one in problems]
    yield _world(settings, cached.about["identity"], problems, source, roots)


@asynccontextmanager
async def sampled(
    settings: NeuralSettings, *, model: str, journal: Path, path: Path
) -> AsyncIterator[NeuralWorld]:
    """Open a world whose rollouts a policy writes as they are asked for; save them at the end."""
    journal.parent.mkdir(parents=True, exist_ok=True)
    policy = TransformersSettings(model=model, max_batch=BATCH, context=1024)
    verification = VerificationSettings.model_validate({"answer_format": {"kind": "hash"}})
    async with policy.open(journal.parent) as running, verification.open() as verifier:
        with Journal(journal) as records:
            shard = ShardRollouts(
                policy=running,
                verifier=verifier,
                journal=records,
                template=load_template("synthetic"),
                sampling=Sampling(temperature=1.0, max_tokens=320),
                splitter=Newline(),
                run_seed=settings.seed,
            )
            found = await _mixed(settings, shard)
            problems, roots = list(found.values()), []
            for problem in problems:
                taken = await shard.of(problem).sample(ROOT, count=settings.root_rollouts)
                roots.append(taken)
            recorded = {one.id: cache.Recorder(shard.of(one)) for one in problems}
            source: dict[str, Rollouts] = dict(recorded)
            try:
                yield _world(settings, running.identity, problems, source, roots)
            finally:
                about: dict[str, Any] = {
                    "settings": settings.model_dump(mode="json"),
                    "identity": running.identity,
                    "problems": list(found),
                }
                every = (one for problem in problems for one in shard.of(problem).taken)
                scores = {key: one.scores for key, one in recorded.items()}
                cache.save(path, about, every, scores)


async def _mixed(settings: NeuralSettings, shard: ShardRollouts) -> dict[int, Problem]:
    """Return the first problems with right and wrong root rollouts, by index."""
    source = SyntheticSource(seed=settings.seed, count=1 << 20)
    found: dict[int, Problem] = {}
    index = 0
    while len(found) < settings.problems:
        batch = range(index, index + settings.problems - len(found))
        index = batch.stop
        problems = [source.problem(number) for number in batch]
        async with asyncio.TaskGroup() as group:
            asked = [
                group.create_task(shard.of(one).sample(ROOT, count=settings.root_rollouts))
                for one in problems
            ]
        for number, problem, task in zip(batch, problems, asked, strict=True):
            outcomes = {one.verdict.outcome for one in task.result()}
            if outcomes >= _DECIDED:
                found[number] = problem
    return found


def _world(
    settings: NeuralSettings,
    identity: str,
    problems: Sequence[Problem],
    source: Mapping[str, Rollouts],
    roots: Sequence[tuple[Rollout, ...]],
) -> NeuralWorld:
    arrange = _planted if settings.kind == "planted" else _arranged
    arranged: dict[str, tuple[Rollout, ...]] = {}
    cases: list[Case] = []
    for problem, taken in zip(problems, roots, strict=True):
        first, rest = arrange(settings, problem, taken)
        ordered = tuple(replace(one, sample_index=n) for n, one in enumerate([*first, *rest]))
        arranged[problem.id] = ordered[: settings.root_rollouts]
        cases.append(_case(problem, ordered[: len(first)], source[problem.id]))
    return NeuralWorld(
        settings=settings,
        identity=identity,
        source=source,
        roots=arranged,
        case_list=tuple(case for case in cases if case.truths),
    )


def _case(problem: Problem, solutions: Sequence[Rollout], rollouts: Rollouts) -> Case:
    steps = {one.sample_index: rollouts.prefixes(one)[-1].steps for one in solutions}
    truths = {index: first_error(problem, written) for index, written in steps.items()}
    finals = {one.sample_index: one.verdict.outcome is Outcome.CORRECT for one in solutions}
    kinds = {
        index: judge(problem, steps[index])[error].value
        for index, error in truths.items()
        if error >= 0
    }
    return Case(problem=problem, truths=truths, finals=finals, kinds=kinds)


Arranged = tuple[list[Rollout], list[Rollout]]
"""The solutions to label, and the other root rollouts."""


def _arranged(settings: NeuralSettings, problem: Problem, roots: Sequence[Rollout]) -> Arranged:
    """Put distinct solutions first: wrong ones, then right ones; exactly as many as are labelled.

    Where there are too few wrong ones, right ones take their place, and the other way round.
    """
    distinct: dict[str, Rollout] = {}
    for one in roots:
        distinct.setdefault(one.text, one)
    wrong = [one for one in distinct.values() if one.verdict.outcome is Outcome.INCORRECT]
    right = [one for one in distinct.values() if one.verdict.outcome is Outcome.CORRECT]
    size = settings.wrong + settings.right
    few = wrong[: max(settings.wrong, size - len(right))]
    first = [*few, *right[: size - len(few)]]
    chosen = {one.sample_index for one in first}
    return first, [one for one in roots if one.sample_index not in chosen]


def _planted(settings: NeuralSettings, problem: Problem, roots: Sequence[Rollout]) -> Arranged:
    """Put a solution with a planted slip before the root rollouts."""
    planted = corrupt(problem, Random(f"{settings.seed}/{problem.id}"), ending="carried")
    text = "\n".join(planted.steps)
    right = planted.steps[-1].removeprefix("####").strip() == problem.answer
    pace = sum(len(one.completion.text) for one in roots) / sum(
        one.completion.completion_tokens for one in roots
    )
    slip = made.rollout(
        text,
        Outcome.CORRECT if right else Outcome.INCORRECT,
        problem_id=problem.id,
        prefix=ROOT,
        prompt_tokens=roots[0].completion.prompt_tokens,
        completion_tokens=round(len(text) / pace),
    )
    return [slip], list(roots)
