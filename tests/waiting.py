"""The one way a test waits for another process: until something holds, and not for ever."""

import time
from collections.abc import Callable, Iterable

import psutil


def until(
    condition: Callable[[], object], *, seconds: float = 60, pause: float = 0.01, what: str = "it"
) -> None:
    """Wait until `condition` holds; fails the test, naming `what` never came, after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come about in {seconds:g} s"
        time.sleep(pause)


def until_gone(pids: Iterable[int], *, seconds: float = 30) -> None:
    """Wait until no process has one of these numbers any more."""
    left = list(pids)
    until(lambda: not any(map(psutil.pid_exists, left)), seconds=seconds, what=f"the end of {left}")
