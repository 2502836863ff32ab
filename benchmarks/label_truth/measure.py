"""Run labelers on the cases of a world and set what they say beside the truth."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from benchmarks.label_truth.contenders import Contender
from benchmarks.label_truth.meter import Meter, Spent
from benchmarks.label_truth.worlds import Case, World
from labelers import PosteriorLabeler
from labelers.posterior import Model, Observation, anchor, fit
from labelers.posterior.counting import observed, tells
from labelers.posterior.reading import CueName
from schemas import LabelledSolution, Labelling, RunError
from schemas.views import hard_label


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One solution: the truth, what the labeler said of it in two draws, and what it cost."""

    case: str
    """The solution's problem."""
    truth: int
    kind: str
    """Kind of the first error; empty where there is none or the world tells no kinds."""
    final: bool
    """Whether the solution's final answer is right."""
    said: int | None
    """First error by the labeler; None: it abstained or left the solution out."""
    said_again: int | None
    """The same with fresh rollouts."""
    confidence: float | None
    """Greatest entry of the posterior, where the labeler states one."""
    likeliest: int | None
    """What that entry stands for."""
    spent: Spent
    solution_tokens: int
    """Tokens of the solution itself."""


CONFIRMED = 4
"""Decided rollouts without a correct one that call a prefix wrong; one correct calls it right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedPrefixes:
    """The distinct prefixes of one problem that a labeler's counts label, beside the truth."""

    case: str
    right: int
    """Called right: a rollout was correct."""
    right_hits: int
    """Those of them that hold no wrong step."""
    wrong: int
    """Called wrong: `CONFIRMED` rollouts or more, and none correct."""
    wrong_hits: int
    """Those of them that hold a wrong step."""
    tokens: float
    """Written in all rollouts of the problem, those of the root included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a contender did in a world."""

    contender: Contender
    judged: tuple[Judged, ...]
    prefixes: tuple[JudgedPrefixes, ...]
    """One per problem."""
    rollouts: float
    """Taken over all problems in draw 0, root rollouts included."""
    probed: int
    """Distinct prefixes sampled over all problems, roots included."""
    asked_again: int
    """Rollouts asked for once more after they had been taken."""


@dataclass(frozen=True, slots=True)
class _Run:
    """One labelling and what it cost."""

    labelling: Labelling
    meter: Meter

    def of(self, index: int) -> LabelledSolution | None:
        """Return the solution with this sample index at the root."""
        return next((one for one in self.labelling.solutions if one.solution_index == index), None)


class Bench:
    """Measures contenders in one world; what is learnt of the world's policy is learnt once."""

    def __init__(self, world: World, *, retest: bool) -> None:
        self._world = world
        self._retest = retest
        self._models: dict[tuple[int, tuple[CueName, ...], bool], Model] = {}

    async def measure(self, contender: Contender) -> Measured:
        """Label every case twice, with independent rollouts; without `retest` once.

        A labeler with a model of the policy gets one fitted to other cases than it is measured on.
        """
        if not isinstance(contender.settings, PosteriorLabeler):
            return await self._measured(self._world, contender)
        parts = []
        for number, (other, part) in enumerate(self._world.folds()):
            key = number, contender.settings.read, contender.anchored
            if key not in self._models:
                self._models[key] = await _fitted(other, *key[1:])
            settings = contender.settings.model_copy(update={"model": self._models[key]})
            parts.append(await self._measured(part, replace(contender, settings=settings)))
        return _joined(contender, parts)

    async def _measured(self, world: World, contender: Contender) -> Measured:
        cases = world.cases()
        first = await _label_all(world, contender, cases, draw=0)
        again = await self._again(world, contender)
        judged = [
            one
            for number, case in enumerate(cases)
            for one in _judge(case, first[number], again[number] if again else None)
        ]
        return Measured(
            contender=contender,
            judged=tuple(judged),
            prefixes=tuple(
                _prefixes(world, case, run) for case, run in zip(cases, first, strict=True)
            ),
            rollouts=sum(run.meter.total.rollouts for run in first),
            probed=sum(run.meter.probed for run in first),
            asked_again=sum(run.meter.asked_again for run in first),
        )

    async def _again(self, world: World, contender: Contender) -> list[_Run] | None:
        """Label once more with fresh rollouts; None where the world has none for this labeler."""
        if not self._retest:
            return None
        runs: list[_Run] | None = None
        try:
            runs = await _label_all(world, contender, world.cases(), draw=1)
        except* RunError:
            pass
        return runs


