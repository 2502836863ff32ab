import json
from pathlib import Path

import pytest

from schemas.run_folder import RunFolder
from tests.toy_runs import tables

from .conftest import Stepmint

pytestmark = pytest.mark.timeout(300)  # a run after another, each with its Prefect


def test_a_run_ends_at_its_budget_and_says_how_to_go_on(
    config: Path, whole: Path, stepmint: Stepmint
) -> None:
    command = ("label", str(config), "--set", "name=short")
    folder = config.parent / "output" / "short"
    short = stepmint(*command, "--set", "budget.tokens=900")
    assert short.returncode == 0, short.stderr
    record = json.loads((folder / "run.json").read_text())
    assert record["status"] == "budget reached"
    assert record["left"] + record["counts"]["problems"] == 12
    told = " ".join(short.stderr.split())
    assert "of 900 tokens" in told
    assert f"{record['left']} of 12 problems are left" in told
    assert "Go on with: stepmint label" in told
    assert "budget.tokens=MORE" in told
    assert record["counts"]["problems"] == len(list(RunFolder(folder).problems())) > 0
    assert RunFolder(folder).exports


def test_a_budget_too_small_for_one_problem_ends_cleanly_too(
    config: Path, stepmint: Stepmint
) -> None:
    done = stepmint("label", str(config), "--set", "name=tiny", "--set", "budget.rollouts=3")
    assert done.returncode == 0, done.stderr
    assert "12 of 12 problems are left" in " ".join(done.stderr.split())


def test_what_was_taken_from_another_run_is_counted_at_the_end_and_in_the_record(
    config: Path, whole: Path, stepmint: Stepmint
) -> None:
    done = stepmint("label", str(config), "--set", "name=again", "--set", f"reuse={whole}")
    assert done.returncode == 0, done.stderr
    count = json.loads((whole / "run.json").read_text())["costs"]["rollouts"]
    assert f"{count:,} rollouts taken from {whole}" in " ".join(done.stderr.split())
    assert "this session: 0 rollouts" in done.stderr
    folder = config.parent / "output" / "again"
    costs = json.loads((folder / "run.json").read_text())["costs"]
    assert costs["reused"] == {str(whole): count}
    assert costs["paid"]["rollouts"] == 0
    assert tables(folder) == tables(whole)


def test_a_run_that_cannot_be_reused_is_refused_before_anything_starts(
    config: Path, stepmint: Stepmint
) -> None:
    nowhere = stepmint("label", str(config), "--set", "name=x", "--set", "reuse=[nowhere]")
    assert nowhere.returncode == 2
    assert "nowhere is no run's folder" in " ".join(nowhere.stderr.split())
    assert not (config.parent / "output" / "x").exists()


def test_another_labeler_in_the_same_folder_is_told_how_to_reuse_its_rollouts(
    config: Path, whole: Path, stepmint: Stepmint
) -> None:
    other = stepmint("label", str(config), "--set", "labeler.num_rollouts=9")
    assert other.returncode == 1
    assert f"--set reuse={whole} then takes the rollouts" in " ".join(other.stderr.split())
