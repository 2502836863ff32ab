"""Runs that label solutions which exist: every labeler, real verifier, analytic policy."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from labelers import AnyLabeler
from labelers.posterior.counting import observed
from schemas import Evidence, Outcome, StopRule
from schemas.arrow import read_table
from schemas.conversion import problems_from, rollouts_from
from schemas.rows import SolutionRow
from schemas.run_folder import RunFolder
from tasks.commits import committed
from tasks.run_file import check
from tasks.settings import LabelRun
from tests.registries import kinds, members
from tests.sources.samples import jsonl
from tests.tasks.test_shards import label_all
from tests.toy_runs import settings

RIGHT = "3 + 5 = 8\n8 + 9 = 17\n#### 17"
WRONG = ["3 + 5 = 8", "8 + 9 = 18", "#### 18"]
SUM = {"question": "Add up: 3, 5, 9.", "answer": "17"}
ROWS: list[dict[str, Any]] = [
    {**SUM, "id": "r", "response": RIGHT},
    {**SUM, "id": "w", "steps": WRONG},
    {"question": "Add up: 1, 2.", "answer": "3", "id": "o", "steps": ["1 + 2 = 4\n", "#### 4"]},
]


def given_run(folder: Path, labeler: str = "math_shepherd", **changes: Any) -> LabelRun:
    values = settings(folder, problems=1, labeler={"kind": labeler})
    # The file holds both layouts: a text under `response`, a list under `steps`.
    rows = [{"steps": [row["response"]], **row} if "response" in row else row for row in ROWS]
    path = jsonl(folder / "given.jsonl", rows)
    values["solutions"] = {"kind": "file", "path": str(path), "separator": "\n"}
    del values["source"]
    return LabelRun.model_validate(values | changes)


def labelled(run: LabelRun) -> dict[str | None, SolutionRow]:
    label_all(run)
    return {row.solution.given_id: row for row in RunFolder(run.folder).solutions()}


TAKE_GIVEN = [
    kind
    for kind, one in zip(kinds(AnyLabeler), members(AnyLabeler), strict=True)
    if not one.cannot_label_given
]


@pytest.mark.parametrize("labeler", TAKE_GIVEN)
def test_every_labeler_labels_given_solutions(tmp_path: Path, labeler: str) -> None:
    found = labelled(given_run(tmp_path, labeler))
    assert found.keys() == {"r", "w", "o"}
    assert found["w"].solution.steps == ("3 + 5 = 8\n", "8 + 9 = 18\n", "#### 18")
    assert (found["r"].solution.outcome, found["w"].solution.outcome) == (
        Outcome.CORRECT,
        Outcome.INCORRECT,
    )
    assert found["r"].problem.id == found["w"].problem.id != found["o"].problem.id
    assert [found[id].solution.solution_index for id in ("r", "w", "o")] == [0, 1, 0]


def test_the_first_error_of_a_given_solution_is_found(tmp_path: Path) -> None:
    policy = {"kind": "scripted", "error": 0.05, "recovery": 0.0}
    found = labelled(given_run(tmp_path, "double_search", policy=policy))
    assert found["w"].solution.first_error == 1
    assert found["r"].solution.first_error == -1


def test_given_solutions_are_no_rollouts_and_are_not_charged(tmp_path: Path) -> None:
    run = given_run(tmp_path, "outcome")
    found = labelled(run)
    assert len(found) == 3
    record = committed(run.folder, 0)
    assert record is not None
    assert record.counts.rollouts == record.counts.completion_tokens == record.paid.tokens == 0
    assert record.counts.nodes == 0
    assert found["r"].solution.root == Evidence(stop_rule=StopRule.NOT_SAMPLED)
    folder = RunFolder(run.folder)
    assert not list(
        rollouts_from(read_table(folder.file("rollouts", folder.shards[0]), "rollouts"))
    )


def test_rollouts_beside_given_solutions_are_those_of_the_policy_alone(tmp_path: Path) -> None:
    run = given_run(tmp_path, "double_search")
    found = labelled(run)
    folder = RunFolder(run.folder)
    rows = list(rollouts_from(read_table(folder.file("rollouts", folder.shards[0]), "rollouts")))
    assert rows
    assert all(one.sample_index >= 0 and one.completion.completion_tokens for one in rows)
    roots = [one for one in rows if not one.prefix.steps]
    assert len(roots) == 2 * run.labeler.roots
    assert found["r"].solution.root.total == run.labeler.roots


def test_what_was_given_is_kept_with_the_problems(tmp_path: Path) -> None:
    run = given_run(tmp_path, "outcome")
    label_all(run)
    folder = RunFolder(run.folder)
    rows = problems_from(read_table(folder.file("problems", folder.shards[0]), "problems"))
    assert [[one.id for one in row.problem.given] for row in rows] == [["r", "w"], ["o"]]


def test_a_text_is_cut_by_the_runs_splitter(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "texts.jsonl", [ROWS[0]])
    run = given_run(tmp_path, "outcome", solutions={"kind": "file", "path": str(path)})
    (row,) = labelled(run).values()
    assert row.solution.steps == tuple(RIGHT.splitlines(keepends=True))


def test_golds_can_come_from_the_runs_source(tmp_path: Path) -> None:
    golds = jsonl(tmp_path / "golds.jsonl", [SUM])
    source = {"kind": "file", "path": str(golds), "name": "sums"}
    run = given_run(tmp_path, "outcome", source=source)
    found = labelled(run)
    assert found.keys() == {"r", "w"}
    assert found["r"].problem.source == "sums"
    (bad,) = map(json.loads, RunFolder(run.folder).rejected.read_text().splitlines())
    assert bad["reason"].startswith("no such problem")


def test_a_labeler_that_chooses_its_solutions_is_refused_with_another(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="use double_search"):
        given_run(tmp_path, "omega_prm")


def test_a_run_without_source_and_solutions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="name where problems come from"):
        given_run(tmp_path, solutions=None)


def test_problems_are_chosen_in_one_place(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match=r"solutions\.limit chooses among problems"):
        given_run(
            tmp_path,
            source={"kind": "synthetic", "seed": 1, "count": 2},
            solutions={"kind": "file", "path": "given.jsonl", "limit": 3},
        )


def test_runs_without_given_solutions_keep_their_digest(tmp_path: Path) -> None:
    assert "solutions" not in LabelRun.model_validate(settings(tmp_path)).shaping()


def test_a_given_solution_is_not_among_the_roots_that_calibration_counts(tmp_path: Path) -> None:
    found = labelled(given_run(tmp_path, "double_search"))
    solution = found["w"].solution
    seen = observed(solution, {})
    assert (seen.correct[0], seen.failed[0]) == (
        solution.root.correct,
        solution.root.decided - solution.root.correct,
    )


def test_any_form_of_answer_may_be_read_where_others_wrote_them(tmp_path: Path) -> None:
    run = given_run(tmp_path, verification={})
    check(run)
    assert run.verification.answer_format.kind == "auto"
    sampled = LabelRun.model_validate(settings(tmp_path, verification={}))
    assert sampled.verification.answer_format.kind == "hash", "as the prompt asks"
