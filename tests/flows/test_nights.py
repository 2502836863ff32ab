"""Nights on a real Prefect server: the source grows, one night is killed, the next one recovers."""

import json
import random
import signal
from pathlib import Path

import pytest
import yaml

from benchmarks import made
from schemas.run_folder import RunFolder
from tests.toy_runs import settings, tables

from .conftest import Stepmint
from .crashes import crash_at


@pytest.mark.slow
def test_a_night_takes_what_is_new_and_one_that_is_killed_is_made_good_by_the_next(
    tmp_path: Path, stepmint: Stepmint
) -> None:
    rng = random.Random(0)
    numbers = [tuple(rng.randrange(2, 60) for _ in range(3)) for _ in range(40)]
    path = tmp_path / "night.yaml"
    source = {"kind": "file", "path": str(tmp_path / "growing.jsonl")}
    values = settings(tmp_path, name="night", source=source, exports=[{"format": "trl"}])
    path.write_text(yaml.safe_dump(values | {"incremental": True}))
    folder = tmp_path / "output" / "night"

    made.sums(tmp_path / "growing.jsonl", numbers[:20])
    first = stepmint("label", str(path))
    assert first.returncode == 0, first.stderr
    before = tables(folder)
    exported = json.loads((folder / "exports" / "trl-hard" / "export.json").read_text())

    made.sums(tmp_path / "growing.jsonl", numbers)
    killed = stepmint("label", str(path), prelude=crash_at(150, folder))
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    third = stepmint("label", str(path))
    assert third.returncode == 0, third.stderr

    run = RunFolder(folder)
    assert len({row.problem.id for row in run.problems()}) == 40
    kept = {name: data for name, data in tables(folder).items() if "exports" not in name}
    assert {name: kept[name] for name in before if "exports" not in name} == {
        name: data for name, data in before.items() if "exports" not in name
    }
    sessions = run.record()["sessions"]
    assert isinstance(sessions, list)
    assert [(one["new"], one["skipped"]) for one in sessions[:1]] == [(20, 0)]
    assert sessions[-1]["ending"] == "finished"
    assert sessions[-1]["left"] == 0
    again = json.loads((folder / "exports" / "trl-hard" / "export.json").read_text())
    assert sum(again["rows"].values()) > sum(exported["rows"].values())

    fourth = stepmint("label", str(path))
    assert fourth.returncode == 0, fourth.stderr
    last = RunFolder(folder).record()["sessions"]
    assert isinstance(last, list)
    assert (last[-1]["new"], last[-1]["labelled"], last[-1]["rollouts"]) == (0, 0, 0)
