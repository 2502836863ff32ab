"""Secrets of a run's environment stay there: not in its files, Prefect, the terminal or the hub."""

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml

from tests.policies.served.fake_server import Body, FakeServer
from tests.tasks.hub_server import hub_server
from tests.toy_runs import settings

from .conftest import ROOT

SECRETS = {
    "INNER_API_KEY": "sk-planted-0123456789abcdef0123",
    "HF_TOKEN": "hf_" + "planted12" * 4,
    "MODELSCOPE_API_TOKEN": "ms-01234567-89ab-cdef-0123-456789abcdef",
    "AWS_SECRET_ACCESS_KEY": "planted/aws+secret0123456789",
    "HTTPS_PROXY": "http://someone:planted-pa55word@proxy.invalid:3128",
}
TYPED = "planted-pa55word"


class TellingServer(FakeServer):
    """A server that repeats, where it refuses, the key that it was given."""

    def _describe(self, path: str, body: Body) -> tuple[int, object]:
        if self.refuses:
            return self.refuses, {"detail": f"not your key: {self.keys}"}
        return super()._describe(path, body)


@contextmanager
def served(server: FakeServer) -> Iterator[FakeServer]:
    """Run a server in a thread of its own."""
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    ready = threading.Event()

    async def serve() -> None:
        async with server.running():
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    ready.wait(20)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()


def texts(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield all that the files below a folder hold, Parquet unpacked."""
    for path in folder.rglob("*"):
        if path.suffix == ".parquet":
            table = pq.read_table(path)
            yield str(path), json.dumps(table.to_pylist(), ensure_ascii=False) + str(table.schema)
        elif path.is_file():
            yield str(path), path.read_bytes().decode("utf-8", "replace")


def leaks(pieces: Iterator[tuple[str, str]], values: Mapping[str, str]) -> list[str]:
    return [
        f"{name} in {where}"
        for where, text in pieces
        for name, value in values.items()
        if value.lower() in text.lower()
    ]


def lenient(folder: Path, home: Path, url: str) -> Path:
    """Write a configuration of a run that takes whatever a fake server answers."""
    home.mkdir(parents=True)
    asked = {"kind": "openai", "urls": [url], "api_key_env": "INNER_API_KEY"}
    limits = dict.fromkeys(("max_undecided", "max_truncated", "max_no_answer", "max_identical"), 1)
    values = settings(
        home,
        name="secretive",
        problems=3,
        output=str(folder / "output"),
        policy={**asked, "patience": {"retries": 1, "backoff_s": 0.01}},
        sampling={"temperature": 1.0, "max_tokens": 20},
        shards={"size": 5, "retries": 0, "accept_none_correct": True, **limits},
        exports=[{"format": "orm"}, {"format": "trl"}],
    )
    (home / "run.yaml").write_text(yaml.safe_dump(values))
    return home / "run.yaml"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_no_secret_leaves_the_environment(tmp_path: Path) -> None:
    home, unset = tmp_path / "home" / "ada", ("PREFECT_", "HF_", "MODELSCOPE_")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(unset)},
        **SECRETS,
        "HOME": str(home),
        "NO_PROXY": "127.0.0.1,localhost",
        "HF_HUB_DISABLE_XET": "1",
        "MODELSCOPE_CACHE": str(tmp_path / "modelscope"),
        "COLUMNS": "200",
    }
    said: list[tuple[str, str]] = []

    def stepmint(*arguments: str) -> int:
        done = subprocess.run(
            [sys.executable, "-c", "from flows.cli import main; main()", *arguments],
            cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        said.append((arguments[0], done.stdout + done.stderr))
        return done.returncode

    with served(TellingServer(model=f"{home}/models/small")) as server, hub_server() as store:
        environment |= {"HF_ENDPOINT": store.url, "MODELSCOPE_ENDPOINT": store.url}
        config = str(lenient(tmp_path, home, server.url))
        output = tmp_path / "output"
        run = output / "secretive"
        assert stepmint("label", config) == 0, said
        assert stepmint("show", str(run)) == 0
        assert f"bearer {SECRETS['INNER_API_KEY']}" in server.keys
        for to in ("hf:org/one", "ms:org/one"):
            store.files.pop("org/one", None)
            assert stepmint("publish", str(run), "--to", to) == 0, said
            published = store.save("org/one", tmp_path / to[:2])
            private = {"home": str(home), "server": server.url.removeprefix("http://")}
            assert leaks(texts(published), SECRETS | private) == []
        server.refuses = 401
        assert stepmint("label", config, "--set", "name=refused") == 1
        wrong = f"policy.urls=['http://someone:{TYPED}@inner.example']"
        assert stepmint("label", config, "--set", "name=typed", "--set", wrong) == 2
        headers = f"policy.headers={{Authorization: Bearer {TYPED}}}"
        assert stepmint("label", config, "--set", "name=typed", "--set", headers) == 2
    assert not (output / "typed").exists()
    assert any(".prefect/" in where for where in leaks(texts(output), {"the run": "secretive"}))
    assert leaks(texts(output), SECRETS | {"typed": TYPED}) == []
    assert leaks(iter(said), SECRETS | {"typed": TYPED}) == []
