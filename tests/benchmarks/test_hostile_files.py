"""Files made to do harm are refused with a reason, in little time and memory."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_no_mutated_file_costs_more_than_its_refusal() -> None:
    command = [sys.executable, "-m", "benchmarks.hostile_files", "--count", "3000", "--seed", "3"]
    read = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert read.returncode == 0, read.stdout + read.stderr
