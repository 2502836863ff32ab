"""No command speaks to anybody but this machine: telemetry is off before anything is imported."""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import ROOT

WATCH = """
import os, socket

def told(address):
    host = address[0] if isinstance(address, tuple) else None
    if host is not None and host not in ("127.0.0.1", "::1", "localhost"):
        with open(os.environ["WATCHED"], "a") as file:
            print(host, file=file)
        raise OSError(f"nothing leaves this machine: {host}")

def watched(name, place):
    real = getattr(place, name)
    def call(*arguments, **named):
        told((arguments[0],) if name == "getaddrinfo" else arguments[-1])
        return real(*arguments, **named)
    setattr(place, name, call)

class Socket(socket.socket):
    def connect(self, address):
        told(address)
        return super().connect(address)
    def connect_ex(self, address):
        told(address)
        return super().connect_ex(address)

watched("getaddrinfo", socket)
socket.socket = Socket
"""


def at_a_terminal(*arguments: str, environment: dict[str, str]) -> tuple[str, int]:
    """Run the command line at a terminal, where Prefect would introduce itself; what it says."""
    ours, theirs = os.openpty()
    code = "from flows.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        env=environment,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    said = b""
    with contextlib.suppress(OSError):  # how a terminal says that nobody is at its other end
        while piece := os.read(ours, 65536):
            said += piece
    os.close(ours)
    return said.decode("utf-8", "replace"), process.wait()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_no_command_asks_for_another_machine(tmp_path: Path) -> None:
    watch = tmp_path / "watch"
    watch.mkdir()
    (watch / "sitecustomize.py").write_text(WATCH)
    unset = ("PREFECT_", "DO_NOT_TRACK", "CI", "GITHUB_ACTIONS", "HF_", "STEPMINT_")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(unset)},
        "HOME": str(tmp_path),
        "PYTHONPATH": str(watch),
        "WATCHED": str(tmp_path / "watched"),
    }

    def stepmint(*arguments: str) -> None:
        said, code = at_a_terminal(*arguments, environment=environment)
        assert code == 0, said
        watched = tmp_path / "watched"
        assert not watched.exists(), (arguments[0], watched.read_text().split())
        assert list((tmp_path / ".prefect").glob("*")) == [], arguments[0]

    pairs = tmp_path / "pairs.jsonl"
    pairs.write_text(json.dumps({"gold": "1", "prediction": "2"}))
    run = str(tmp_path / "output" / "quiet")
    config = ["synthetic_scripted", "--set", "name=quiet", "--set", "source.count=60"]
    config += ["--set", f"output={tmp_path / 'output'}"]
    stepmint("estimate", *config, "--probe", "4")
    stepmint("label", *config)
    stepmint("show", run)
    stepmint("report", run)
    stepmint("export", run, "--format", "trl")
    stepmint("critique", run, "--set", "policy.kind=scripted_critic", "--set", "limit=20")
    stepmint("calibrate", run, "--known", "oracle")
    stepmint("verify", str(pairs))
    stepmint("publish", run, "--to", "hf:org/quiet", "--dry-run")
