"""A run in figures."""

from collections.abc import Iterator
from pathlib import Path
from weakref import ref

import pyarrow as pa

from reports.facts import ShardFacts, shard_facts
from reports.summary import summarise, summary_of
from schemas import Outcome
from schemas.run_folder import RunFolder
from tests.runs import sums_run


def test_every_figure_is_counted_from_the_rows(tmp_path: Path) -> None:
    run = RunFolder(sums_run(tmp_path / "sums"))
    summary = summarise(run)
    solutions = [row.solution for row in run.solutions()]
    assert summary.solutions == len(solutions) == 80
    assert summary.steps == sum(summary.labels.values()) == 240
    assert summary.with_error == sum(one.first_error != -1 for one in solutions)
    assert summary.without_error + summary.with_error + summary.abstained == 80
    assert summary.rollouts == 80
    assert summary.outcomes[Outcome.CORRECT] == summary.without_error
    assert sum(summary.difficulty) == 40
    assert summary.set_aside == {"screen: 8 of 8 correct": 2}
    assert summary.tokens["prompt_tokens"] == 80 * 20


def test_as_many_problems_are_listed_as_are_asked_for_and_all_are_counted(tmp_path: Path) -> None:
    run = RunFolder(sums_run(tmp_path / "sums"))
    ids = [row.problem.id for row in run.problems()]
    for lines in (0, 1, 30, 99):
        summary = summarise(run, lines=lines)
        assert [line.id for line in summary.first_problems] == ids[:lines]
        assert summary.problems == len(ids) == 42


def test_a_shard_that_is_counted_is_held_no_longer(tmp_path: Path) -> None:
    run = RunFolder(sums_run(tmp_path / "sums"))
    held: list[ref[pa.Table]] = []

    def facts() -> Iterator[ShardFacts]:
        for shard in run.shards:
            one = shard_facts(run, shard, run.concludes)
            held.append(ref(one.solutions))
            yield one
            del one
            assert sum(table() is not None for table in held) <= 1

    assert summary_of(run, facts()).shards == len(held) > 1
