"""Who holds a folder: what its lock says, read without touching the lock."""

import os
import platform
from pathlib import Path


def holder() -> str:
    """Return what this process writes into a lock that it holds."""
    return f"{os.getpid()} on {platform.node()}"


def abandoned(lock: Path) -> bool:
    """Tell whether the process that wrote itself into a lock was of this machine and is no more.

    The lock is not touched, so that nobody who wants to hold it finds it held.
    """
    try:
        process, _, machine = lock.read_text().strip().partition(" on ")
        if machine == platform.node():
            os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except (OSError, ValueError, OverflowError):  # no lock, of another user's, or of no process
        return False
    return False
