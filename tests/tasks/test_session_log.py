import asyncio
from pathlib import Path
from typing import Any

import pytest

from schemas import RunError
from tasks import session_log
from tasks.run_file import opened, read
from tasks.session import new_session
from tasks.session_log import SessionLog
from tests.tasks.test_shards import label_all
from tests.toy_runs import toy_run


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What would be shown on Prefect's pages."""
    shown: list[str] = []

    async def keep(page: str, **_: Any) -> None:
        shown.append(page)

    monkeypatch.setattr(session_log, "acreate_markdown_artifact", keep)
    return shown


def test_a_session_tells_what_was_new_what_was_labelled_and_what_it_cost(
    tmp_path: Path, pages: list[str]
) -> None:
    run = toy_run(tmp_path)
    for _ in range(2):
        with opened(run):
            log = SessionLog(run, new_session(run))
            label_all(run)
            asyncio.run(log.close("finished"))
    first, second = read(run.folder)["sessions"]
    assert (first["new"], first["skipped"], first["labelled"], first["left"]) == (12, 0, 12, 0)
    assert (second["new"], second["skipped"], second["labelled"], second["left"]) == (0, 12, 0, 0)
    assert first["rollouts"] > 36
    assert first["tokens"] > first["rollouts"]
    assert second["rollouts"] == second["tokens"] == 0
    assert first["ending"] == "finished"
    assert "| labelled | 12 |" in pages[0]


def test_a_session_that_failed_says_why(tmp_path: Path, pages: list[str]) -> None:
    run = toy_run(tmp_path)
    with opened(run):
        log = SessionLog(run, new_session(run))
        error = ExceptionGroup("some", [KeyError("x"), RunError("the disk is full: make room")])
        asyncio.run(log.close("failed", error))
    (only,) = read(run.folder)["sessions"]
    assert only["ending"] == "failed: the disk is full: make room"
    assert "failed: the disk is full: make room" in pages[0]
