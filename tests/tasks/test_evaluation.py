"""A model is measured on runs and on sets of others, against the best truth that there is."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import prm.grading
from schemas import Problem, SourceError
from schemas.rows import ProblemRow
from schemas.run_folder import RunFolder
from sources.synthetic import SyntheticSource, first_error
from tasks.evaluation import Evaluation, evaluate
from tests.runs import evidence, solution, sums_run, write_shard

MARK = "hm"


class Reader:
    """A grader that finds a wrong step by a mark in it."""

    def grade(self, solutions: Any) -> Any:
        for _, steps in solutions:
            yield tuple(0.1 if MARK in step else 0.9 for step in steps)


class Blind:
    """A grader whose context holds one step."""

    def grade(self, solutions: Any) -> Any:
        for _ in solutions:
            yield (0.9,)


@pytest.fixture(autouse=True)
def _reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prm.grading, "load_grader", lambda *_, **__: Reader())


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return sums_run(tmp_path / "sums", count=20, telltale=f" {MARK}")


def only(*on: object, **options: Any) -> Evaluation:
    (found,) = evaluate("a-model", [str(one) for one in on], **options)
    return found


def test_a_model_that_reads_marks_finds_every_error(run: Path) -> None:
    found = only(run)
    assert found.truth == ("own labels",)
    assert found.erroneous > 5
    assert found.half is not None
    assert found.half.f1 == 1
    assert found.calibration is not None
    assert found.calibration.auroc == 1
    assert found.unread == 0


def test_best_of_n_is_taken_over_the_problems_judged_solutions(run: Path) -> None:
    found = only(run)
    assert found.problems == 20
    assert 0 < found.open_problems <= 20
    assert found.chosen["best of N, min"].share == found.chosen["pass"].share
    assert found.chosen["mean"].share < found.chosen["pass"].share


def test_marks_of_people_go_before_the_runs_own_labels(run: Path, tmp_path: Path) -> None:
    rows = list(RunFolder(run).solutions())[:4]
    marks = tmp_path / "marks.jsonl"
    marks.write_text(
        "".join(
            json.dumps(
                {
                    "problem_id": row.problem.id,
                    "solution_index": row.solution.solution_index,
                    "first_error": 0,
                }
            )
            + "\n"
            for row in rows
        )
    )
    found = only(run, known=str(marks))
    assert found.truth == ("marks",)
    assert found.solutions == found.erroneous == 4


def test_problems_with_a_step_oracle_are_judged_by_it(tmp_path: Path) -> None:
    one = SyntheticSource(seed=1, count=1).problem(0)
    steps = ["2 + 2 = 5\n", f"#### {one.answer}"]
    labelled = solution(one, steps, [evidence(3, 0), evidence(3, 0)])
    write_shard(
        tmp_path / "run", 0, problems=[ProblemRow(problem=one, set_aside="")], solutions=[labelled]
    )
    found = only(tmp_path / "run")
    assert labelled.first_error == -1
    assert found.truth == ("oracle",)
    assert found.erroneous == (first_error(one, steps) >= 0)


def test_a_labelled_set_of_others_is_measured_as_it_is(tmp_path: Path) -> None:
    rows = [
        {"id": "a", "problem": "1 + 1?", "steps": ["1 + 1 = 2", f"so 3 {MARK}"], "label": 1},
        {"id": "b", "problem": "2 + 2?", "steps": ["2 + 2 = 4", "so 4"], "label": -1},
    ]
    told = [row | {"generator": "x", "final_answer_correct": row["label"] < 0} for row in rows]  # type: ignore[operator]
    (tmp_path / "set.json").write_text(json.dumps(told))
    found = only(f"processbench:{tmp_path / 'set.json'}")
    assert found.truth == ("stated",)
    assert (found.solutions, found.erroneous) == (2, 1)
    assert found.half is not None
    assert found.half.f1 == 1


def test_the_threshold_may_be_tuned_elsewhere(run: Path, tmp_path: Path) -> None:
    other = sums_run(tmp_path / "other", count=20, seed=3, telltale=f" {MARK}")
    found = only(run, tune_on=str(other))
    assert found.tuned is not None
    assert 0.1 < found.tuned.threshold < 0.9
    assert found.tuned_on == str(other)


def test_what_a_model_had_no_room_for_is_counted(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prm.grading, "load_grader", lambda *_, **__: Blind())
    found = only(run)
    assert found.unread > 0
    assert found.half is not None
    assert found.half.erroneous == 0


def test_only_the_first_so_many_are_read(run: Path) -> None:
    assert len(only(run, limit=7).graded) == 7


def test_equal_wrong_answers_vote_together_however_they_are_spaced(tmp_path: Path) -> None:
    one = Problem(id="p", source="t", question="?", answer="8")
    right = solution(one, ["8"], [evidence(1, 0)])
    wrong = [
        solution(one, [text], [evidence(0, 1)], index=index)
        for index, text in enumerate(["x = 7", "X=7"], start=1)
    ]
    write_shard(
        tmp_path / "run",
        0,
        problems=[ProblemRow(problem=one, set_aside="")],
        solutions=[right, *(replace(each, solution_index=n) for n, each in enumerate(wrong, 1))],
    )
    assert only(tmp_path / "run").chosen["majority"].share == 0


def test_of_a_run_without_solutions_nothing_is_said(tmp_path: Path) -> None:
    one = Problem(id="p", source="t", question="?", answer="8")
    write_shard(
        tmp_path / "run", 0, problems=[ProblemRow(problem=one, set_aside="screen")], solutions=[]
    )
    found = only(tmp_path / "run")
    assert (found.solutions, found.half, found.calibration, found.chosen) == (0, None, None, {})


def test_what_is_neither_run_nor_set_is_named_before_a_model_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prm.grading, "load_grader", lambda *_, **__: pytest.fail("was loaded"))
    with pytest.raises(SourceError, match="nowhere"):
        only(tmp_path / "nowhere")
