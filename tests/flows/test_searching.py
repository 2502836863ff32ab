"""`stepmint search`: what it says, and the configurations that are ready for it."""

import io
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from rich.console import Console

from flows.config import CONFIGS, find_config
from flows.searching import load_search, search_here
from schemas import ConfigError
from tests.tasks.searches import Adder, settings


def told(folder: Path, monkeypatch: pytest.MonkeyPatch, *overrides: str) -> tuple[str, str]:
    """What the command prints, and what it says meanwhile."""
    loaded = SimpleNamespace(load_grader=lambda *_, **__: Adder())
    monkeypatch.setitem(sys.modules, "prm.grading", loaded)
    config = folder / "toy.yaml"
    config.write_text(yaml.safe_dump(settings(folder)))
    page, log = io.StringIO(), io.StringIO()
    out, err = (Console(file=file, width=100) for file in (page, log))
    search_here(load_search(config, overrides), out, err, resume="stepmint again")
    return page.getvalue(), log.getvalue()


def test_it_prints_accuracy_tokens_equal_tokens_and_fifths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, log = told(tmp_path, monkeypatch)
    assert "6 problems; " in page
    assert "% of problems right [95%]" in page
    for name in ("best_of_n", "beam", "lookahead", "puct", "prm_min_vote", "any", "tokens written"):
        assert name in page
    assert "% right at equal tokens" in page
    assert "best_of_n instead" in page
    assert "fifths of pass rate of the samples of best of N" in page
    assert "6 of 6 problems" in log
    _, again = told(tmp_path, monkeypatch)
    assert "0 samples" in again


def test_a_budget_that_is_over_is_told_with_the_command_that_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, _ = told(tmp_path, monkeypatch, "budget.rollouts=5")
    assert "of 5 rollouts" in page
    assert "Go on with: stepmint again" in page


@pytest.mark.parametrize(
    "path", sorted((CONFIGS / "searches").glob("*.yaml")), ids=lambda p: p.stem
)
def test_the_ready_configurations_can_be_read(path: Path) -> None:
    run = load_search(find_config(path.stem, folder=CONFIGS / "searches"))
    assert {one.called for one in run.searches} <= {"best_of_n", "beam", "lookahead", "puct"}
    assert run.pauses


def test_an_unknown_search_is_told_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'rstar'; give one of best_of_n, beam, lookahead, puct"):
        load_search(CONFIGS / "searches" / "demo.yaml", ["searches=[{kind: rstar}]"])
    with pytest.raises(ConfigError, match="prm: missing"):
        load_search(CONFIGS / "synthetic_scripted.yaml")
