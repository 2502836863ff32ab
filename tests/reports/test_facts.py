"""A shard's rows as columns of numbers: they say what the records say."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from reports.facts import shard_facts
from reports.summary import summarise
from schemas import Evidence, LabelledSolution, Outcome, Prefix, StepStatement, StopRule
from schemas.labels import NEUTRAL
from schemas.rows import ProblemRow
from schemas.run_folder import RunFolder
from schemas.views import Concludes, told_view
from tests.runs import problem, rollout, solution, write_shard

STATEMENTS = (
    StepStatement(label=1.0, said="+"),
    StepStatement(label=0.0, said="-"),
    StepStatement(label=0.4, said="0.4"),
    StepStatement(said=NEUTRAL),
    StepStatement(),
)


def any_solution(rng: random.Random, index: int) -> LabelledSolution:
    """A solution with any counts, any first error, and now and then a posterior or statements."""
    steps = rng.randrange(1, 6)
    values = [
        Evidence(
            correct=rng.randrange(3),
            incorrect=rng.randrange(3),
            truncated=rng.randrange(2),
            stop_rule=rng.choice([StopRule.FIXED, StopRule.NOT_SAMPLED, StopRule.TERMINAL]),
        )
        for _ in range(steps)
    ]
    chances = [rng.random() for _ in range(steps + 1)]
    made = solution(
        problem(),
        [f"step {at}\n" for at in range(steps)],
        values,
        index=index,
        posterior=tuple(one / sum(chances) for one in chances) if rng.random() < 0.5 else (),
    )
    return replace(
        made,
        first_error=rng.choice([None, -1, *range(steps)]),
        stated=tuple(rng.choices(STATEMENTS, k=steps)) if rng.random() < 0.5 else (),
    )


@pytest.fixture
def solutions() -> Sequence[LabelledSolution]:
    rng = random.Random(3)
    return [any_solution(rng, index) for index in range(60)]


@pytest.fixture
def run(tmp_path: Path, solutions: Sequence[LabelledSolution]) -> RunFolder:
    folder = tmp_path / "run"
    rows = [
        ProblemRow(problem=problem(), set_aside=""),
        ProblemRow(problem=problem("Too easy?", "1"), set_aside="screen"),
    ]
    rollouts = [
        rollout(problem(), Prefix(), "a b", Outcome.CORRECT, 0),
        rollout(problem(), Prefix(), "a b c", Outcome.TRUNCATED, 1),
        rollout(problem(), Prefix(steps=("x\n",)), "b", Outcome.CORRECT, 0),
    ]
    write_shard(folder, 0, problems=rows, solutions=solutions, rollouts=rollouts)
    return RunFolder(folder)


@pytest.mark.parametrize("concludes", ["counts", "first_error", "stated"])
def test_labels_are_those_of_the_view_that_says_what_a_run_concludes(
    run: RunFolder, solutions: Sequence[LabelledSolution], concludes: Concludes
) -> None:
    view = told_view(concludes)
    facts = shard_facts(run, "shard-00000", concludes).solutions
    for row, one in zip(facts.to_pylist(), solutions, strict=True):
        labels = Counter(view.labels(one))
        assert (row["right"], row["wrong"]) == (labels[True], labels[False])


def test_a_solution_is_counted_as_its_record_counts_it(
    run: RunFolder, solutions: Sequence[LabelledSolution]
) -> None:
    facts = shard_facts(run, "shard-00000", "first_error").solutions
    unsampled = {StopRule.NOT_SAMPLED, StopRule.TERMINAL}
    for row, one in zip(facts.to_pylist(), solutions, strict=True):
        assert row["steps"] == len(one.steps)
        assert row["first_error"] == one.first_error
        assert row["decided"] == [
            -1 if value.stop_rule in unsampled else value.decided for value in one.evidence
        ]


def test_confidence_is_the_chance_of_what_was_concluded(
    run: RunFolder, solutions: Sequence[LabelledSolution]
) -> None:
    facts = shard_facts(run, "shard-00000", "first_error").solutions
    for row, one in zip(facts.to_pylist(), solutions, strict=True):
        if not one.posterior:
            assert row["confidence"] is None
        elif one.first_error is None:
            assert row["confidence"] == pytest.approx(max(one.posterior))
        else:
            assert row["confidence"] == pytest.approx(one.posterior[one.first_error])


def test_tokens_are_told_apart_by_where_a_rollout_began_and_how_it_ended(run: RunFolder) -> None:
    found = summarise(run).rollout_facts
    assert {key: one.completion_tokens for key, one in found.items()} == {
        (True, Outcome.CORRECT): 2,
        (True, Outcome.TRUNCATED): 3,
        (False, Outcome.CORRECT): 1,
    }


def test_a_problem_knows_its_solutions_and_one_that_was_set_aside_has_none(run: RunFolder) -> None:
    one, aside = shard_facts(run, "shard-00000", "counts").problems.to_pylist()
    assert (one["solutions"], one["root_correct"], one["root_stop_rule"]) == (60, 5, "fixed")
    assert (aside["solutions"], aside["root_correct"], aside["set_aside"]) == (0, None, "screen")


def test_a_shard_without_solutions_counts_nothing(tmp_path: Path) -> None:
    rows = [ProblemRow(problem=problem(), set_aside="screen")]
    write_shard(tmp_path / "run", 0, problems=rows, solutions=[])
    summary = summarise(RunFolder(tmp_path / "run"), lines=1)
    assert (summary.problems, summary.solutions, summary.steps, summary.rollouts) == (1, 0, 0, 0)
    assert summary.provenance is None
