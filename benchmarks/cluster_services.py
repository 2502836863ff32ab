"""What machines share, on this one: Postgres, a Prefect server on it, an S3-compatible server."""

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

BUCKET = "stepmint"
ROOT = Path(__file__).resolve().parent.parent
_START_S = 240.0


def missing() -> str:
    """Return what of all this is not installed here; empty where nothing is."""
    lacks = []
    if _postgres("initdb") is None:
        lacks.append("Postgres (apt-get install postgresql)")
    if find_spec("moto") is None or find_spec("flask_cors") is None:
        lacks.append("moto (make install-dev)")
    return ", ".join(lacks)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def until(condition: Callable[[], object], *, what: str, seconds: float = _START_S) -> None:
    """Wait until `condition` holds; SystemExit names what never came."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"{what} did not come about in {seconds:.0f} s")
        time.sleep(0.1)


@contextmanager
def postgres() -> Iterator[str]:
    """Run a Postgres of our own on loopback; yields the URL that Prefect wants."""
    port = free_port()
    # Postgres refuses to run as root.
    user = next((name for name in ("postgres", "nobody") if _is_user(name)), None)
    user = user if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="stepmint-postgres-"))
    try:
        if user:
            shutil.chown(folder, user)
        initdb: list[str | Path] = [
            _postgres("initdb") or "",
            "--pgdata",
            folder / "data",
            "--username",
            "prefect",
        ]
        initdb += ["--auth", "trust", "--encoding", "UTF8", "--no-sync"]
        subprocess.run(initdb, user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        command: list[str | Path] = [_postgres("postgres") or "", "-D", folder / "data"]
        command += ["-p", str(port)]
        command += ["-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={folder}"]
        with _process(command, folder / "log", env=os.environ, user=user):
            until(lambda: _listens(port), what="Postgres")
            yield f"postgresql+asyncpg://prefect@127.0.0.1:{port}/postgres"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def s3(folder: Path) -> Iterator[Mapping[str, str]]:
    """Serve S3 from memory with one bucket; yields the environment that leads there."""
    port = free_port()
    where = f"http://127.0.0.1:{port}"
    code = f"from moto.server import main; main(['-H', '127.0.0.1', '-p', '{port}'])"
    with _process([sys.executable, "-c", code], folder / "s3.log", env=os.environ):
        until(lambda: _listens(port), what="the S3 server")
        urllib.request.urlopen(urllib.request.Request(f"{where}/{BUCKET}", method="PUT")).close()
        yield {
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": where,
        }


@contextmanager
def prefect_server(folder: Path, database: str) -> Iterator[Mapping[str, str]]:
    """Run a Prefect server on a database; yields the environment of its clients."""
    port = free_port()
    home = {"PREFECT_HOME": str(folder / "prefect"), "DO_NOT_TRACK": "1"}
    env = {
        **os.environ,
        **home,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_API_DATABASE_CONNECTION_URL": database,
    }
    env.pop("PREFECT_API_URL", None)
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1"]
    with _process([*command, "--port", str(port)], folder / "prefect-server.log", env=env):
        until(lambda: _answers(f"http://127.0.0.1:{port}/api/health"), what="Prefect's server")
        yield home | {"PREFECT_API_URL": f"http://127.0.0.1:{port}/api"}


@contextmanager
def _process(
    command: list[str | Path], log: Path, *, env: Mapping[str, str], user: str | None = None
) -> Iterator[None]:
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=log.parent, env=env, user=user, stdout=out, stderr=subprocess.STDOUT
        )
    try:
        yield
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()
        process.wait()


def _postgres(program: str) -> str | None:
    """Return the path of one of Postgres's programs; Debian keeps them off the PATH."""
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
    return str(debian[-1]) if debian else shutil.which(program)


def _is_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _answers(url: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(url, timeout=5) as answer:
        return bool(answer.status == 200)
    return False
