"""`stepmint critique`: what it says, and the configurations that are ready for it."""

import asyncio
import io
import os
import signal
import threading
from pathlib import Path

import pytest
from rich.console import Console

from flows.config import CONFIGS
from flows.critiquing import critique_here, load_critique
from flows.running import Interrupted
from reports.show import show_run
from schemas import Completion, CompletionRequest, ConfigError
from schemas.run_folder import RunFolder
from tests.runs import sums_run
from tests.tasks.critics import WritingCritic, of_sums, open_instead

SCRIPTED = ["policy.kind=scripted_critic", "samples=2"]


def told(run: Path, *overrides: str) -> tuple[str, str]:
    """What the command prints, and what it says meanwhile."""
    page, log = io.StringIO(), io.StringIO()
    out, err = (Console(file=file, width=120) for file in (page, log))
    critique_here(run, out, err, config=None, overrides=overrides, resume="stepmint again")
    return page.getvalue(), log.getvalue()


def test_it_says_what_could_be_read_what_it_cost_and_how_it_agrees(tmp_path: Path) -> None:
    run = sums_run(tmp_path / "run", count=6)
    page, log = told(run, *SCRIPTED, "policy.babble=0.3")
    assert "24 critiques of 12 solutions" in page
    assert "not read: neither verdicts nor an index in a box" in page
    assert "labelled solutions have most of their critiques agree" in page
    assert "--format critique --set critiques=critic" in page
    assert "24 critiques sampled" in log
    shown = io.StringIO()
    show_run(RunFolder(run), Console(file=shown, width=120))
    assert "24 critiques of 12 solutions" in shown.getvalue()
    _, again = told(run, *SCRIPTED, "policy.babble=0.3")
    assert "0 critiques sampled" in again


def test_a_budget_that_is_over_is_told_with_the_command_that_goes_on(tmp_path: Path) -> None:
    run = sums_run(tmp_path / "run", count=6)
    page, _ = told(run, *SCRIPTED, "budget.rollouts=5")
    assert "budget reached: 4 of 5 rollouts" in page
    assert "Go on with: stepmint again" in page


def test_a_critic_of_which_nothing_can_be_read_is_a_warning(tmp_path: Path) -> None:
    page, _ = told(sums_run(tmp_path / "run", count=6), *SCRIPTED, "policy.babble=1")
    assert "not one of the 24 critiques could be read" in page


def test_ctrl_c_keeps_what_came_back_and_says_how_to_resume(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = sums_run(tmp_path / "run", count=6)
    stopping = threading.Event()

    def write(prompt: str, seed: int) -> str:
        if not stopping.is_set() and len(critic.asked) > 3:
            stopping.set()
            os.kill(os.getpid(), signal.SIGINT)
        return of_sums(prompt, seed)

    critic = WritingCritic(write)
    complete = critic.complete

    async def slowly(request: CompletionRequest) -> tuple[Completion, ...]:
        if len(critic.asked) > 3:  # those asked before any replied would else all be written
            await asyncio.sleep(60)
        return await complete(request)

    monkeypatch.setattr(critic, "complete", slowly)
    open_instead(monkeypatch, critic)
    with pytest.raises(Interrupted):
        told(run, *SCRIPTED)
    assert RunFolder(run).critique_set("critic").record()["status"] == "interrupted"
    had = critic.written
    monkeypatch.setattr(critic, "complete", complete)
    page, _ = told(run, *SCRIPTED)
    assert "24 critiques of 12 solutions" in page
    assert had < critic.written == 24


def test_a_mistake_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    run = sums_run(tmp_path / "run", count=6)
    with pytest.raises(ConfigError, match=r"smaples: unknown; did you mean samples\?"):
        told(run, *SCRIPTED, "smaples=3")
    with pytest.raises(ConfigError, match=r"policy: missing"):
        told(run)
    assert not (run / "critiques").exists()


@pytest.mark.parametrize(
    "path", sorted(CONFIGS.glob("critiques/*.yaml")), ids=lambda path: path.stem
)
def test_the_ready_configurations_can_be_read(path: Path) -> None:
    settings = load_critique(path, ["samples=3"])
    assert settings.samples == 3
    assert settings.shaping()["prompt"].startswith("critique@")
