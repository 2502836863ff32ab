"""Runs one command in a process group of its own that never outlives whoever asked for it.

    python -I guard.py PARENT_PID GRACE_SECONDS COMMAND...

is what `guarded` writes; a server among such commands gets its port from `reserve_port`. The group
is stopped (SIGTERM to the command, after the grace SIGKILL to all) when this process gets SIGTERM
or when its parent is gone, also by SIGKILL; and killed when the command ends, so no helper process
stays behind. Uses the standard library alone: it starts before anything else can.
"""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence

_POLL_S = 0.2
_PR_SET_PDEATHSIG = 1


def guarded(command: Sequence[str], *, grace_s: float) -> tuple[str, ...]:
    """Return the command that runs another under a guard, a child of this process.

    SIGTERM to the guard stops the command, which has `grace_s` seconds to end by itself.
    """
    parent = (str(os.getpid()), str(grace_s))
    return (sys.executable, "-I", os.path.abspath(__file__), *parent, *command)


def reserve_port() -> socket.socket:
    """Bind a free loopback port without listening; closing the socket frees it.

    Linux lets a server bind and listen there as well, since both set SO_REUSEADDR, but hands the
    port to nobody who asks for any free one.
    """
    reservation = socket.socket()
    reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    reservation.bind(("127.0.0.1", 0))
    return reservation


def main(parent: int, grace_s: float, command: list[str]) -> int:
    """Run the command until it ends or has to; return its exit status."""
    asked: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: asked.append(number))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # preexec_fn is safe here: this process has one thread.
    child = subprocess.Popen(command, start_new_session=True, preexec_fn=_die_with_guard)
    while child.poll() is None and not asked and os.getppid() == parent:
        time.sleep(_POLL_S)
    if child.poll() is None:
        child.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(grace_s)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    return child.wait()


def _die_with_guard() -> None:
    """Have the kernel kill the command should this process be killed (Linux)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]) & 0xFF)
