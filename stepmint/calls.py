"""The four calls: one solution or many, in an event loop or not.

Each opens the policy and closes it again. Who labels much, one after the other, with a model that
takes time to load, holds a `StepLabeler` open instead, or gives an open policy.
"""

import asyncio
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, Unpack

from labelers import AnyLabeler
from stepmint.labels import StepLabels
from stepmint.policies import SomePolicy
from stepmint.session import Item, Options, StepLabeler

T = TypeVar("T")


async def alabel_steps(
    problem: str,
    solution: str | Sequence[str],
    gold: str,
    *,
    policy: SomePolicy,
    labeler: AnyLabeler | Mapping[str, Any],
    **options: Unpack[Options],
) -> StepLabels:
    """Label the steps of one solution to a problem whose final answer is `gold`.

    `solution` is one text, which a splitter cuts, or a list of steps, which stay as they are.
    Raises StepmintError that names value and remedy.
    """
    async with StepLabeler(policy=policy, labeler=labeler, **options) as mint:
        return await mint.label(problem, solution, gold)


async def alabel_many(
    items: Iterable[Item],
    *,
    policy: SomePolicy,
    labeler: AnyLabeler | Mapping[str, Any],
    **options: Unpack[Options],
) -> tuple[StepLabels, ...]:
    """Label many solutions, (problem, solution, gold) each; return a record for each, in order."""
    async with StepLabeler(policy=policy, labeler=labeler, **options) as mint:
        return await mint.label_many(items)


def label_steps(
    problem: str,
    solution: str | Sequence[str],
    gold: str,
    *,
    policy: SomePolicy,
    labeler: AnyLabeler | Mapping[str, Any],
    **options: Unpack[Options],
) -> StepLabels:
    """Do what `alabel_steps` does, where nothing can be awaited."""
    return _run(alabel_steps(problem, solution, gold, policy=policy, labeler=labeler, **options))


def label_many(
    items: Iterable[Item],
    *,
    policy: SomePolicy,
    labeler: AnyLabeler | Mapping[str, Any],
    **options: Unpack[Options],
) -> tuple[StepLabels, ...]:
    """Do what `alabel_many` does, where nothing can be awaited."""
    return _run(alabel_many(items, policy=policy, labeler=labeler, **options))


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end; in a notebook, whose loop is taken, in a thread with a loop of its own."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(asyncio.run, work).result()
