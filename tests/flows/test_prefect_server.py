import base64
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from flows import prefect_server
from schemas import RunError
from tests.waiting import until

from .conftest import ROOT

ORPHAN = """
import signal, sys
from pathlib import Path
from flows.prefect_server import TemporaryServer
server = TemporaryServer(Path(sys.argv[1]))
server.start()
server.wait()
print(server.url, flush=True)
signal.pause()
"""


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An environment that nobody has set up for Prefect."""
    for name in [name for name in os.environ if name.startswith("PREFECT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path


def test_the_users_own_api_is_respected(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://prefect.example/api")
    assert prefect_server.ensure_api(clean / "home") is None
    assert "PREFECT_HOME" not in os.environ


def test_a_profile_with_an_api_is_respected(clean: Path) -> None:
    profiles = clean / "home" / ".prefect" / "profiles.toml"
    profiles.parent.mkdir(parents=True)
    profiles.write_text('active = "a"\n[profiles.a]\nPREFECT_API_URL = "http://x/api"\n')
    assert prefect_server.ensure_api(clean / "ours") is None


def test_a_home_that_cannot_be_written_is_one_clear_message(clean: Path) -> None:
    (clean / "file").write_text("")
    with pytest.raises(RunError, match="set PREFECT_HOME to a writable folder"):
        prefect_server.ensure_api(clean / "file" / "home")


@pytest.mark.parametrize("login", [None, "stepmint:guessed"])
def test_the_api_answers_nobody_without_its_login(
    prefect_api: prefect_server.TemporaryServer, login: str | None
) -> None:
    for path in ("flow_runs/filter", "deployments/filter", "admin/database/clear"):
        assert _status(prefect_api, path, login) == 401
    assert _status(prefect_api, "flow_runs/filter", prefect_api.login) == 200


def test_no_page_of_another_site_may_read_the_api(
    prefect_api: prefect_server.TemporaryServer,
) -> None:
    asked = urllib.request.Request(
        f"{prefect_api.url}/flow_runs/filter",
        headers={"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"},
        method="OPTIONS",
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(asked, timeout=20)
    assert refused.value.code == 400
    assert refused.value.headers.get("Access-Control-Allow-Origin") is None


def _status(server: prefect_server.TemporaryServer, path: str, login: str | None) -> int:
    headers = {"Content-Type": "application/json"}
    if login:
        headers["Authorization"] = f"Basic {base64.b64encode(login.encode()).decode()}"
    asked = urllib.request.Request(f"{server.url}/{path}", b"{}", headers)
    try:
        with urllib.request.urlopen(asked, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.usefixtures("prefect_api")
def test_the_server_of_a_killed_process_ends_too(prefect_home: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", ORPHAN, str(prefect_home)],
        cwd=ROOT,
        env={**os.environ, "PREFECT_HOME": str(prefect_home)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    url = process.stdout.readline().strip()
    assert _answers(url)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    until(lambda: not _answers(url), seconds=20, what="the end of the server")


@pytest.mark.slow
def test_runs_that_begin_together_in_a_new_folder_do_not_trip_over_each_other(
    clean: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in prefect_server._DEFAULTS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PREFECT_HOME", str(clean))
    servers = [prefect_server.TemporaryServer(clean) for _ in range(2)]
    try:
        for server in servers:
            server.start()
        for server in servers:
            server.wait()
    finally:
        for server in servers:
            server.stop()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=5) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def test_a_server_that_dies_on_a_full_disk_says_how_little_is_left(
    clean: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    monkeypatch.setattr(prefect_server, "_LEAST_FREE", float("inf"))
    server = prefect_server.TemporaryServer(clean)
    server.start()
    with pytest.raises(RunError, match=r"MB left.*set PREFECT_HOME to a folder on another disk"):
        server.wait()
    server.stop()
