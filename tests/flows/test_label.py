import json
import random
import re
import signal
import subprocess
from pathlib import Path

import pytest
import yaml

from schemas.arrow import read_table
from schemas.run_folder import RunFolder
from tests.toy_runs import settings, tables
from tests.waiting import until

from .conftest import COMMAND, ROOT, Stepmint
from .crashes import crash_at

COUNTED = ("problems", "set_aside", "solutions", "steps", "nodes", "correct", "incorrect")


def record(folder: Path) -> dict:  # type: ignore[type-arg]
    return dict(json.loads((folder / "run.json").read_text()))


def test_a_run_leaves_tables_and_a_record_that_agree(whole: Path) -> None:
    found = record(whole)
    assert found["status"] == "finished"
    assert found["shards"] == 3
    folder = RunFolder(whole)
    rows = {
        name: sum(table.num_rows for table in folder.tables(name))
        for name in ("problems", "solutions", "nodes", "rollouts")
    }
    assert rows["problems"] == found["counts"]["problems"] == 12
    assert rows["solutions"] == found["counts"]["solutions"]
    assert rows["nodes"] == found["counts"]["nodes"]
    assert rows["rollouts"] == found["costs"]["rollouts"]
    assert found["policy"].startswith("scripted")
    assert list((whole / "journal").iterdir()) == []
    assert not (whole / "partial").exists()


def test_what_holds_settings_is_readable_by_its_user_alone(whole: Path) -> None:
    assert (whole / "run.json").stat().st_mode & 0o077 == 0


def test_a_killed_run_resumed_with_the_same_command_is_the_uninterrupted_one(
    config: Path, whole: Path, stepmint: Stepmint
) -> None:
    assert _killed_and_resumed([150], True, config, whole, stepmint) == 1


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_a_run_killed_again_and_again_at_random_is_the_uninterrupted_one(
    seed: int, config: Path, whole: Path, stepmint: Stepmint
) -> None:
    rng = random.Random(seed)
    deeds = [rng.randrange(1, 250) for _ in range(3)]
    assert _killed_and_resumed(deeds, bool(seed % 2), config, whole, stepmint) > 0


def _killed_and_resumed(
    deeds: list[int], torn: bool, config: Path, whole: Path, stepmint: Stepmint
) -> int:
    """Kill a run at each of its deeds in turn, complete it, compare; return how often it died."""
    name = f"killed-{'-'.join(map(str, deeds))}"
    folder = config.parent / "output" / name
    command = ("label", str(config), "--set", f"name={name}")
    killed = 0
    for deed in deeds:
        crashed = stepmint(*command, prelude=crash_at(deed, folder, torn=torn))
        killed += crashed.returncode == -signal.SIGKILL
        assert crashed.returncode in {0, -signal.SIGKILL}, crashed.stderr
    resumed = stepmint(*command)
    assert resumed.returncode == 0, resumed.stderr
    assert tables(folder) == tables(whole)
    assert record(folder)["counts"] == record(whole)["counts"]
    assert list((folder / "journal").iterdir()) == []
    return killed


@pytest.mark.slow
def test_a_tree_search_killed_and_resumed_is_the_uninterrupted_one(
    tmp_path: Path, stepmint: Stepmint
) -> None:
    config = tmp_path / "tree.yaml"
    labeler = {"kind": "uct", "simulations": 6, "num_solutions": 4}
    config.write_text(yaml.safe_dump(settings(tmp_path, labeler=labeler)))
    assert stepmint("label", str(config), "--set", "name=whole").returncode == 0
    whole = tmp_path / "output" / "whole"
    assert _killed_and_resumed([90, 170], True, config, whole, stepmint) == 2


def test_ctrl_c_stops_cleanly_says_how_to_resume_and_the_run_completes(
    config: Path, environment: dict[str, str], stepmint: Stepmint
) -> None:
    folder = config.parent / "output" / "stopped"
    (folder.parent / "big").mkdir(parents=True)
    big = settings(folder.parent / "big", problems=3000)
    config = folder.parent / "big.yaml"
    config.write_text(yaml.safe_dump(big | {"name": "stopped", "output": str(folder.parent)}))
    process = subprocess.Popen(
        [*COMMAND, "label", str(config)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until((folder / "committed" / "shard-00000.json").exists, what="a committed shard")
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert f"Resume with: stepmint label {config}" in errors
    assert record(folder)["status"] == "interrupted"
    for path in (folder / "solutions").glob("*.parquet"):
        read_table(path, "solutions")


def test_an_estimate_covers_what_the_run_then_costs_and_the_run_reuses_its_rollouts(
    config: Path, stepmint: Stepmint
) -> None:
    name = ("--set", "name=estimated")
    estimated = stepmint("estimate", str(config), "--probe", "6", *name)
    assert estimated.returncode == 0, estimated.stderr
    folder = config.parent / "output" / "estimated"
    spent = int(re.findall(r"cost (\d+) rollouts", estimated.stdout)[0])
    assert spent > 0
    done = stepmint("label", str(config), *name)
    assert done.returncode == 0, done.stderr
    assert f"{spent} rollouts came from the journal" in done.stderr
    low, high = re.findall(r"rollouts +│ +[\d,]+ │ +([\d,]+) to ([\d,]+)", estimated.stdout)[0]
    rollouts = record(folder)["costs"]["rollouts"]
    assert int(low.replace(",", "")) <= rollouts <= int(high.replace(",", ""))


def test_help_starts_without_heavy_libraries(stepmint: Stepmint) -> None:
    prelude = "import atexit, sys; atexit.register(lambda: print(sorted(" + (
        "{'torch', 'prefect', 'datasets', 'pyarrow', 'sympy'} & set(sys.modules))))"
    )
    shown = stepmint("--help", prelude=prelude)
    assert shown.returncode == 0
    assert shown.stdout.rstrip().endswith("[]")
