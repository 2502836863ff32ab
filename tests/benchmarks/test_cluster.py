"""Two machines of which one is killed end a run as one machine does."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.cluster_services import missing

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.skipif(bool(missing()), reason=f"not installed: {missing()}")
def test_a_machine_killed_in_mid_shard_costs_no_row_and_doubles_none() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.cluster"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
