import asyncio
import os
import signal
import subprocess
import sys

import pytest

from flows.running import Interrupted, run_to_end

from .conftest import ROOT


def test_what_the_coroutine_returns_or_raises_comes_back() -> None:
    async def answer() -> int:
        return 42

    async def fail() -> None:
        raise LookupError("gone")

    assert run_to_end(answer, draw=lambda: None) == 42
    with pytest.raises(LookupError, match="gone"):
        run_to_end(fail, draw=lambda: None)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_cancels_the_coroutine_which_cleans_up_first(number: signal.Signals) -> None:
    events: list[str] = []

    async def work() -> None:
        try:
            os.kill(os.getpid(), number)
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            events.append("cleaned up")

    before = signal.getsignal(number)
    with pytest.raises(Interrupted) as caught:
        run_to_end(work, draw=lambda: None, stopping=lambda: events.append("stopping"))
    assert caught.value.exit_code == 128 + number
    assert events == ["stopping", "cleaned up"]
    assert signal.getsignal(number) is before


def test_a_display_that_fails_stops_the_coroutine_before_it_is_told() -> None:
    events: list[str] = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            events.append("cleaned up")

    def draw() -> None:
        raise LookupError("no such colour")

    with pytest.raises(LookupError, match="no such colour"):
        run_to_end(work, draw=draw)
    assert events == ["cleaned up"]


STUBBORN = """
import asyncio, os, signal, subprocess, sys
from flows.running import run_to_end

async def work():
    child = subprocess.Popen(["sleep", "60"])
    print(child.pid, flush=True)
    while True:
        try:
            os.kill(os.getpid(), signal.SIGINT)
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            pass

run_to_end(work, draw=lambda: None)
"""


def test_a_second_ctrl_c_ends_everything_at_once() -> None:
    done = subprocess.run(
        [sys.executable, "-c", STUBBORN],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 130
    state = subprocess.run(["ps", "-o", "stat=", "-p", done.stdout.strip()], capture_output=True)
    assert state.stdout.strip()[:1] in (b"", b"Z")
