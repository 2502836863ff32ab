"""A Prefect API for one-off runs: the user's own where one is set, else a temporary one.

Prefect would start a temporary server by itself, but leave it behind when this process is killed,
and its data in the user's home. Ours runs under the guard of the model servers, answers on loopback
only and only those who know its login, and keeps its database beside the runs: whoever reaches an
open API can start runs with parameters of their own. It boots while the model libraries are
imported.
"""

import atexit
import os
import secrets
import shutil
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import IO

from policies.guard import guarded, reserve_port
from schemas import RunError
from tasks.locks import locked

_LEASES = "prefect.server.concurrency.lease_storage"
_DEFAULTS = {
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "240",
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": f"{_LEASES}.filesystem",
}
"""Patience with slow machines, errors told once: by us; and a deployment's slot that a killed
server held is free again after its restart (in memory, the default, it never is)."""

_AUTH = "PREFECT_SERVER_API_AUTH_STRING"
_START_SECONDS = 240.0
_STOP_SECONDS = 10.0
_LOG_TAIL = 5
_LEAST_FREE = 10_000_000
"""Bytes below which its database may not find room."""


class TemporaryServer:
    """A Prefect server of this process, in a process group of its own so that Ctrl-C spares it."""

    def __init__(self, home: Path, *, schedules: bool = False) -> None:
        self._schedules = schedules
        self._log = home / "server.log"
        self._reservation = reserve_port()
        self._port: int = self._reservation.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None
        self.login = os.environ.get(_AUTH) or f"stepmint:{secrets.token_urlsafe(24)}"
        """What the API and the pages ask for; the user's own where the environment has one."""

    @property
    def url(self) -> str:
        """The address of its API."""
        return f"http://127.0.0.1:{self._port}/api"

    @property
    def _settings(self) -> dict[str, str]:
        return {
            _AUTH: self.login,
            "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": self.url.removesuffix("/api"),
            "PREFECT_SERVER_UI_API_URL": self.url,  # else its pages ask port 4200
            "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        }

    def start(self) -> None:
        """Begin to boot; it is ready when `wait` returns."""
        command = [sys.executable, "-m", "flows.prefect_server", str(self._port)]
        command += ["schedules"] if self._schedules else []
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                guarded(command, grace_s=_STOP_SECONDS),
                cwd=Path(__file__).resolve().parent.parent,
                env={**os.environ, **self._settings},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        atexit.register(self.stop)

    def wait(self) -> None:
        """Return when the server answers; raise RunError with its log's tail where it dies."""
        deadline = time.monotonic() + _START_SECONDS
        while not _answers(f"{self.url}/health"):
            if self._process is None or self._process.poll() is not None:
                raise RunError(f"the temporary Prefect server stopped: {self._tail()}")
            if time.monotonic() > deadline:
                raise RunError(
                    f"the temporary Prefect server did not answer in {_START_SECONDS:.0f} s "
                    f"(log: {self._log}): run `prefect server start` and set PREFECT_API_URL"
                )
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop the server; safe to call twice."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait()
        self._reservation.close()

    def _tail(self) -> str:
        """Return the log's last lines; a disk that is full keeps it from saying why."""
        lines = self._log.read_text("utf-8", errors="replace").splitlines()[-_LOG_TAIL:]
        free = shutil.disk_usage(self._log.parent).free
        if free < _LEAST_FREE:
            lines.append(
                f"{self._log.parent} has {free / 1e6:.1f} MB left, and its database needs "
                f"{_LEAST_FREE / 1e6:.0f}: make room, or set PREFECT_HOME to a folder on another "
                "disk"
            )
        return "\n".join((*(lines or ["it said nothing"]), f"log: {self._log}"))


def hush() -> None:
    """Keep Prefect's own log off the terminal, once it is imported: we show ours."""
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)


def ensure_api(home: Path, *, schedules: bool = False) -> TemporaryServer | None:
    """Set Prefect's environment before it is imported; start a server unless the user has an API.

    With `schedules` the server also keeps schedules, runs automations and shows Prefect's pages.
    Whatever the user has set stays: PREFECT_API_URL, PREFECT_HOME, a profile in ~/.prefect.
    """
    hush()
    if "PREFECT_API_URL" in os.environ or _has_profile():
        return None
    os.environ.setdefault("PREFECT_HOME", str(home.resolve()))
    folder = Path(os.environ["PREFECT_HOME"])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if folder == home.resolve():
            folder.chmod(0o700)  # its database holds the parameters of all runs
        server = TemporaryServer(folder, schedules=schedules)
        server.start()
    except OSError as error:
        raise RunError(
            f"{folder} cannot hold Prefect's database ({error.strerror}): "
            "set PREFECT_HOME to a writable folder"
        ) from error
    for name in ("NO_PROXY", "no_proxy"):  # a proxy would be handed the login
        os.environ[name] = ",".join(filter(None, (os.environ.get(name), "127.0.0.1")))
    os.environ["PREFECT_API_URL"] = server.url
    os.environ["PREFECT_API_AUTH_STRING"] = server.login
    return server


def _has_profile() -> bool:
    home = os.environ.get("PREFECT_HOME", str(Path.home() / ".prefect"))
    profiles = os.environ.get("PREFECT_PROFILES_PATH", str(Path(home) / "profiles.toml"))
    try:
        return "PREFECT_API_URL" in Path(profiles).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return False


def _answers(url: str) -> bool:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(url, timeout=5) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _start_lock() -> IO[str]:
    """Wait until no other server of this Prefect home is starting, and keep others from it.

    A starting server migrates the database and fills in its rows, without a lock: of two runs that
    begin together in a new folder, one would find the other's half made and die. The lock goes
    with the file, or with the process.
    """
    from prefect.settings import PREFECT_HOME

    path: Path = PREFECT_HOME.value() / "start.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    return locked(path)


def _let_others_start(lock: IO[str], port: int) -> None:
    """Release the lock once this process's server answers."""
    while not _answers(f"http://127.0.0.1:{port}/api/health"):
        time.sleep(0.1)
    lock.close()


def _serve(port: int, *, schedules: bool) -> None:
    import uvicorn
    from prefect.server.api.server import create_app

    lock = _start_lock()
    threading.Thread(target=_let_others_start, args=(lock, port), daemon=True).start()
    app = create_app(ephemeral=not schedules, final=True)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", lifespan="on")


if __name__ == "__main__":
    os.environ.pop("PREFECT_API_URL", None)
    _serve(int(sys.argv[1]), schedules="schedules" in sys.argv[2:])
