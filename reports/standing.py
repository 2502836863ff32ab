"""How a run, a search or a recipe stands: what its record says, and whether that is still so."""

from pathlib import Path

from reports.text import one_line
from schemas.holders import abandoned

_GOES_ON = frozenset({"running", "working", "searching", "sampling"})
_ENDED_EARLY = frozenset({"stopped", "interrupted", "failed", "budget reached"})
_ADVICE = "The command that began it goes on where it ended; nothing is paid for twice."


def standing(status: object, lock: Path) -> str:
    """Return a record's status; `stopped` where it goes on, but its process is gone."""
    told = one_line(str(status or "unknown"))
    return "stopped" if told in _GOES_ON and abandoned(lock) else told


def advice(status: str) -> str:
    """Return how what ended before its time goes on; empty where it did not end so."""
    return _ADVICE if status in _ENDED_EARLY else ""
