"""Scheduled runs: `stepmint serve` and `prefect.yaml`."""

import base64
import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows.config import find_config, load_run
from flows.serve import parameters, scheduled
from tasks.settings import LabelRun
from tests.waiting import until

CHECKOUT = Path(__file__).resolve().parents[2]
CONFIG = "synthetic_scripted"


def test_the_parameters_of_a_deployment_are_its_configuration() -> None:
    run = load_run(find_config(CONFIG))
    assert LabelRun.model_validate(parameters(CONFIG)["run"]) == scheduled(run)
    assert scheduled(run).incremental
    assert not scheduled(run.model_copy(update={"shared": "s3://bucket/runs"})).incremental


def test_prefect_yaml_names_a_configuration_that_loads_and_a_flow_that_is_there() -> None:
    content = yaml.safe_load((CHECKOUT / "prefect.yaml").read_text())
    (step,) = content["build"]
    assert parameters(step["flows.serve.parameters"]["config"])
    nightly, cluster = content["deployments"]
    for one in (nightly, cluster):
        file, flow = one["entrypoint"].split(":")
        assert f"async def {flow}(" in (CHECKOUT / file).read_text()
    assert nightly["concurrency_limit"] == {"limit": 1, "collision_strategy": "ENQUEUE"}
    assert "concurrency_limit" not in cluster


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_scheduled_run_is_seen_to_finish_and_serve_stops_when_told(tmp_path: Path) -> None:
    log = tmp_path / "serve.log"
    command = [sys.executable, "-c", "from flows.cli import main; main()", "serve", CONFIG]
    command += ["--cron", "* * * * *", "--set", f"output={tmp_path}", "--set", "source.count=4"]
    unset = ("PREFECT_API_URL", "PREFECT_HOME", "PREFECT_TEST_MODE")
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    environment |= {"HOME": str(tmp_path)}
    with log.open("w") as output:
        serving = subprocess.Popen(
            command, cwd=CHECKOUT, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        states = _finished(log)
        assert "FAILED" not in states
        record = json.loads((tmp_path / "synthetic-scripted" / "run.json").read_text())
        assert record["status"] == "finished"
        assert record["counts"]["problems"] == 4
        url, _ = _pages(log) or ("", "")
        asked = _answer(f"{url}/ui-settings", log)["api_url"]
        assert asked == f"{url}/api", "the pages ask the server that they come from"
        serving.send_signal(signal.SIGTERM)
        serving.wait(60)
    finally:
        serving.kill()


def _finished(log: Path) -> list[str]:
    """Return the states of the flow runs once one has completed."""
    until(lambda: "COMPLETED" in _states(log), seconds=400, pause=2, what="a finished run")
    return _states(log)


def _states(log: Path) -> list[str]:
    """Return the states of all flow runs that the server knows; none before it answers."""
    pages = _pages(log)
    runs = _answer(f"{pages[0]}/api/flow_runs/filter", log, b"{}") if pages else []
    return [run["state_type"] for run in runs]


def _pages(log: Path) -> tuple[str, str] | None:
    """Return address and login of the server's pages; None before they are told."""
    # the console may put a line break before the address or the login, never within them
    told = re.search(r"(http://127\.0\.0\.1:\d+)\s+\(login\s+(\S+)\)", log.read_text())
    return (told[1], told[2]) if told else None


def _answer(url: str, log: Path, body: bytes | None = None) -> Any:
    """Return what the server says, to one who knows its login."""
    _, login = _pages(log) or ("", "")
    credentials = base64.b64encode(login.encode()).decode()
    headers = {"Content-Type": "application/json", "Authorization": f"Basic {credentials}"}
    with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=20) as answer:
        return json.load(answer)
