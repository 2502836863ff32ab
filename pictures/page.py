"""What `stepmint view` shows of the demo's run, as Chromium draws it."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_SCHEMES = {"": 1, "-dark": 0}
"""Chromium's own numbers for a preference for light and for dark."""
_LOADING_MS = 4_000


def chromium() -> str:
    """Return where Chromium is; raises SystemExit where it is not."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        raise SystemExit("there is no Chromium here: install it, e.g. `apt-get install chromium`")
    return found


def take(browser: str, run: Path, problem_id: str, folder: Path) -> None:
    """Write `view-run.png`, `view-problem.png` and both for dark pages; raises SystemExit."""
    with _served(run) as address:
        pages: Mapping[str, tuple[str, int]] = {
            "view-run": (f"{address}runs/{run.name}/", 900),
            "view-problem": (
                f"{address}runs/{run.name}/problem?{urlencode({'id': problem_id})}",
                752,
            ),
        }
        for name, (page, height) in pages.items():
            for ending, scheme in _SCHEMES.items():
                _shoot(browser, page, folder / f"{name}{ending}.png", height=height, scheme=scheme)


@contextmanager
def _served(run: Path) -> Iterator[str]:
    """Serve a run while the block lasts; yields the address."""
    command = [sys.executable, "-c", "from flows.cli import main; main()", "view", str(run)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        found = re.search(r"http://\S+", server.stdout.readline())
        try:
            if found is None:
                raise SystemExit(f"`stepmint view {run}` printed no address")
            yield found.group()
        finally:
            server.terminate()


def _shoot(browser: str, page: str, path: Path, *, height: int, scheme: int) -> None:
    subprocess.run(
        [
            browser,
            "--headless=new",
            "--no-sandbox",
            "--hide-scrollbars",
            f"--blink-settings=preferredColorScheme={scheme}",
            f"--window-size=1120,{height}",
            f"--virtual-time-budget={_LOADING_MS}",
            f"--screenshot={path}",
            page,
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
