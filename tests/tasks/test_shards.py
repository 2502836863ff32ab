import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from prefect.client.schemas.objects import State
from prefect.states import Failed

from schemas import ConfigError, LastingPolicyError, Outcome, PolicyError, RunError, VerifierError
from schemas.arrow import read_table
from schemas.conversion import nodes_from, problems_from, rollouts_from
from schemas.run_folder import RunFolder
from tasks.commits import committed
from tasks.problems import stage
from tasks.run_file import config_digest
from tasks.session import session_of
from tasks.settings import LabelRun
from tasks.shards import label_shard
from tests.toy_runs import sums, tables, toy_run


def label_all(run: LabelRun) -> None:
    """Stage a run and label its shards, all at once, without Prefect."""

    async def main() -> None:
        run.folder.mkdir(parents=True, exist_ok=True)
        async with session_of(run).kept_open():
            problems = await stage(run)
            async with asyncio.TaskGroup() as group:
                for shard in range(problems.shards):
                    group.create_task(label_shard.fn(run, shard))

    asyncio.run(main())


def test_a_shard_becomes_four_tables_that_agree(tmp_path: Path) -> None:
    run = toy_run(tmp_path)
    label_all(run)
    folder = RunFolder(run.folder)
    for name in folder.shards:
        problems = list(problems_from(read_table(folder.file("problems", name), "problems")))
        rollouts = list(rollouts_from(read_table(folder.file("rollouts", name), "rollouts")))
        nodes = list(nodes_from(read_table(folder.file("nodes", name), "nodes")))
        ids = [row.problem.id for row in problems]
        assert {row.problem_id for row in nodes} <= set(ids)
        keys = [(one.problem_id, one.prefix.key, one.sample_index) for one in rollouts]
        assert len(set(keys)) == len(keys)
        sampled = Counter((one.problem_id, one.prefix.key) for one in rollouts)
        for row in nodes:
            if sampled[row.problem_id, row.node.prefix.key]:
                total = row.node.evidence.total
                assert total == sampled[row.problem_id, row.node.prefix.key]


def test_every_solution_names_where_it_comes_from(tmp_path: Path) -> None:
    run = toy_run(tmp_path)
    label_all(run)
    rows = list(RunFolder(run.folder).solutions())
    assert len(rows) > 12
    for row in rows:
        assert row.provenance.config == config_digest(run)
        assert row.provenance.seed == run.seed
        assert row.provenance.prompt.startswith("synthetic@")
        assert row.provenance.sampling is not None
        assert row.provenance.sampling.temperature == 1.0
        assert len(row.solution.evidence) == len(row.solution.steps)


def test_the_record_of_a_shard_counts_its_tables(tmp_path: Path) -> None:
    run = toy_run(tmp_path)
    label_all(run)
    record = committed(run.folder, 0)
    assert record is not None
    path = RunFolder(run.folder).file("rollouts", "shard-00000")
    rollouts = list(rollouts_from(read_table(path, "rollouts")))
    assert record.counts.rollouts == len(rollouts)
    right = [one for one in rollouts if one.verdict.outcome is Outcome.CORRECT]
    assert record.counts.correct == len(right)
    assert record.counts.problems == 5
    tokens = sum(one.completion.completion_tokens for one in rollouts)
    assert record.counts.completion_tokens == tokens


def test_the_same_configuration_and_seed_give_the_same_bytes(tmp_path: Path) -> None:
    sums(tmp_path / "sums.jsonl", 12)
    runs = [toy_run(tmp_path, name=name) for name in ("one", "two")]
    for run in runs:
        label_all(run)
    first, second = (tables(run.folder) for run in runs)
    assert len(first) == 12
    assert first == second


def test_another_seed_gives_other_rollouts(tmp_path: Path) -> None:
    runs = [toy_run(tmp_path, name=f"seed-{seed}", seed=seed) for seed in (1, 2)]
    for run in runs:
        label_all(run)
    first, second = (tables(run.folder) for run in runs)
    assert first["rollouts/shard-00000.parquet"] != second["rollouts/shard-00000.parquet"]


def test_a_committed_shard_is_not_done_again_and_its_journal_is_gone(tmp_path: Path) -> None:
    run = toy_run(tmp_path)
    label_all(run)
    before = tables(run.folder)
    stamp = RunFolder(run.folder).marker("shard-00000").stat().st_mtime_ns
    assert not RunFolder(run.folder).journal("shard-00000").exists()
    label_all(run)
    assert tables(run.folder) == before
    assert RunFolder(run.folder).marker("shard-00000").stat().st_mtime_ns == stamp


def test_a_shard_with_too_many_truncated_rollouts_fails_loudly_and_keeps_its_journal(
    tmp_path: Path,
) -> None:
    run = toy_run(tmp_path, sampling={"temperature": 1.0, "max_tokens": 4})
    with pytest.raises(ExceptionGroup) as caught:
        label_all(run)
    messages = [str(error) for error in caught.value.exceptions]
    assert any("rollouts are truncated" in message for message in messages)
    assert any("--set shards.max_truncated=" in message for message in messages)
    assert all(isinstance(error, RunError) for error in caught.value.exceptions)
    assert committed(run.folder, 0) is None
    assert RunFolder(run.folder).journal("shard-00000").stat().st_size > 0


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (PolicyError("the server died"), True),
        (VerifierError("a worker was killed"), True),
        (LastingPolicyError("no such model"), False),
        (RunError("the disk is full"), False),
        (ConfigError("no such prompt"), False),
        (KeyError("a fault of ours"), False),
    ],
)
def test_a_shard_is_tried_again_only_where_something_that_ran_broke(
    error: Exception, again: bool
) -> None:
    may_pass = label_shard.retry_condition_fn
    assert may_pass is not None
    state: State[Any] = Failed(data=error)
    assert asyncio.run(may_pass(label_shard, None, state)) is again  # type: ignore[arg-type]
