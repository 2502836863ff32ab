"""Lists of problems are read as a source reads data, and need no golds."""

import json
from pathlib import Path

import pytest

from exporters import TrlExporter
from schemas import ExportError
from schemas.run_folder import RunFolder
from sources import HubSource
from tasks.exports import export
from tasks.lists import read_list, source_of
from tests.runs import sums_run


def listed(folder: Path, *rows: dict[str, object]) -> str:
    path = folder / "bench.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def test_a_list_needs_questions_alone(tmp_path: Path) -> None:
    name = listed(tmp_path, {"id": "a", "problem": "What is 2 + 2?"}, {"id": "b", "problem": ""})
    assert [one.question for one in read_list(name, None)] == ["What is 2 + 2?"]


def test_worked_solutions_come_along(tmp_path: Path) -> None:
    name = listed(
        tmp_path,
        {"question": "What is 2 + 2?", "answer": "2 + 2 = 4\n#### 4"},
        {"question": "What is 3 + 2?", "answer": "5"},
    )
    solutions = [one.solution for one in read_list(name, None)]
    assert solutions == ["2 + 2 = 4\n#### 4", None]


def test_the_column_of_questions_can_be_named(tmp_path: Path) -> None:
    name = listed(tmp_path, {"row": {"asks": "What is 2 + 2?"}})
    with pytest.raises(ExportError, match="name the column that does, one of: row"):
        list(read_list(name, None))
    assert [one.question for one in read_list(name, "row.asks")] == ["What is 2 + 2?"]


def test_a_list_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"the list .*nothing\.jsonl: .*no such file"):
        list(read_list(str(tmp_path / "nothing.jsonl"), None))


def test_an_export_leaves_out_what_a_list_holds(tmp_path: Path) -> None:
    run = sums_run(tmp_path / "sums")
    questions = [row.problem.question for row in RunFolder(run).problems()]
    other = "Mia adds up 1, 2, 3, 4, and 5 apples. How many apples does she get altogether?"
    for asked, rows in ((questions[0], 2), (other, 0)):
        name = listed(tmp_path, {"question": asked})
        against = {"kind": "contamination", "against": name}
        taken = export(run, TrlExporter(filters=(against,))).filters[0].taken
        assert taken == ({f"its question is in {name}": rows} if rows else {})


@pytest.mark.parametrize(
    ("name", "hub", "dataset", "split"),
    [
        ("hf:openai/gsm8k", "huggingface", "openai/gsm8k", "test"),
        ("hf:Qwen/ProcessBench:gsm8k", "huggingface", "Qwen/ProcessBench", "gsm8k"),
        ("ms:org/set:test[:100]", "modelscope", "org/set", "test[:100]"),
    ],
)
def test_a_list_of_a_hub_is_named_with_its_split(
    name: str, hub: str, dataset: str, split: str
) -> None:
    source = source_of(name, None)
    assert isinstance(source, HubSource)
    assert (source.hub, source.dataset, source.split) == (hub, dataset, split)
