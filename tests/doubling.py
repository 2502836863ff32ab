"""Whether work on foreign text takes time in proportion to its length."""

import contextlib
import time
from collections.abc import Callable

import pytest

SLACK_S = 0.05
"""What a busy machine may add."""


def cpu_seconds(work: Callable[[], object], *refusals: type[Exception]) -> float:
    """Return the CPU time that work takes, the least of three; it may end with a refusal."""
    times = []
    for _ in range(3):
        started = time.process_time()
        with contextlib.suppress(*refusals):
            work()
        times.append(time.process_time() - started)
    return min(times)


def assert_doubles(
    work: Callable[[int], Callable[[], object]], size: int, *refusals: type[Exception]
) -> None:
    """Fail where the work on twice the size takes more than two and a half times as long."""
    for _ in range(3):  # other processes may slow the one and not the other
        once, twice = (cpu_seconds(work(count), *refusals) for count in (size, 2 * size))
        if twice < 2.5 * once + SLACK_S:
            return
    pytest.fail(f"{once:.3f} s, and {twice:.3f} s for twice the text")
