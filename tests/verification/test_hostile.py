"""Inputs meant to hang, kill or execute: none takes long, none takes much, none runs."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from benchmarks.verification.data import load_hostile, shared_folder
from schemas import Outcome
from verification import VerificationSettings
from verification.cascade import Cascade
from verification.finding.extraction import Extraction

FOLDER = shared_folder()
pytestmark = pytest.mark.skipif(
    not (FOLDER / "verification").is_dir(), reason=f"{FOLDER}/verification is not here"
)
LETTERS = {Outcome.CORRECT: "A", Outcome.UNDECIDED: "U"}
CPU_SECONDS = 1.0
MAX_BYTES = 512 << 20


@pytest.fixture
def cascade() -> Iterator[Any]:
    cascade = VerificationSettings(workers=1, cpu_seconds=CPU_SECONDS).cascade()
    cascade.warm_up()
    yield cascade
    cascade.close()


def worker_memory() -> Any:
    """Return the largest address space of this process' descendants, in bytes."""
    peak = 0
    for process in psutil.Process().children(recursive=True):
        try:
            peak = max(peak, process.memory_info().rss)
        except psutil.NoSuchProcess:
            continue
    return peak


def cpu_seconds() -> Any:
    """Return CPU time of this process and of descendants that are alive."""
    spent = time.process_time()
    for process in psutil.Process().children(recursive=True):
        try:
            spent += sum(process.cpu_times()[:4])
        except psutil.NoSuchProcess:
            continue
    return spent


def attack(cascade: Cascade, folder: Path, inputs: Any) -> None:
    for hostile in inputs:
        started = cpu_seconds()
        found = Extraction(hostile.prediction, "bare")
        if not hostile.bare:
            found = cascade.extract(hostile.prediction, finished=True)
        outcome = cascade.judge_extracted(hostile.gold, found).outcome
        spent = cpu_seconds() - started
        assert spent < CPU_SECONDS + 0.5, (hostile.id, spent)
        assert worker_memory() < MAX_BYTES, hostile.id
        assert LETTERS.get(outcome, "R") in hostile.allowed, (hostile.id, outcome)
    assert list(folder.iterdir()) == []
    assert cascade.judge("18", "#### 18").outcome is Outcome.CORRECT
    integral = Extraction(r"\int_0^1 \int_0^1 xy\,dx\,dy", "bare")
    assert cascade.judge_extracted(r"\frac14", integral).outcome is not Outcome.INCORRECT


def test_a_sample_of_hostile_inputs_does_no_harm(cascade: Cascade, tmp_path: Path) -> None:
    attack(cascade, tmp_path, load_hostile(FOLDER, tmp_path)[::4])


@pytest.mark.slow
def test_no_hostile_input_does_harm(cascade: Cascade, tmp_path: Path) -> None:
    attack(cascade, tmp_path, load_hostile(FOLDER, tmp_path))
