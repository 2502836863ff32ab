"""A search becomes a run: its siblings make pairs by their grades, its candidates rows."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from exporters.preference import PreferenceExporter
from exporters.runs import export_run
from exporters.trl import StepmintExporter
from schemas import Outcome
from schemas.run_folder import RunFolder
from schemas.search_folder import SearchFolder
from schemas.views import StatedGrades
from tasks.importing import Import, import_set, source_of
from tests.tasks.searches import searched


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("search")
    searched(folder)
    return folder


@pytest.fixture(scope="module")
def run(folder: Path) -> RunFolder:
    report = import_set(
        Import(source=source_of(str(folder / "output" / "toy")), form=None), folder / "imported"
    )
    assert report.reading.form is not None
    assert report.reading.form.format == "search"
    return RunFolder(folder / "imported")


def table(folder: Path, name: Any) -> list[dict[str, Any]]:
    made = SearchFolder(folder / "output" / "toy")
    return [row for found in made.tables(name) for row in found.to_pylist()]


def exported(run: RunFolder, exporter: Any) -> list[dict[str, Any]]:
    found = export_run(run, exporter.model_copy(update={"validation_ratio": 0}))
    rows: list[dict[str, Any]] = pq.read_table(found.folder / "train.parquet").to_pylist()
    return rows


def test_every_candidate_is_a_solution_with_its_grades_and_its_verdict(
    folder: Path, run: RunFolder
) -> None:
    questions = {row["problem_id"]: row["question"] for row in table(folder, "search_problems")}
    wanted = {
        (questions[row["problem_id"]], tuple(row["steps"])): (tuple(row["grades"]), row["outcome"])
        for row in table(folder, "search_candidates")
    }
    found = {
        (row.problem.question, row.solution.steps): (
            tuple(one.label for one in row.solution.stated),
            row.solution.outcome.value,
        )
        for row in run.solutions()
    }
    assert wanted.items() <= found.items()
    gone = found.keys() - wanted.keys()
    assert gone  # what the search did not go on with
    assert {found[one][1] for one in gone} == {Outcome.UNDECIDED.value}


def test_siblings_of_different_grades_are_pairs_and_no_verdict_has_a_part_in_them(
    folder: Path, run: RunFolder
) -> None:
    exporter = PreferenceExporter(view=StatedGrades(after_error="keep"), select="best_worst")
    pairs = {
        (row["prompt"], row["chosen"].strip(), row["rejected"].strip())
        for row in exported(run, exporter)
    }
    questions = {row["problem_id"]: row["question"] for row in table(folder, "search_problems")}
    graded: dict[str, dict[str, float]] = {}
    for row in table(folder, "search_trace"):
        if row["step"]:
            prompt = f"{questions[row['problem_id']]}\n{''.join(row['prefix'])}"
            graded.setdefault(prompt, {})[row["step"].strip()] = row["grades"][-1]
    for prompt, chosen, rejected in pairs:
        if prompt in graded and {chosen, rejected} <= graded[prompt].keys():
            assert graded[prompt][chosen] > graded[prompt][rejected]
    wanted = {prompt for prompt, steps in graded.items() if len(set(steps.values())) > 1}
    assert wanted
    assert wanted <= {prompt for prompt, *_ in pairs}


def test_grades_are_soft_labels_of_steps(run: RunFolder) -> None:
    rows = exported(run, StepmintExporter(view=StatedGrades(after_error="keep")))
    assert {label for row in rows for label in row["labels"]} == {0.9, 0.2}