def _joined(contender: Contender, parts: Sequence[Measured]) -> Measured:
    return Measured(
        contender=contender,
        judged=tuple(one for part in parts for one in part.judged),
        prefixes=tuple(one for part in parts for one in part.prefixes),
        rollouts=sum(part.rollouts for part in parts),
        probed=sum(part.probed for part in parts),
        asked_again=sum(part.asked_again for part in parts),
    )


@dataclass(frozen=True, slots=True)
class Seen:
    """One solution that a model can be fitted to, and the truth."""

    case: str
    observation: Observation
    truth: int


async def seen_in(world: World, read: tuple[CueName, ...]) -> list[Seen]:
    """Return what the posterior labeler sees of a world's solutions under its prior model."""
    prior = PosteriorLabeler(read=read)
    contender = Contender(family="posterior", budget="prior", settings=prior)
    cases = world.cases()
    runs = await _label_all(world, contender, cases, draw=0)
    seen = []
    for case, run in zip(cases, runs, strict=True):
        asked = {node.prefix.key: node.evidence for node in run.labelling.nodes}
        seen += [
            Seen(case.problem.id, observed(one, asked), case.truths[one.solution_index])
            for one in filter(tells, run.labelling.solutions)
        ]
    return seen


async def _fitted(world: World, read: tuple[CueName, ...], anchored: bool) -> Model:
    """Return the posterior labeler's model, fitted to what it asks for under its prior model."""
    seen = await seen_in(world, read)
    observations = [one.observation for one in seen]
    model = fit(observations)
    return anchor(model, observations, [one.truth for one in seen]) if anchored else model


async def _label_all(
    world: World, contender: Contender, cases: Sequence[Case], *, draw: int
) -> list[_Run]:
    async with asyncio.TaskGroup() as group:
        runs = [group.create_task(_label(world, contender, case, draw=draw)) for case in cases]
    return [run.result() for run in runs]


async def _label(world: World, contender: Contender, case: Case, *, draw: int) -> _Run:
    meter = Meter(world.rollouts(case, draw=draw))
    settings = contender.on(num_solutions=world.num_solutions, root_rollouts=world.root_rollouts)
    labelling = await settings.label(case.problem, meter)
    return _Run(labelling, meter)


def _judge(case: Case, first: _Run, again: _Run | None) -> list[Judged]:
    shares = first.meter.shares(case.finals)
    judged = []
    for index, truth in case.truths.items():
        label = first.of(index)
        fresh = again.of(index) if again else None
        likeliest, confidence = _likeliest(label) if label else (None, None)
        judged.append(
            Judged(
                case=case.problem.id,
                truth=truth,
                kind=case.kinds.get(index, ""),
                final=case.finals[index],
                said=label.first_error if label else None,
                said_again=fresh.first_error if fresh else None,
                confidence=confidence,
                likeliest=likeliest,
                spent=shares[index],
                solution_tokens=first.meter.solutions[index].completion.completion_tokens,
            )
        )
    return judged


def _prefixes(world: World, case: Case, run: _Run) -> JudgedPrefixes:
    hits: dict[bool, list[bool]] = {True: [], False: []}
    for node in run.labelling.nodes:
        said = hard_label(node.evidence)
        confirmed = said or node.evidence.decided >= CONFIRMED
        if node.prefix.steps and said is not None and confirmed:
            hits[said].append(world.is_right(case, run.meter.rollouts, node.prefix) == said)
    return JudgedPrefixes(
        case=case.problem.id,
        right=len(hits[True]),
        right_hits=sum(hits[True]),
        wrong=len(hits[False]),
        wrong_hits=sum(hits[False]),
        tokens=run.meter.total.completion_tokens,
    )


def _likeliest(label: LabelledSolution) -> tuple[int | None, float | None]:
    """Return the first error with the greatest posterior, and that probability."""
    if not label.posterior:
        return None, None
    place = max(range(len(label.posterior)), key=label.posterior.__getitem__)
    none = len(label.posterior) - 1
    return (-1 if place == none else place), label.posterior[place]
