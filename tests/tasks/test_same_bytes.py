"""The same configuration and seed, twice, with a real model: the same files."""

import asyncio
from pathlib import Path

import pytest

from flows.config import CONFIGS, load_run
from tasks.problems import stage
from tasks.session import session_of
from tasks.settings import LabelRun
from tasks.shards import label_shard
from tests.toy_runs import tables

from .test_shards import label_all

POLICY = CONFIGS.parent / "demo" / "policy"


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(not (POLICY / "config.json").exists(), reason="the demo policy is not trained")
def test_a_deterministic_model_gives_the_same_bytes_however_its_requests_were_batched(
    tmp_path: Path,
) -> None:
    changes = [
        f"output={tmp_path}",
        f"policy.model={POLICY}",
        "policy.deterministic=true",
        "policy.max_batch=8",
        "policy.context=512",
        "source.count=4",
        "labeler.num_solutions=2",
        "labeler.num_rollouts=2",
        "shards.max_truncated=1",
        "exports=[]",
        "shards.size=2",
    ]
    runs = [load_run(CONFIGS / "demo.yaml", [*changes, f"name={name}"]) for name in ("a", "b")]
    label_all(runs[0])
    staged_by_shard = asyncio.run(_one_after_another(runs[1]))
    first, second = (tables(run.folder) for run in runs)
    assert len(first) == 4 * staged_by_shard
    assert first == second


async def _one_after_another(run: LabelRun) -> int:
    """Label a run's shards in turn, so that other requests share a batch than in `label_all`."""
    run.folder.mkdir(parents=True)
    async with session_of(run).kept_open():
        problems = await stage(run)
        for shard in range(problems.shards):
            await label_shard.fn(run, shard)
    return problems.shards
