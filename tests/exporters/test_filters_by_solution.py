"""Filters that look at one solution, and those that set how many of a kind there are."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from exporters import TrlExporter
from exporters.filters.balance import capped
from exporters.runs import ExportReport, export_run
from schemas import LabelledSolution, Outcome, Problem
from schemas.rows import ProblemRow
from schemas.run_folder import RunFolder
from tests.exporters.test_filters import export
from tests.exporters.test_runs import rows_of
from tests.runs import evidence, problem, solution, write_shard

GOOD, DEAD = evidence(3, 5), evidence(0, 8)


def numbered(count: int) -> list[Problem]:
    return [problem(f"What is {number} + 1?", str(number + 1)) for number in range(count)]


def made(of: Problem, error: int | None, *, steps: int = 3, index: int = 0) -> LabelledSolution:
    """A solution whose first error is at a step, or nowhere."""
    values = [DEAD if error is not None and step >= error else GOOD for step in range(steps)]
    texts = [f"step {step} of {index}\n" for step in range(steps)]
    return solution(of, texts, values, index=index)


def run_of(
    folder: Path, solutions: Sequence[LabelledSolution], problems: Sequence[Problem]
) -> Path:
    rows = [ProblemRow(problem=one, set_aside="") for one in problems]
    write_shard(folder, 0, problems=rows, solutions=solutions)
    return folder


def with_errors(folder: Path, *errors: int | None) -> Path:
    """A run with a solution per problem, whose first errors are these."""
    problems = numbered(len(errors))
    pairs = zip(problems, errors, strict=True)
    return run_of(folder, [made(one, error) for one, error in pairs], problems)


def firsts(report: ExportReport) -> Counter[int]:
    """How many rows have their first error at each step; -1: none."""
    labels = [row["labels"] for row in rows_of(report)]
    return Counter(each.index(False) if False in each else -1 for each in labels)


def test_solutions_of_too_few_steps_or_too_many_are_taken_out(tmp_path: Path) -> None:
    problems = numbered(3)
    run = run_of(tmp_path, [made(p, None, steps=n) for n, p in enumerate(problems, 1)], problems)
    (count,) = export(run, {"kind": "num_steps", "at_least": 2, "at_most": 2}).filters
    assert count.taken == {"fewer than 2 steps": 1, "more than 2 steps": 1}


def test_problems_that_are_solved_too_often_or_too_rarely_are_taken_out(tmp_path: Path) -> None:
    run = with_errors(tmp_path, None, 1)  # 5 of 8 whole solutions are correct
    assert export(run, {"kind": "difficulty", "at_most": 0.7}).filters[0].taken == {}
    for bounds, reason in (
        ({"at_most": 0.6}, "solved more often than 0.6"),
        ({"at_least": 0.7}, "solved less often than 0.7"),
    ):
        with pytest.raises(Exception, match=reason):
            export(run, {"kind": "difficulty", **bounds})


@pytest.mark.parametrize(("unknown", "left"), [("keep", 2), ("take_out", 1)])
def test_a_problem_without_whole_solutions_stays_unless_it_is_asked_out(
    tmp_path: Path, unknown: str, left: int
) -> None:
    problems = numbered(2)
    known, unsampled = (made(one, None) for one in problems)
    run = run_of(tmp_path, [known, replace(unsampled, root=evidence(0, 0))], problems)
    settings = {"kind": "difficulty", "at_least": 0.1, "unknown": unknown}
    assert export(run, settings).filters[0].left == left


def test_a_labeler_that_is_not_sure_enough_is_not_believed(tmp_path: Path) -> None:
    problems = numbered(4)
    sure, unsure, clean, silent = (
        made(one, error) for one, error in zip(problems, (1, 1, None, 1), strict=True)
    )
    run = run_of(
        tmp_path,
        [
            replace(sure, posterior=(0.05, 0.9, 0.05, 0.0)),
            replace(unsure, posterior=(0.4, 0.5, 0.1, 0.0)),
            replace(clean, posterior=(0.0, 0.0, 0.1, 0.9)),
            silent,
        ],
        problems,
    )
    settings = {"kind": "confidence", "at_least": 0.8}
    assert export(run, settings).filters[0].taken == {"less sure than 0.8": 1, "no posterior": 1}
    kept = export(run, settings | {"unknown": "keep"}).filters[0]
    assert kept.taken == {"less sure than 0.8": 1}


def test_rows_go_by_where_their_first_error_stands_and_rows_without_one_stay(
    tmp_path: Path,
) -> None:
    run = with_errors(tmp_path, None, 0, 1, 2)
    report = export(run, {"kind": "first_error", "earliest": 1, "latest": 1})
    assert firsts(report) == {-1: 1, 1: 1}


def test_no_position_of_the_first_error_has_more_than_its_share(tmp_path: Path) -> None:
    run = with_errors(tmp_path, *[0] * 20, *[1] * 3, *[2] * 3, None)
    report = export(run, {"kind": "first_error", "share": 0.4})
    assert firsts(report) == {0: 4, 1: 3, 2: 3, -1: 1}
    assert report.filters[0].taken == {"more rows with the first error at step 0": 16}


@pytest.mark.parametrize(
    ("counts", "share", "left"),
    [
        ({0: 20, 1: 3, 2: 3}, 0.4, {0: 4, 1: 3, 2: 3}),
        ({0: 20, 1: 20}, 0.5, {0: 20, 1: 20}),
        ({0: 20, 1: 4}, 0.3, {0: 4, 1: 4}),
        ({0: 7}, 0.5, {0: 7}),
        ({}, 0.5, {}),
    ],
)
def test_as_much_stays_as_the_share_allows(
    counts: dict[int, int], share: float, left: dict[int, int]
) -> None:
    assert capped(Counter(counts), share) == left


@pytest.mark.parametrize(
    ("cap", "left"),
    [
        ({"without_error": 0.5}, {-1: 5, 0: 2, 1: 3}),
        ({"with_error": 0.2}, {-1: 15, 0: 0, 1: 3}),
        ({"without_error": 0.9}, {-1: 15, 0: 2, 1: 3}),
    ],
)
def test_a_share_of_rows_is_capped_and_the_others_all_stay(
    tmp_path: Path, cap: dict[str, float], left: dict[int, int]
) -> None:
    run = with_errors(tmp_path, *[None] * 15, 0, 0, 1, 1, 1)
    found = firsts(export(run, {"kind": "balance", **cap}))
    assert found[-1] == left[-1]
    assert found[0] + found[1] == left[0] + left[1]


def test_the_share_of_right_steps_is_capped_as_far_as_clean_rows_can_do_it(tmp_path: Path) -> None:
    run = with_errors(tmp_path, *[None] * 10, 0, 0, 0, 0, 1)  # beside the clean: 1 right, 5 wrong
    report = export(run, {"kind": "balance", "right_steps": 0.6})
    assert firsts(report)[-1] == 2  # 7 right of 12; a third would make it 10 of 15
    assert (report.right_steps, report.wrong_steps) == (7, 5)
    report = export(run, {"kind": "balance", "right_steps": 0.1})
    assert firsts(report)[-1] == 0


def test_a_balance_caps_one_thing() -> None:
    for caps in ({}, {"with_error": 0.5, "without_error": 0.5}):
        with pytest.raises(ValidationError, match="give one of"):
            TrlExporter(filters=({"kind": "balance", **caps},))


def test_a_problem_has_so_many_rows_at_most_with_an_error_and_without_in_turns(
    tmp_path: Path,
) -> None:
    problems = numbered(2)
    solutions = [
        made(one, error, index=index)
        for one in problems
        for index, error in enumerate([None, None, None, None, 1])
    ]
    report = export(run_of(tmp_path, solutions, problems), {"kind": "per_problem", "at_most": 2})
    by_problem: dict[str, list[Any]] = {}
    for row in rows_of(report):
        by_problem.setdefault(row["problem_id"], []).append(row["labels"])
    assert [sorted(map(all, rows)) for rows in by_problem.values()] == [[False, True]] * 2
    assert report.filters[0].taken == {"the problem has 2 rows": 6}


def test_what_goes_does_not_depend_on_what_else_is_in_the_run(tmp_path: Path) -> None:
    problems = numbered(3)
    solutions = [made(one, None, index=index) for one in problems for index in range(4)]
    whole = run_of(tmp_path / "whole", solutions, problems)
    part = run_of(tmp_path / "part", solutions[4:8], problems[1:2])
    settings = {"kind": "per_problem", "at_most": 2}

    def kept(run: Path) -> set[int]:
        rows = rows_of(export_run(RunFolder(run), TrlExporter(filters=(settings,))))
        return {row["solution_index"] for row in rows if row["problem_id"] == problems[1].id}

    assert kept(whole) == kept(part)
    assert len(kept(part)) == 2


def test_solutions_whose_answer_was_not_judged_are_taken_out(tmp_path: Path) -> None:
    problems = numbered(1)
    outcomes = [Outcome.CORRECT, Outcome.INCORRECT, *(Outcome.NO_ANSWER, Outcome.TRUNCATED)]
    solutions = [
        replace(made(problems[0], None, index=index), outcome=outcome)
        for index, outcome in enumerate(outcomes)
    ]
    run = run_of(tmp_path, solutions, problems)
    (count,) = export(run, {"kind": "answered"}).filters
    assert (count.left, count.taken) == (2, {"its answer was not judged": 2})
