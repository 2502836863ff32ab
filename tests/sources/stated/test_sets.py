from pathlib import Path

import pytest

from schemas import SourceError
from sources import FileSource
from sources.stated.sets import imported
from tests.sources.samples import jsonl
from tests.sources.stated.reading import Read, read

ROW = {"prompt": "2 + 2?", "completions": ["4."], "labels": [True]}


def row(step: str, question: str = "2 + 2?", label: bool = True) -> dict[str, object]:
    return {"prompt": question, "completions": [step], "labels": [label]}


def test_solutions_of_one_problem_are_brought_together_in_the_order_of_rows(
    tmp_path: Path,
) -> None:
    found = read(tmp_path, [row("4."), row("1.", "0 + 1?"), row("5.", label=False)])
    assert [one.question for one in found.problems] == ["2 + 2?", "0 + 1?"]
    assert [one.steps for one in found.solutions] == [("4.",), ("5.",), ("1.",)]
    assert [one.given_id for one in found.solutions] == ["row-0", "row-2", "row-1"]
    assert found.reading.solutions == found.reading.steps == found.reading.labelled_steps == 3


def test_the_same_solution_twice_is_one_and_other_labels_are_another(tmp_path: Path) -> None:
    found = read(tmp_path, [row("4."), row("4."), row("4.", label=False)])
    assert [one.first_error for one in found.solutions] == [-1, 0]
    assert [(one.row, one.source) for one in found.rejected] == [(1, "trl")]
    assert "duplicate" in found.rejected[0].reason


def test_a_broken_line_costs_itself_alone(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "set.jsonl", [ROW])
    path.write_text(path.read_text() + "{torn\n" + '{"prompt": 1}\n')
    found = Read(path)
    assert len(found.solutions) == 1
    assert found.reading.rows == 3
    assert [one.row for one in found.rejected] == [1, 2]


def test_a_set_of_no_form_we_know_is_refused_with_the_forms_there_are(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"columns \(a, b\).*--format, one of processbench, prm"):
        read(tmp_path, [{"a": 1, "b": 2}])


def test_a_set_without_a_labelled_step_is_refused_with_the_reasons(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"none of its 1 rows, read as trl.*no step is labelled"):
        read(tmp_path, [ROW | {"labels": [None]}])


def test_the_source_of_problems_is_the_forms_name_or_one_that_is_given(tmp_path: Path) -> None:
    assert read(tmp_path, [ROW]).problems[0].source == "trl"
    named = read(tmp_path, [ROW], "trl", name="mine", labels="human")
    assert named.problems[0].id.startswith("mine-")
    assert named.reading.form is not None
    assert named.reading.form.labelled_by == "human"


def test_a_limit_reads_no_further_than_so_many_rows(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "set.jsonl", [row(f"{n}.") for n in range(5)])
    (one,) = imported(FileSource(path=str(path)), limit=2)
    assert not hasattr(one, "reason")
    assert len(one.solutions) == 2
