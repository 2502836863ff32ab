"""One Prefect server for all tests of the flows, and the command line as a subprocess."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from flows.prefect_server import TemporaryServer
from tests.toy_runs import settings

ROOT = Path(__file__).resolve().parents[2]
Stepmint = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def prefect_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("prefect")


@pytest.fixture(scope="session")
def prefect_api(prefect_home: Path) -> Iterator[TemporaryServer]:
    before = os.environ.get("PREFECT_HOME")
    os.environ["PREFECT_HOME"] = str(prefect_home)
    server = TemporaryServer(prefect_home)
    try:
        server.start()
    finally:
        if before is None:
            del os.environ["PREFECT_HOME"]
        else:
            os.environ["PREFECT_HOME"] = before
    server.wait()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def environment(prefect_api: TemporaryServer, prefect_home: Path) -> dict[str, str]:
    """What a subprocess needs to use the tests' Prefect server."""
    return {
        **os.environ,
        "PREFECT_API_URL": prefect_api.url,
        "PREFECT_API_AUTH_STRING": prefect_api.login,
        "PREFECT_HOME": str(prefect_home),
        "COLUMNS": "200",
    }


COMMAND = [sys.executable, "-c", "from flows.cli import main; main()"]


@pytest.fixture(scope="session")
def stepmint(environment: dict[str, str]) -> Stepmint:
    """Run the command line to its end."""

    def run(*arguments: str, prelude: str = "") -> "subprocess.CompletedProcess[str]":
        code = f"{prelude}\nfrom flows.cli import main; main()"
        return subprocess.run(
            [sys.executable, "-c", code, *arguments],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration of twelve problems, with an export."""
    folder = tmp_path_factory.mktemp("runs")
    path = folder / "toy.yaml"
    path.write_text(yaml.safe_dump(settings(folder, exports=[{"format": "math_shepherd"}])))
    return path


@pytest.fixture(scope="session")
def whole(config: Path, stepmint: Stepmint) -> Path:
    """Its run, which nothing interrupted."""
    done = stepmint("label", str(config))
    assert done.returncode == 0, done.stderr
    return config.parent / "output" / "toy"
