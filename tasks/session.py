"""What the shards of one run share in this process: its board, its window, policy and verifier.

Prefect's tasks are given data alone, so they find the session of their run here.
"""

import gc
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from policies.seam import Policy
from rollouts import Budget, Purse
from tasks.progress import Board
from tasks.quality import Watch
from tasks.reuse import OtherRun
from tasks.settings import LabelRun
from tasks.sharing import Shared
from tasks.window import Window
from verification.seam import Verifier


class Session:
    """One run being worked on."""

    def __init__(self, run: LabelRun) -> None:
        self.began = time.monotonic()
        self.board = Board(concludes=run.labeler.concludes)
        self.purse = Purse(Budget(problem=run.budget.problem))
        """Of the whole run's limits none until `budgeted`."""
        self.watch = Watch(run)
        self.other_runs = tuple(map(OtherRun, run.reuse))
        self.window = Window(run.shards.in_flight * run.shards.size)
        self.policy: Shared[Policy] = Shared(lambda: run.policy.open(run.folder))
        segmenter = run.policies[-1]
        self.segmenter = self.policy
        if segmenter is not run.policy:
            self.segmenter = Shared(lambda: segmenter.open(run.folder))
        self.verifier: Shared[Verifier] = Shared(run.verification.open)

    @asynccontextmanager
    async def kept_open(self) -> AsyncIterator[None]:
        """Keep what the shards open until all of them are done."""
        async with self.verifier.held(), self.policy.held(), self.segmenter.held():
            with _collecting_less():
                yield


@contextmanager
def _collecting_less() -> Iterator[None]:
    """Look for circles of garbage less often: rollouts make few, and all that lives is walked.

    With 2,000 sequences in flight a quarter of our CPU went into it.
    """
    before = gc.get_threshold()
    gc.freeze()  # what was imported stays to the end
    gc.set_threshold(200_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


_SESSIONS: dict[Path, Session] = {}


def new_session(run: LabelRun) -> Session:
    """Begin to work on a run whose folder is held; forgets what an earlier session counted."""
    session = _SESSIONS[run.folder.resolve()] = Session(run)
    return session


def session_of(run: LabelRun) -> Session:
    """Return the session of a run, a new one where none has begun."""
    return _SESSIONS.get(run.folder.resolve()) or new_session(run)
