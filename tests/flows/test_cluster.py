import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.toy_runs import settings, tables

from .conftest import Stepmint

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "toy.yaml"
    exports = [{"format": "math_shepherd"}]
    path.write_text(yaml.safe_dump(settings(tmp_path, problems=40) | {"exports": exports}))
    return path


def record(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "run.json").read_text()))


def test_two_machines_label_one_run_and_one_of_them_holds_all_of_it(
    config: Path, stepmint: Stepmint
) -> None:
    folder = config.parent
    shared = f"shared={folder / 'shared'}"
    disks = [folder / "disk-1", folder / "disk-2"]

    def label(disk: Path) -> Any:
        return stepmint("label", str(config), "--set", shared, "--set", f"output={disk}")

    with ThreadPoolExecutor() as pool:
        for done in pool.map(label, disks):
            assert done.returncode == 0, done.stderr
    assert stepmint("label", str(config)).returncode == 0
    whole = tables(folder / "output" / "toy")
    records = [record(disk / "toy") for disk in disks]
    assert [one["status"] for one in records] == ["finished", "finished"]
    assert whole in [tables(disk / "toy") for disk in disks]
    on_root = record(folder / "shared" / "toy")
    assert (on_root["status"], on_root["counts"]["problems"]) == ("finished", 40)
    assert list((folder / "shared" / "toy" / "exports").iterdir())
    assert not list((folder / "shared" / "toy" / "claims").iterdir())


def test_what_one_machine_has_no_budget_for_another_ends(config: Path, stepmint: Stepmint) -> None:
    folder = config.parent
    common = ("label", str(config), "--set", f"shared={folder / 'shared'}")
    poor = (*common, "--set", f"output={folder / 'disk-1'}", "--set", "budget.rollouts=300")
    short = stepmint(*poor)
    assert short.returncode == 0, short.stderr
    found = record(folder / "disk-1" / "toy")
    assert found["status"] == "budget reached"
    assert f"{found['left']} of 40 problems are left" in " ".join(short.stderr.split())
    rest = stepmint(*common, "--set", f"output={folder / 'disk-2'}")
    assert rest.returncode == 0, rest.stderr
    assert record(folder / "disk-2" / "toy")["status"] == "finished"
    assert stepmint("label", str(config)).returncode == 0
    assert tables(folder / "disk-2" / "toy") == tables(folder / "output" / "toy")
    again = stepmint(*poor)
    assert again.returncode == 0, again.stderr
    assert record(folder / "disk-1" / "toy")["left"] == 0
