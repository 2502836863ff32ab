"""`stepmint show` in the terminal."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from exporters import TrlExporter
from exporters.runs import export_run
from reports.show import find_problem, show_problem, show_run
from schemas import Evidence, Finding, RunError, StepCheck, StepReading, StopRule
from schemas.rows import ProblemRow
from schemas.run_folder import RunFolder
from schemas.views import Hard, Soft
from tests.runs import evidence, problem, solution, sums_run, write_shard

EVIL = "[red]x[/red] \x1b[2J\x1b]0;title\x07 \u202e"


def printed(show: Callable[..., Any], *, width: int = 100, encoding: str = "utf-8") -> str:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding)
    show(Console(file=file, width=width))
    file.flush()
    return raw.getvalue().decode(encoding)


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    one = problem("How far?", "12")
    values = [
        evidence(5, 3),
        Evidence(correct=1, incorrect=2, truncated=1, stop_rule=StopRule.FIRST_SUCCESS),
        evidence(0, 7, undecided=1),
        evidence(0, 0, truncated=8),
        Evidence(incorrect=1, stop_rule=StopRule.TERMINAL),
    ]
    steps = ["first step\n", "second step\n", "third step\n", EVIL, "#### 13"]
    made = solution(one, steps, values, index=4, posterior=(0.01, 0.02, 0.9, 0.03, 0.03, 0.01))
    silent = StepCheck(finding=Finding.SILENT)
    false = StepCheck(finding=Finding.REFUTED, equation="2+2=5", reason="2+2 is 4, not 5")
    read = [
        StepReading(regret=0.25 * step, net_information=-step, echo_of=9, echo=step)
        for step in range(4)
    ]
    made = replace(
        made, checks=(silent, silent, false, silent, silent), readings=(*read, StepReading())
    )
    right = solution(one, ["short\n"], [evidence(8, 0)], index=6)
    write_shard(
        tmp_path / "demo", 0, problems=[ProblemRow(problem=one, set_aside="")],
        solutions=[made, right],
    )  # fmt: skip
    return RunFolder(tmp_path / "demo")


def test_the_first_error_is_pointed_at_with_its_counts(run: RunFolder) -> None:
    page = printed(lambda console: show_problem(run, "0", console))
    line = next(line for line in page.splitlines() if "third step" in line)
    assert "▶" in line
    assert "✗" in line
    assert "0/7" in line
    assert "90%" in line
    assert "first error in step 3 (first_error = 2)" in page


def test_what_was_read_off_a_step_stands_beside_its_rollouts(run: RunFolder) -> None:
    page = printed(lambda console: show_problem(run, "0", console))
    for words in ("refuted: 2+2 is 4", "regret 0.5", "information -2", "echo 2/9"):
        assert words in page


def test_truncated_and_undecided_stand_apart_from_the_counts(run: RunFolder) -> None:
    page = printed(lambda console: show_problem(run, "0", console))
    for words in ("1/3", "1 truncated", "to first success", "1 undecided", "none decided"):
        assert words in page


def test_gold_question_and_the_rate_at_the_root_are_there(run: RunFolder) -> None:
    page = printed(lambda console: show_problem(run, "0", console))
    for words in ("How far?", "12", "5/8", "no error found"):
        assert words in page


@pytest.mark.parametrize("width", [40, 60, 100])
def test_model_text_can_neither_move_the_cursor_nor_style_itself(
    run: RunFolder, width: int
) -> None:
    page = printed(lambda console: show_problem(run, "0", console), width=width)
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert "[red]x[/red]" in page


@pytest.mark.parametrize("width", [24, 40, 60, 80, 200])
def test_no_line_is_wider_than_the_terminal(run: RunFolder, width: int) -> None:
    pages = printed(lambda console: show_problem(run, "0", console), width=width)
    pages += printed(lambda console: show_run(run, console), width=width)
    assert max(map(len, pages.splitlines())) <= width


def test_a_narrow_terminal_loses_no_figure(run: RunFolder) -> None:
    page = printed(lambda console: show_problem(run, "0", console), width=50)
    for words in ("0/7", "1 undecided", "5/8", "90%"):
        assert words in page


def test_a_terminal_that_knows_only_ascii_gets_ascii(run: RunFolder) -> None:
    page = printed(lambda console: show_problem(run, "0", console), encoding="ascii")
    assert "> " in page
    assert "0/7" in page


def test_one_solution_can_be_asked_for(run: RunFolder) -> None:
    page = printed(lambda console: show_problem(run, "0", console, solution=6))
    assert "Solution 6" in page
    assert "Solution 4" not in page
    with pytest.raises(RunError, match=r"no solution 5; it has: 4, 6"):
        show_problem(run, "0", Console(file=io.StringIO()), solution=5)


def test_labels_are_shown_as_another_view_reads_them(run: RunFolder) -> None:
    page = printed(lambda console: show_problem(run, "0", console, solution=6, view=Soft()))
    assert "1.00" in page
    dropped = printed(
        lambda console: show_problem(run, "0", console, view=Hard(after_error="drop"))
    )
    assert "·" in dropped


def test_a_problem_is_found_by_id_start_of_id_and_position(run: RunFolder) -> None:
    row = next(run.problems())
    assert find_problem(run, row.problem.id) == row
    assert find_problem(run, "tes") == row
    assert find_problem(run, "0") == row


def test_an_unknown_or_ambiguous_problem_is_answered_with_what_would_do(tmp_path: Path) -> None:
    run = RunFolder(sums_run(tmp_path / "sums"))
    with pytest.raises(RunError, match=r"42 problems start with 'tests'"):
        find_problem(run, "tests")
    with pytest.raises(RunError, match="a position from 0 to 41"):
        find_problem(run, "gsm8k")


def test_the_overview_counts_what_the_tables_hold(tmp_path: Path) -> None:
    run = RunFolder(sums_run(tmp_path / "sums"))
    page = printed(lambda console: show_run(run, console, limit=5))
    for words in ("42", "80", "240", "2 set aside", "screen: 8 of 8 correct", "37 more"):
        assert words in page


def test_a_given_solution_shows_its_id_and_no_pass_rate_that_nobody_measured(
    tmp_path: Path,
) -> None:
    one = problem()
    made = replace(
        solution(one, ["a\n", "b"], [evidence(1, 0), evidence(0, 1)]),
        given_id="gsm8k-[7]",
        root=Evidence(),
    )
    rows = [ProblemRow(problem=one, set_aside="")]
    write_shard(tmp_path / "given", 0, problems=rows, solutions=[made])
    folder = RunFolder(tmp_path / "given")
    page = printed(lambda console: show_problem(folder, "0", console))
    assert "given as gsm8k-[7]" in page
    assert "pass rate" not in page
    overview = printed(lambda console: show_run(folder, console))
    assert "1 given" in overview
    assert "not sampled" in overview


def test_the_overview_says_which_rows_of_the_source_are_no_problems(tmp_path: Path) -> None:
    run = RunFolder(sums_run(tmp_path / "sums"))
    rejected = {"needs its column table": 31, "empty gold": 2}
    run.run_json.write_text(json.dumps(run.record() | {"source": {"rejected": rejected}}))
    page = printed(lambda console: show_run(run, console))
    for words in ("33 rows rejected", "31  needs its column table", "2  empty gold"):
        assert words in page


def test_the_exports_of_a_run_are_listed_with_what_filters_took_out(tmp_path: Path) -> None:
    run = RunFolder(sums_run(tmp_path / "sums"))
    filters = ({"kind": "first_error", "earliest": 1}, {"kind": "per_problem", "at_most": 1})
    report = export_run(run, TrlExporter(filters=filters))
    first, second = report.filters
    text = printed(lambda console: show_run(run, console))
    assert "trl-hard" in text
    assert f"{report.rows['train']} train" in text
    assert f"filter first_error {first.seen - first.left} of {first.seen}: its first error" in text
    assert f"filter per_problem {second.seen - second.left} of {second.seen}" in text


def test_an_export_whose_record_is_damaged_is_called_so(tmp_path: Path) -> None:
    run = RunFolder(sums_run(tmp_path / "sums"))
    (run.export("evil\x1b[2J")).mkdir(parents=True)
    (run.export("evil\x1b[2J") / "export.json").write_text("{}")
    text = printed(lambda console: show_run(run, console))
    assert "export.json is damaged" in text
    assert "\x1b" not in text
