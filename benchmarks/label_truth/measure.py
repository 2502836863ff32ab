"""Run labelers on the cases of a world and set what they say beside the truth."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.label_truth.contenders import Contender
from benchmarks.label_truth.meter import Meter, Spent
from benchmarks.label_truth.worlds import Case, World
from schemas import LabelledSolution


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One solution: the truth, what the labeler said of it in two draws, and what it cost."""

    case: int
    """Position of the solution's problem."""
    truth: int
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a contender did in a world."""

    contender: Contender
    judged: tuple[Judged, ...]
    rollouts: float
    """Taken over all problems in draw 0, root rollouts included."""
    probed: int
    """Distinct prefixes sampled over all problems, roots included."""
    asked_again: int
    """Rollouts asked for once more after they had been taken."""


async def measure(world: World, contender: Contender, *, retest: bool) -> Measured:
    """Label every case of a world twice, with independent rollouts; without `retest` once."""
    cases = world.cases()
    first = await _label_all(world, contender, cases, draw=0)
    again = await _label_all(world, contender, cases, draw=1) if retest else None
    judged = [
        one
        for number, case in enumerate(cases)
        for one in _judge(number, case, first[number], again[number] if again else None)
    ]
    return Measured(
        contender=contender,
        judged=tuple(judged),
        rollouts=sum(run.meter.total.rollouts for run in first),
        probed=sum(run.meter.probed for run in first),
        asked_again=sum(run.meter.asked_again for run in first),
    )


@dataclass(frozen=True, slots=True)
class _Run:
    """One labelling, by the sample index of the solutions."""

    labelled: dict[int, LabelledSolution]
    meter: Meter


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
    return _Run({one.solution_index: one for one in labelling.solutions}, meter)


def _judge(number: int, case: Case, first: _Run, again: _Run | None) -> list[Judged]:
    shares = first.meter.shares(case.truths)
    judged = []
    for index, truth in case.truths.items():
        label = first.labelled.get(index)
        fresh = again.labelled.get(index) if again else None
        likeliest, confidence = _likeliest(label) if label else (None, None)
        judged.append(
            Judged(
                case=number,
                truth=truth,
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


def _likeliest(label: LabelledSolution) -> tuple[int | None, float | None]:
    """Return the first error with the greatest posterior, and that probability."""
    if not label.posterior:
        return None, None
    place = max(range(len(label.posterior)), key=label.posterior.__getitem__)
    none = len(label.posterior) - 1
    return (-1 if place == none else place), label.posterior[place]
