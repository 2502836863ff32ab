"""`stepmint view`: where it listens."""

import socket
from pathlib import Path

import pytest
from rich.console import Console

from flows.viewing import view_here
from schemas import RunError
from tests.runs import sums_run


def test_a_port_that_is_taken_is_named_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    folder = sums_run(tmp_path / "sums", count=2)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(RunError, match=rf"--port {port} .*in use.*another port"):
            view_here([folder], Console(), port=port)
