"""What we export imports back as the same questions, steps and labels, in every format of steps."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from exporters import AnyExporter, Exporter
from exporters.runs import export_run
from schemas import LabelledSolution
from schemas.rows import ProblemRow
from schemas.run_folder import RunFolder
from schemas.views import Hard, Soft
from tests.registries import kinds, members
from tests.runs import evidence, problem, solution, write_shard
from tests.sources.stated.reading import Read

EVERY = dict(zip(kinds(AnyExporter, "format"), members(AnyExporter), strict=True))
STEPWISE = {
    # an export's format: the form it is read as, and what that form is told
    "trl": ("trl", {}),
    "stepmint": ("trl", {}),
    "rlhflow": ("rlhflow", {}),
    "qwen_prm": ("qwen_prm", {}),
    "math_shepherd": ("math_shepherd", {"numbers": "drop"}),
    "openrlhf": ("openrlhf", {"numbers": "drop"}),
    "openrlhf_soft": ("openrlhf", {"numbers": "drop"}),
    "openr": ("openr", {}),
    "paddlenlp": ("paddlenlp", {}),
    "prm800k": ("prm800k", {}),
    "actprm": ("actprm", {}),
    "fover": ("fover", {}),
    "skywork": ("skywork", {}),
    "counts": ("counts", {}),
}
_LABELS = {"labels", "label", "value", "error_labels", "soft_labels"}
STEPS = [["Step 1: six\n", "Step 2: nine"], ["Step 1: six\n", "Step 2: eight\n", "Step 3: 8"]]
COUNTS = [[evidence(3, 1), evidence(0, 4)], [evidence(3, 1), evidence(1, 3), evidence(4, 0)]]


def exported(folder: Path, exporter: Exporter) -> Path:
    """Return the rows of a run of two problems of two solutions each."""
    some = [problem(), problem("How many?", "9")]
    made: list[LabelledSolution] = [
        solution(one, steps, counts, index=index)
        for one in some
        for index, (steps, counts) in enumerate(zip(STEPS, COUNTS, strict=True))
    ]
    rows = [ProblemRow(problem=one, set_aside="") for one in some]
    write_shard(folder / "run", 0, problems=rows, solutions=made)
    return export_run(RunFolder(folder / "run"), exporter).folder


def bare(step: str) -> str:
    return step.strip().split(": ")[-1]


@pytest.mark.parametrize("name", STEPWISE)
def test_an_export_imports_back_with_its_steps_and_labels(name: str, tmp_path: Path) -> None:
    kind = EVERY[name]
    view = Soft(after_error="keep") if kind.takes_grades else Hard(after_error="keep")
    settings: dict[str, Any] = {"view": view} if kind.reads_view else {}
    if name == "openrlhf_soft":
        settings["view"] = Soft(after_error="keep")
    folder = exported(tmp_path, kind(validation_ratio=0, **settings))
    form, told = STEPWISE[name]
    assert Read(folder / "train.parquet").form == form
    found = Read(folder / "train.parquet", form, **told)
    assert [one.question for one in found.problems] == [problem().question, "How many?"]
    assert not found.rejected
    wanted = [list(map(bare, steps)) for steps in STEPS] * 2
    assert [list(map(bare, one.steps)) for one in found.solutions] == wanted
    graded = kind.takes_grades or name == "counts"
    first = [0.75, 0.0] if graded else [1.0, 0.0]
    second = [0.75, 0.25, 1.0] if graded else [1.0, 1.0, 1.0]
    labels = [[stated.label for stated in one.stated] for one in found.solutions]
    assert labels == [first, second] * 2


@pytest.mark.parametrize("name", ["math_aps", "math_aps_tree"])
def test_a_tree_of_prefixes_imports_back_as_the_solutions_it_was_made_of(
    name: str, tmp_path: Path
) -> None:
    folder = exported(tmp_path, EVERY[name](validation_ratio=0))
    found = Read(folder / "train.parquet")
    assert found.form == "math_aps"
    assert [one.question for one in found.problems] == [problem().question, "How many?"]
    read = {
        (one.problem_id, tuple(map(bare, one.steps)), tuple(each.label for each in one.stated))
        for one in found.solutions
    }
    wanted = [(("six", "nine"), (0.75, 0.0)), (("six", "eight", "8"), (0.75, 0.25, 1.0))]
    assert read == {(one.id, *way) for one in found.problems for way in wanted}


def test_only_rows_without_a_label_for_each_step_have_no_form_to_be_read_as() -> None:
    stepwise = {
        name
        for name, kind in EVERY.items()
        if kind.reads_view
        for column in kind.columns
        if column.name in _LABELS and not pa.types.is_boolean(column.type)  # one for the whole
    }
    assert stepwise <= STEPWISE.keys(), "give the new format a form in sources/stated"


def test_rows_of_an_import_export_to_the_very_rows_they_came_from(tmp_path: Path) -> None:
    row = {"prompt": "2 + 2?", "completions": ["2.", "4."], "labels": [True, False]}
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    found = Read(path)
    rows = [ProblemRow(problem=one, set_aside="") for one in found.problems]
    write_shard(tmp_path / "run", 0, problems=rows, solutions=found.solutions)
    (tmp_path / "run" / "run.json").write_text('{"concludes": "stated"}', encoding="utf-8")
    report = export_run(RunFolder(tmp_path / "run"), EVERY["trl"](validation_ratio=0))
    (again,) = pq.read_table(report.folder / "train.parquet").to_pylist()
    assert {name: again[name] for name in row} == row
