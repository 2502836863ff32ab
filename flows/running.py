"""A flow from start to stop in this process: signals, display, and a clean end.

The flow has an event loop in a thread of its own. The main thread draws and takes the signals:
the first Ctrl-C or SIGTERM cancels the flow, which closes its journals and stops its servers; a
second Ctrl-C ends everything at once.
"""

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Generic, TypeVar

import psutil

T = TypeVar("T")


class Interrupted(Exception):  # noqa: N818 - the user's wish, not an error
    """The user stopped the run, and it has stopped cleanly."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(signal.Signals(signal_number).name)
        self.exit_code = 128 + signal_number


class _Worker(Generic[T]):
    """A coroutine in a thread with an event loop; can be cancelled from the main thread."""

    def __init__(self, work: Callable[[], Coroutine[Any, Any, T]]) -> None:
        self._work = work
        self._result: list[T] = []
        self._error: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[T] | None = None
        self._started = threading.Event()
        self.thread = threading.Thread(target=self._run, name="flow")

    def cancel(self) -> None:
        """Cancel the coroutine; returns at once."""
        self._started.wait()
        if self._loop and self._task and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._task.cancel)

    def result(self) -> T:
        """Return what the coroutine returned, or raise what it raised."""
        if self._error:
            raise self._error
        return self._result[0]

    def _run(self) -> None:
        try:
            self._result.append(asyncio.run(self._main()))
        except BaseException as error:  # noqa: BLE001 - raised again by result()
            self._error = error
        finally:
            self._started.set()

    async def _main(self) -> T:
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.create_task(self._work())
        self._started.set()
        return await self._task


def run_to_end(
    work: Callable[[], Coroutine[Any, Any, T]],
    *,
    draw: Callable[[], None],
    stopping: Callable[[], None] = lambda: None,
) -> T:
    """Run a coroutine to its end, calling `draw` four times a second meanwhile.

    `stopping` is called when the first signal came. Raises what the coroutine raises, or
    Interrupted when a signal stopped it.
    """
    worker = _Worker(work)

    def stop() -> None:
        stopping()
        worker.cancel()

    with _signals(stop) as received:
        worker.thread.start()
        try:
            while worker.thread.is_alive():
                worker.thread.join(0.25)
                draw()
        except BaseException:
            stop()  # else the work would go on, half dead, behind an interpreter that is ending
            worker.thread.join()
            raise
    if received:
        raise Interrupted(received[0])
    return worker.result()


@contextmanager
def _signals(stop: Callable[[], None]) -> Iterator[list[int]]:
    """Take SIGINT and SIGTERM; yield the list in which those received appear."""
    received: list[int] = []

    def take(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        if len(received) == 1:
            threading.Thread(target=stop, daemon=True).start()
        else:
            _end_now(128 + number)

    taken = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, take) for number in taken]
    try:
        yield received
    finally:
        for number, handler in zip(taken, before, strict=True):
            signal.signal(number, handler)


def _end_now(exit_code: int) -> None:
    """Kill what this process started, then end it: the journals survive that."""
    for child in psutil.Process().children(recursive=True):
        child.kill()
    os.write(2, b"\x1b[?25h\n")
    os._exit(exit_code)
