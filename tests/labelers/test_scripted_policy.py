"""Math-Shepherd on the scripted policy: the value of every prefix is known."""

import asyncio
import math
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from labelers import MathShepherd
from policies.scripted import ScriptedSettings, toy_question
from policies.seam import Policy
from rollouts import Journal, PromptTemplate, ShardRollouts
from schemas import Labelling, Node, Problem, Sampling
from schemas.views import hard_label
from tests.rollouts import worlds

TEMPLATE = PromptTemplate(name="toy", mode="text", user="{{ question }}\n")
PROBLEMS = [
    Problem(
        id=f"toy-{n}",
        source="toy",
        question=toy_question(tuple(range(n, n + 6))),
        answer=str(sum(range(n, n + 6))),
    )
    for n in range(12)
]


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal") as journal:
        yield journal


def label_all(
    settings: MathShepherd, journal: Journal, world: ScriptedSettings
) -> tuple[list[Labelling], ShardRollouts]:
    async def run() -> tuple[list[Labelling], ShardRollouts]:
        async with world.open(Path()) as policy:
            rollouts = shard(journal, policy)
            return [await settings.label(one, rollouts.of(one)) for one in PROBLEMS], rollouts

    return asyncio.run(run())


def shard(journal: Journal, policy: Policy) -> ShardRollouts:
    """Return the rollouts of these problems."""
    hot = Sampling(temperature=1.0)
    return worlds.shard(journal, policy, template=TEMPLATE, sampling=hot, run_seed=7)


def probed(labellings: Iterable[Labelling]) -> Iterator[tuple[Problem, Node]]:
    for problem, labelling in zip(PROBLEMS, labellings, strict=True):
        yield from ((problem, node) for node in labelling.nodes if node.prefix.steps)


def test_mc_values_are_the_worlds_values(journal: Journal) -> None:
    world = ScriptedSettings(recovery=0.3)
    labellings, _ = label_all(MathShepherd(num_solutions=8, num_rollouts=16), journal, world)
    surprise, variance, nodes = 0.0, 0.0, 0
    for problem, node in probed(labellings):
        value = world.value(TEMPLATE.render(problem), node.prefix.text)
        surprise += node.evidence.correct - 16 * value
        variance += 16 * value * (1 - value)
        nodes += 1
        assert abs(node.evidence.correct - 16 * value) <= 5 * math.sqrt(16 * value * (1 - value))
    assert nodes > 150
    assert abs(surprise) < 4 * math.sqrt(variance)


@pytest.mark.parametrize("after_error", ["sample", "skip"])
def test_first_success_keeps_the_hard_labels_and_saves_most_rollouts(
    journal: Journal, tmp_path: Path, after_error: str
) -> None:
    world = ScriptedSettings(error=0.05, recovery=0.3)
    fixed = MathShepherd(num_solutions=8)
    early = MathShepherd.model_validate(
        {"num_solutions": 8, "stop": "first_success", "after_error": after_error}
    )
    all_of_them, dear = label_all(fixed, journal, world)
    with Journal(tmp_path / "early") as other:
        some, cheap = label_all(early, other, world)
    for one, two in zip(all_of_them, some, strict=True):
        for full, short in zip(one.solutions, two.solutions, strict=True):
            assert full.first_error == short.first_error
            end = len(full.steps) if after_error == "sample" else (full.first_error or 0) + 1
            assert list(map(hard_label, full.evidence[:end])) == list(
                map(hard_label, short.evidence[:end])
            )
    # As published: N rollouts at every step of every distinct solution, prefixes not shared.
    published = sum(
        8 * (len(solution.steps) - 1) for one in all_of_them for solution in one.solutions
    )
    roots = 8 * len(PROBLEMS)
    share = (cheap.costs.rollouts - roots) / published
    assert share < 0.25
    assert cheap.costs.rollouts - roots < 0.3 * (dear.costs.rollouts - roots)


def test_labelling_again_over_the_same_journal_asks_the_policy_for_nothing(
    journal: Journal,
) -> None:
    early = MathShepherd(num_solutions=4, stop="first_success")
    before, paid = label_all(early, journal, ScriptedSettings())
    after, free = label_all(early, journal, ScriptedSettings())
    assert before == after
    assert free.costs.sampled == 0
    assert free.costs.replayed == paid.costs.sampled
