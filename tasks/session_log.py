"""What each session of a run came to: `run.json` keeps it, and Prefect shows it as an artifact."""

import asyncio
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from prefect.artifacts import acreate_markdown_artifact

from tasks import run_file
from tasks.artifacts import artifact_key, table
from tasks.commits import held
from tasks.failures import told
from tasks.records import Counts
from tasks.session import Session
from tasks.settings import LabelRun
from tasks.staging import StagingRecord, staged

_KEPT = 400
"""Sessions that `run.json` remembers: a year of nights."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionReport:
    """One session of a run, from its start to its end."""

    began: str
    ended: str
    """Both in UTC, ISO 8601."""
    ending: str
    """How it ended: finished, budget reached, interrupted, or the error that ended it."""
    new: int
    """Problems that the source had and the run had not."""
    skipped: int
    """Problems that were staged before."""
    rejected: int
    """Rows of the source that are no problems."""
    labelled: int
    """Problems committed in this session."""
    set_aside: int
    """Of these, the ones that have no solutions, whatever the reason."""
    left: int
    """Problems that are staged and not committed."""
    rollouts: int
    tokens: int
    """Written by the policy in this session; what was replayed or reused is in none of the two."""
    published: str = ""
    """Where the run was published, if it was."""


class SessionLog:
    """Follows a session, so that its report can be made whatever becomes of it."""

    def __init__(self, run: LabelRun, session: Session) -> None:
        self._run = run
        self._session = session
        self._began = _now()
        self._staged_before, self._before = self._standing()
        self.published = ""
        self.ending = ""
        """Set once it is closed."""

    async def close(self, ending: str, error: BaseException | None = None) -> None:
        """Keep the session's report in `run.json`, and show it on Prefect's pages."""
        self.ending = ending
        report = await asyncio.to_thread(self._report, ending, error)
        record = run_file.read(self._run.folder)
        kept = [*record.get("sessions", []), asdict(report)][-_KEPT:]
        run_file.update(self._run.folder, {"sessions": kept})
        page = f"## {self._run.name}: {report.began}\n\n" + table(asdict(report))
        await acreate_markdown_artifact(page, key=artifact_key("session", self._run.name))

    def _report(self, ending: str, error: BaseException | None) -> SessionReport:
        now, counts = self._standing()
        costs = self._session.board.costs
        return SessionReport(
            began=self._began,
            ended=_now(),
            ending=ending if error is None else f"{ending}: {told(error)}",
            new=now.problems - self._staged_before.problems,
            skipped=self._staged_before.problems,
            rejected=now.rejected,
            labelled=counts.problems - self._before.problems,
            set_aside=counts.set_aside - self._before.set_aside,
            left=now.problems - counts.problems,
            rollouts=costs.sampled,
            tokens=costs.written_tokens,
            published=self.published,
        )

    def _standing(self) -> tuple[StagingRecord, Counts]:
        """Return what is staged, and what of it is committed."""
        found = staged(self._run.folder) or StagingRecord.nothing()
        return found, held(self._run.folder, found.shards).counts


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
