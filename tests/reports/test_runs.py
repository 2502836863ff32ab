"""What an output folder holds, and what each folder in it is."""

import json
import os
import platform
from pathlib import Path
from typing import Any

import pytest

from reports.runs import show_runs
from reports.show import show_folder
from schemas import RunError
from tests.reports.test_show import EVIL, printed
from tests.runs import sums_run

SEARCH = {
    "status": "finished",
    "started": "2026-11-02T10:00:00+00:00",
    "figures": {
        "problems": 50,
        "costs": {"sampled": 790, "replayed": 10, "completion_tokens": 48_950},
    },
}
RECIPE = {
    "recipe": "active_selection",
    "status": "failed",
    "started": "2026-11-03T10:00:00+00:00",
    "error": f"no room {EVIL}\nand more",
    "prm": "model@0123 Trl",
    "counts": {"problems": 60, "selected_wrong": 139, "left_out": {f"shown [bold]{EVIL}": 2}},
    "rounds": [{"round": 1, "policy": "p", "solutions": 7}],
    "paid": {"rollouts": 3, "tokens": 12_000},
}
CRITIQUES = {
    "status": "finished",
    "counts": {"solutions": 40, "critiques": 160},
    "costs": {"completion_tokens": 5_000},
}


@pytest.fixture
def output(tmp_path: Path) -> Path:
    run = sums_run(tmp_path / "sums")
    record = {"status": "finished", "started": "2026-11-01T10:00:00+00:00", "counts": {}}
    written: dict[str, dict[str, Any]] = {
        "sums/run.json": record,
        "sums/critiques/critic/critiques.json": CRITIQUES,
        "found/search.json": SEARCH,
        "active/recipe.json": RECIPE,
        "strange/other.json": {},
    }
    for name, content in written.items():
        path = run.parent / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content))
    (tmp_path / "active" / "pool.parquet").touch()
    return tmp_path


@pytest.mark.parametrize("width", [110, 140])
def test_runs_critiques_searches_and_recipes_are_listed_as_they_began(
    output: Path, width: int
) -> None:
    page = printed(lambda console: show_runs(output, console), width=width)
    lines = page.splitlines()
    assert [line.partition("  ")[0] for line in lines[1:5]] == [
        "sums",
        "sums/critic (critiques)",
        "found (search)",
        "active (active_selection)",
    ]
    assert lines[3].split()[2:8] == ["finished", "50", "-", "-", "800", "49.0k"]
    assert lines[4].split()[2:8] == ["failed", "60", "-", "-", "3", "12.0k"]
    assert lines[5].startswith("active: no room")
    assert "and more" not in page
    assert "2026-11-02 10:00" in page
    assert "\x1b" not in page


def test_a_narrow_terminal_loses_no_figure(output: Path) -> None:
    page = printed(lambda console: show_runs(output, console), width=80)
    for figure in ("50", "800", "49.0k", "60", "12.0k", "160"):
        assert figure in page.split()


def test_a_folder_of_nothing_of_ours_is_told(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(RunError, match="holds no run, search or recipe"):
            show_runs(path, None)  # type: ignore[arg-type]


def test_a_recipe_is_shown_with_what_it_came_to_and_its_products(output: Path) -> None:
    page = printed(lambda console: show_folder(output / "active", console))
    assert page.startswith("recipe active_selection active  failed")
    for told in ("model@0123 Trl", "selected wrong", "139", "12.0k tokens", "pool.parquet"):
        assert told in page
    assert "[bold]" in page
    assert "\x1b" not in page


def test_a_search_and_a_run_are_shown_as_what_they_are(output: Path) -> None:
    page = printed(lambda console: show_folder(output / "found", console))
    assert page.strip().startswith("search found  finished")
    assert "sums  finished, 2 shards" in printed(
        lambda console: show_folder(output / "sums", console)
    )


def test_what_goes_on_by_its_record_and_whose_process_is_gone_was_stopped(output: Path) -> None:
    run = output / "sums"
    (run / "run.json").write_text(json.dumps({"status": "running"}))
    told = []
    for process in (os.getpid(), 2**22 + 1):
        (run / "lock").write_text(f"{process} on {platform.node()}")
        page = printed(lambda console: show_runs(output, console), width=140)
        told.append(page.partition("\nsums ")[2].split()[0])
        assert f"  {told[-1]}" in printed(lambda console: show_folder(run, console))
    assert told == ["running", "stopped"]
