"""How far a run is, from its record and the markers of its shards."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pages.library import OpenRun
from reports.standing import advice, standing
from reports.text import one_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A run's standing."""

    status: str
    done: int
    """Problems in committed shards."""
    left: int
    """Problems that are read and not committed yet."""
    shards: int
    eta: str
    """At the pace since it was begun; empty where it cannot be told."""
    error: str
    """Why it failed; empty where it did not."""
    advice: str
    """How it goes on where it ended before its time; empty where it did not."""

    @property
    def running(self) -> bool:
        """Whether more is to come."""
        return self.status == "running"

    @property
    def share(self) -> float:
        """The share of problems that are done."""
        return self.done / (self.done + self.left) if self.done + self.left else 0.0


def progress_of(run: OpenRun) -> Progress:
    """Look at how far a run is. Raises RunError where its record is damaged."""
    record = run.folder.record()
    status = standing(record.get("status"), run.folder.lock)
    left = run.folder.unlabelled
    done = run.folder.labelled
    eta = _eta(record.get("started"), done, left) if status == "running" else ""
    return Progress(
        status=status,
        done=done,
        left=left,
        shards=len(run.facts.shards),
        eta=eta,
        error=one_line(str(record.get("error") or ""), 400),
        advice=advice(status),
    )


def _eta(started: object, done: int, left: int) -> str:
    """Return the time left at the pace so far."""
    try:
        begun = datetime.fromisoformat(str(started))
    except ValueError:
        return ""
    elapsed = datetime.now(UTC) - (begun if begun.tzinfo else begun.replace(tzinfo=UTC))
    if not done or not left or elapsed < timedelta():
        return ""
    return str(timedelta(seconds=round(elapsed.total_seconds() * left / done)))
