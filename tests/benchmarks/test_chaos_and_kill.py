"""Servers that fail and runs that are killed change no byte of a dataset."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        ("benchmarks.chaos", "--problems", "60", "--restarts", "1", "--every-s", "2"),
        ("benchmarks.kill", "--problems", "150", "--kills", "5"),
    ],
)
def test_the_dataset_is_that_of_a_calm_run(command: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
