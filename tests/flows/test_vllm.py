"""The whole flow against the real vLLM, from its own venv."""

import os
from pathlib import Path

import pytest

from flows.config import CONFIGS
from schemas import Outcome
from schemas.arrow import read_table
from schemas.conversion import rollouts_from
from schemas.run_folder import RunFolder

from .conftest import ROOT, Stepmint

PYTHON = Path(os.environ.get("STEPMINT_VLLM_PYTHON", ROOT / ".venv-vllm/bin/python"))
POLICY = CONFIGS.parent / "demo" / "policy"

pytestmark = [
    pytest.mark.vllm,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not PYTHON.exists(), reason=f"no vLLM at {PYTHON} (STEPMINT_VLLM_PYTHON)"),
    pytest.mark.skipif(not (POLICY / "config.json").exists(), reason="no demo policy"),
]


def test_a_run_on_a_real_server_labels_every_problem_and_stops_the_server(
    tmp_path: Path, stepmint: Stepmint
) -> None:
    policy = (
        f"policy={{kind: vllm, model: {POLICY}, python: {PYTHON}, dtype: float32, "
        "max_model_len: 1024, max_in_flight: 64, "
        "extra_args: [--enforce-eager], "
        "env: {VLLM_CPU_KVCACHE_SPACE: '1', OMP_NUM_THREADS: '1'}}"
    )
    changes = ["name=vllm", f"output={tmp_path}", policy, "source.count=8"]
    options = [part for change in changes for part in ("--set", change)]
    done = stepmint("label", "demo", *options)
    assert done.returncode == 0, done.stderr
    folder = RunFolder(tmp_path / "vllm")
    assert len(list(folder.problems())) == 8
    rollouts = [
        rollout
        for shard in folder.shards
        for rollout in rollouts_from(read_table(folder.file("rollouts", shard), "rollouts"))
    ]
    assert {one.verdict.outcome for one in rollouts} & {Outcome.CORRECT, Outcome.INCORRECT}
    assert all(one.completion.tokens is not None for one in rollouts)
    cut = [one for one in rollouts if one.prefix.steps]
    assert cut
    assert all(one.prefix.token_ids is not None for one in cut)
