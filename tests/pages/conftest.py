"""A run with everything in it, served, and one browser to look at it."""

import os
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from pages.app import application
from pages.library import Library
from schemas import Outcome, Prefix
from schemas.rows import ProblemRow
from tests.runs import evidence, problem, rollout, solution, sums_run, write_shard

TOKEN = "a-token"
HERE = "http://127.0.0.1:8000"
EVIL = (
    '<script>window.pwned = 1</script><img src=x onerror="window.pwned = 1">\n'
    "\x1b[31mred\x1b[0m \u202eesrever {{ 7 * 7 }} " + "long " * 200_000
)
HALVES = problem("Half of $\\frac{1}{2}$, and pay $5 or $6?", "\\frac{1}{4}")
STEPS = ("Half of it is \\(\\frac{1}{4}\\).\n", "So \\boxed{\\frac{1}{4}}")
_ARGUMENTS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


def tree_shard(folder: Path, shard: int) -> None:
    """Commit a problem whose rollouts branch, and whose texts try to be more than text."""
    right = solution(HALVES, STEPS, [evidence(3, 1), evidence(4, 0)])
    wrong = solution(HALVES, (STEPS[0], EVIL), [evidence(3, 1), evidence(0, 4)], index=1)
    behind = Prefix(steps=STEPS[:1])
    rollouts = [
        rollout(HALVES, Prefix(), "".join(STEPS), Outcome.CORRECT, 0),
        rollout(HALVES, Prefix(), STEPS[0] + EVIL, Outcome.INCORRECT, 1),
        rollout(HALVES, behind, STEPS[1], Outcome.CORRECT, 0),
        rollout(HALVES, behind, EVIL, Outcome.INCORRECT, 1),
    ]
    row = ProblemRow(problem=HALVES, set_aside="")
    write_shard(folder, shard, problems=[row], solutions=[right, wrong], rollouts=rollouts)


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = sums_run(tmp_path_factory.mktemp("runs") / "sums", count=60)
    tree_shard(folder, 2)
    return folder


@contextmanager
def served(*runs: Path) -> Iterator[str]:
    """Serve runs; the address before a run's name."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        app = application(Library(runs), token=TOKEN)
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/{TOKEN}/runs/"
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="session")
def base(run: Path) -> Iterator[str]:
    """Serve the run; the address of its pages."""
    with served(run) as address:
        yield f"{address}sums/"


@pytest.fixture(scope="module")  # Playwright's event loop runs as long: no other file's could
def browser() -> Iterator[Browser]:
    found = os.environ.get("STEPMINT_CHROMIUM") or shutil.which("chromium")
    if not found:
        pytest.skip(
            "no chromium on PATH: `apt-get install chromium`, or name it in STEPMINT_CHROMIUM"
        )
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found, args=list(_ARGUMENTS))
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page; whatever it complains about fails the test."""
    context = browser.new_context(color_scheme="light", viewport={"width": 1200, "height": 900})
    made = context.new_page()
    complaints: list[str] = []
    made.on("console", lambda message: complaints.append(message.text))
    made.on("pageerror", lambda error: complaints.append(str(error)))
    made.on("dialog", lambda dialog: complaints.append(dialog.message))
    yield made
    context.close()
    assert complaints == []
