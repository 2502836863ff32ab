"""First errors that are known, from people or an oracle."""

import json
from pathlib import Path

import pytest

from schemas import ConfigError, RunError
from schemas.marks import Mark, steps_key
from schemas.rows import ProblemRow
from schemas.run_folder import RunFolder
from sources.synthetic import SyntheticSource
from tasks.known_errors import known_errors
from tests.runs import evidence, solution, sums_run, write_shard


def test_the_oracle_knows_those_of_synthetic_problems(tmp_path: Path) -> None:
    problem = SyntheticSource(seed=1).problem(0)
    assert problem.solution is not None
    steps = [f"{line}\n" for line in problem.solution.splitlines()]
    wrong = [*steps[:-1], "#### 99999"]
    values = [evidence(1, 1)] * len(steps)
    made = [solution(problem, told, values, index=n) for n, told in enumerate((steps, wrong))]
    write_shard(tmp_path, 0, problems=[ProblemRow(problem=problem, set_aside="")], solutions=made)
    errors = known_errors(RunFolder(tmp_path), "oracle").errors
    assert errors == {(problem.id, 0): -1, (problem.id, 1): len(steps) - 1}


def test_marks_are_read_from_a_file(tmp_path: Path) -> None:
    run = RunFolder(sums_run(tmp_path / "run", count=4, shards=1))
    problem = next(run.problems()).problem
    marks = tmp_path / "marks.jsonl"
    mark = {"problem_id": problem.id, "solution_index": 1, "first_error": 2, "who": "Mia"}
    marks.write_text(json.dumps(mark) + "\n\n")
    assert known_errors(run, str(marks)).errors == {(problem.id, 1): 2}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"problem_id": "p"}', r"line 1: .* is no mark: give problem_id"),
        ('\n{"problem_id": "p", "solution_index": 0, "first_error": "2"}', "line 2"),
        ("no JSON", "line 1"),
        ('{"problem_id": "p", "solution_index": 0, "first_error": -2}', "line 1"),
        ("[" * 100_000, "line 1"),
    ],
)
def test_a_line_that_is_no_mark_is_named(tmp_path: Path, text: str, told: str) -> None:
    run = RunFolder(sums_run(tmp_path / "run", count=4, shards=1))
    marks = tmp_path / "marks.jsonl"
    marks.write_text(text)
    with pytest.raises(ConfigError, match=told):
        known_errors(run, str(marks))


def test_what_cannot_serve_is_refused_with_what_to_give(tmp_path: Path) -> None:
    run = RunFolder(sums_run(tmp_path / "run", count=4, shards=1))
    with pytest.raises(RunError, match=r"no problem with a step oracle: give a JSONL file"):
        known_errors(run, "oracle")
    with pytest.raises(ConfigError, match=r"--known none\.jsonl cannot be read"):
        known_errors(run, "none.jsonl")
    strange = tmp_path / "marks.jsonl"
    strange.write_text('{"problem_id": "p", "solution_index": 0, "first_error": 1}\n')
    with pytest.raises(RunError, match="none of the marks in"):
        known_errors(run, str(strange))


def test_solutions_on_which_persons_differ_are_left_out_and_counted(tmp_path: Path) -> None:
    run = RunFolder(sums_run(tmp_path / "run", count=4, shards=1))
    first, second = (row.problem.id for row in list(run.problems())[:2])
    marks = tmp_path / "marks.jsonl"
    lines = [(first, 1), (first, 1), (first, 2), (second, 0)]
    told = [{"problem_id": one, "solution_index": 0, "first_error": error} for one, error in lines]
    marks.write_text("".join(f"{json.dumps(one)}\n" for one in told))
    known = known_errors(run, str(marks))
    assert known.errors == {(second, 0): 0}
    assert known.by == "the marks in marks.jsonl, without 1 solution on which persons differ"
    marks.write_text("".join(f"{json.dumps(one)}\n" for one in told[:3]))
    with pytest.raises(RunError, match=r"none of the marks in .*, without 1 solution on which"):
        known_errors(run, str(marks))


def test_marks_are_looked_for_in_the_shards_that_are_named(tmp_path: Path) -> None:
    run = RunFolder(sums_run(tmp_path / "run", count=4, shards=2))
    marks = tmp_path / "marks.jsonl"
    told = [
        {"problem_id": row.problem.id, "solution_index": 0, "first_error": 0}
        for row in run.problems()
    ]
    marks.write_text("".join(f"{json.dumps(one)}\n" for one in told))
    every = known_errors(run, str(marks)).errors
    parts = [known_errors(run, str(marks), shards=[one]).errors for one in run.shards]
    assert all(parts)
    assert {**parts[0], **parts[1]} == every


def test_marks_of_equal_texts_are_marks_of_each_of_them(tmp_path: Path) -> None:
    run = RunFolder(sums_run(tmp_path / "run", count=4, shards=1))
    row = next(row for row in run.solutions())
    marks = tmp_path / "marks.jsonl"
    told = [
        Mark(
            problem_id=row.solution.problem_id,
            solution_index=index,
            first_error=error,
            who=who,
            steps_key=steps_key(row.solution.steps),
        )
        for who, index, error in (("Ann", 0, 1), ("Cat", 9, 2))
    ]
    marks.write_text("".join(f"{one.model_dump_json()}\n" for one in told))
    with pytest.raises(RunError, match=r"without 1 solution on which persons differ"):
        known_errors(run, str(marks))
    marks.write_text(f"{told[1].model_dump_json()}\n")
    assert known_errors(run, str(marks)).errors == {
        (row.solution.problem_id, row.solution.solution_index): 2
    }
