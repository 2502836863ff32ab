"""What Prefect's pages show of four nights of `stepmint serve`, as Chromium draws it.

The first night labels 120 problems; then the source grows by 200; the second is killed by SIGKILL,
the third finishes what it had begun, the fourth finds nothing new. Nobody waits for 2:00: each is
started as *Run* on the deployment's page starts it.
"""

import base64
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psutil
import yaml
from playwright.sync_api import FloatRect, Locator, Page, expect, sync_playwright

from benchmarks import made
from schemas.run_folder import RunFolder

T = TypeVar("T")
_NAME = "sums-nightly"
_LOGIN = "stepmint:pictures"
_WAIT_S = 300.0
_WIDTH, _HEIGHT, _MARGIN = 1200, 1060, 8
_FINAL = {"COMPLETED", "CRASHED", "FAILED", "CANCELLED"}


def take(chromium: str, folder: Path) -> None:
    """Write `prefect-nights.png` and `prefect-form.png`; raises SystemExit where nights fail."""
    with tempfile.TemporaryDirectory(prefix="stepmint-") as made_in:
        world = _World(Path(made_in))
        with world.served() as server, _page(chromium) as page:
            _nights(world, server)
            _shoot_nights(page, server, folder / "prefect-nights.png")
            _shoot_form(page, server, folder / "prefect-form.png")


@dataclass(frozen=True, slots=True)
class _World:
    """A folder with a growing source and a configuration."""

    folder: Path

    @property
    def run(self) -> RunFolder:
        """The run that the nights work on."""
        return RunFolder(self.folder / "output" / _NAME)

    def grow(self, problems: int) -> None:
        """Write so many problems; those that were there stay the first."""
        rng = random.Random(0)
        terms = (tuple(rng.randrange(2, 60) for _ in range(3)) for _ in range(problems))
        made.sums(self.folder / "sums.jsonl", terms)

    def config(self) -> Path:
        """Write the configuration."""
        path = self.folder / f"{_NAME}.yaml"
        settings = {
            "output": str(self.folder / "output"),
            "source": {"kind": "file", "path": str(self.folder / "sums.jsonl")},
            "prompt": "synthetic",
            "sampling": {"temperature": 1.0, "max_tokens": 200},
            "policy": {"kind": "scripted", "error": 0.2},
            "verification": {"answer_format": "hash"},
            "labeler": {"kind": "math_shepherd", "num_solutions": 4, "num_rollouts": 8},
            "shards": {"size": 20},
        }
        path.write_text(yaml.safe_dump(settings))
        return path

    @contextmanager
    def served(self) -> Iterator["_Server"]:
        """Serve the configuration while the block lasts."""
        self.grow(120)
        command = [sys.executable, "-c", "from flows.cli import main; main()", "serve"]
        command += [str(self.config()), "--cron", "0 2 * * *"]
        unset = ("PREFECT_API_URL", "PREFECT_HOME")
        environment = {name: value for name, value in os.environ.items() if name not in unset}
        environment |= {
            "HOME": str(self.folder),
            "PREFECT_SERVER_API_AUTH_STRING": _LOGIN,
            "PREFECT_RUNNER_POLL_FREQUENCY": "1",
        }
        log = self.folder / "serve.log"
        with (
            log.open("w") as told,
            subprocess.Popen(command, env=environment, stdout=told, stderr=told) as process,
        ):
            try:
                yield _Server(_until(lambda: _address(log), what="address"), process)
            finally:
                process.terminate()


@dataclass(frozen=True, slots=True)
class _Server:
    """The Prefect server of `stepmint serve`."""

    address: str
    process: subprocess.Popen[bytes]

    def ask(self, path: str, **body: object) -> Any:
        """Return what the API says."""
        request = urllib.request.Request(
            f"{self.address}/api/{path}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json", "Authorization": f"Basic {_credentials()}"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    @property
    def deployment(self) -> str:
        """The id of the deployment."""
        return str(_until(lambda: self.ask("deployments/filter"), what="deployment")[0]["id"])

    def start(self) -> str:
        """Start a night; return its id."""
        return str(self.ask(f"deployments/{self.deployment}/create_flow_run")["id"])

    def ended(self, night: str) -> str:
        """Wait for a night to end; return its state."""
        wanted = {"id": {"any_": [night]}, "state": {"type": {"any_": sorted(_FINAL)}}}
        found = _until(lambda: self.ask("flow_runs/filter", flow_runs=wanted), what="end of a run")
        return str(found[0]["state_type"])

    def kill_the_run(self) -> None:
        """Send SIGKILL to the process that labels."""
        for child in psutil.Process(self.process.pid).children(recursive=True):
            if "prefect.engine" in child.cmdline():
                child.send_signal(signal.SIGKILL)


def _nights(world: _World, server: _Server) -> None:
    states = [server.ended(server.start())]
    before = len(world.run.shards)
    world.grow(320)
    second = server.start()
    _until(lambda: len(world.run.shards) > before, what="shard of the second night")
    server.kill_the_run()
    states.append(server.ended(second))
    states += [server.ended(server.start()) for _ in range(2)]
    if states != ["COMPLETED", "CRASHED", "COMPLETED", "COMPLETED"]:
        raise SystemExit(f"the nights ended as {states}")


@contextmanager
def _page(chromium: str) -> Iterator[Page]:
    """Open a browser that knows the login while the block lasts."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": _WIDTH, "height": _HEIGHT})
        login = json.dumps(_credentials())
        page.add_init_script(f"localStorage.setItem('prefect-password', {login})")
        yield page
        browser.close()


def _shoot_nights(page: Page, server: _Server, path: Path) -> None:
    page.goto(f"{server.address}/deployments/deployment/{server.deployment}?tab=Runs")
    nights = page.locator(".p-list-item-input")
    expect(nights).to_have_count(4)
    page.wait_for_load_state("networkidle")
    first, last = _box(nights.first), _box(nights.last)
    _shoot(page, path, first | {"height": last["y"] + last["height"] - first["y"]})


def _shoot_form(page: Page, server: _Server, path: Path) -> None:
    page.goto(f"{server.address}/deployments/deployment/{server.deployment}/run")
    page.get_by_text("Where problems come from").wait_for()
    page.wait_for_load_state("networkidle")
    _shoot(page, path, _box(page.locator(".p-layout-default")) | {"height": _HEIGHT})


def _box(of: Locator) -> FloatRect:
    found = of.bounding_box()
    assert found is not None
    return found


def _shoot(page: Page, path: Path, box: FloatRect) -> None:
    """Photograph a part of a page, with a margin, as far as it is on the screen."""
    x, y = max(box["x"] - _MARGIN, 0), max(box["y"] - _MARGIN, 0)
    right = min(box["x"] + box["width"] + _MARGIN, _WIDTH)
    bottom = min(box["y"] + box["height"] + _MARGIN, _HEIGHT)
    page.screenshot(path=path, clip={"x": x, "y": y, "width": right - x, "height": bottom - y})


def _address(log: Path) -> str:
    """Return where the server answers; empty before it says so."""
    found = re.search(r"http://127\.0\.0\.1:\d+", log.read_text())
    return found[0] if found else ""


def _credentials() -> str:
    return base64.b64encode(_LOGIN.encode()).decode()


def _until(found: Callable[[], T], *, what: str) -> T:
    """Return what is found once something is; raises SystemExit where nothing ever is."""
    deadline = time.monotonic() + _WAIT_S
    while time.monotonic() < deadline:
        if value := found():
            return value
        time.sleep(0.2)
    raise SystemExit(f"Prefect shows no {what} in {_WAIT_S:.0f} s")
