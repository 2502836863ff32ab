"""A foreign set becomes a run: whole or not at all, from files and from both hubs."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from exporters import TrlExporter
from schemas import ExportError, RunError, SourceError
from schemas.run_folder import RunFolder
from schemas.views import Hard
from sources import HubSource
from sources.stated import form_named
from sources.stated.sets import ImportedProblem, StatedReading
from tasks import importing
from tasks.commits import check_shards
from tasks.exports import export
from tasks.importing import Import, import_set, put_aside, source_of, stated_set
from tasks.locks import holding
from tasks.published import public_record
from tests.sources.samples import jsonl
from tests.tasks.hub_server import Store, hub_server

ROW = {
    "id": "gsm8k-0",
    "problem": "2 + 2?",
    "steps": ["Two.", "Five."],
    "final_answer_correct": False,
    "label": 1,
}


def rows(count: int, **changes: object) -> list[dict[str, object]]:
    return [ROW | {"problem": f"{n} + 2?", "id": f"gsm8k-{n}"} | changes for n in range(count)]


def wanted(path: Path | str, **settings: Any) -> Import:
    return Import(source=source_of(str(path)), form=None, **settings)


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    path = jsonl(tmp_path / "set.jsonl", [*rows(3), {"problem": "no label"}])
    import_set(wanted(path), tmp_path / "output" / "set")
    return RunFolder(tmp_path / "output" / "set")


def test_an_import_is_a_run_whose_labels_are_stated_and_not_counted(run: RunFolder) -> None:
    check_shards(run.path)
    assert run.concludes == "stated"
    (first, *_) = found = list(run.solutions())
    assert len(found) == 3
    assert first.solution.labeler == "imported"
    assert first.provenance.policy == "imported:processbench"
    assert first.provenance.sampling is None
    assert first.solution.evidence[0].total == first.solution.root.total == 0
    record: Any = run.record()
    assert record["import"]["format"] == "processbench"
    assert record["import"]["labels"] == "human"
    assert record["counts"] | {"problems": 3, "solutions": 3, "located": 3} == record["counts"]
    assert record["costs"]["rollouts"] == 0
    assert record["status"] == "finished"


def test_what_is_published_of_a_run_says_that_it_is_an_import_and_names_no_folder(
    run: RunFolder,
) -> None:
    record = public_record(run)
    assert record["concludes"] == "stated"
    assert record["import"]["format"] == "processbench"
    assert record["import"]["origin"] == "set.jsonl (jsonl)"
    assert str(run.path.parent) not in json.dumps(record)


def test_a_hubs_address_may_name_config_and_split() -> None:
    source = source_of("hf:org/name/main@test")
    assert isinstance(source, HubSource)
    assert (source.dataset, source.config, source.split) == ("org/name", "main", "test")
    plain = source_of("ms:org/name", split="gsm8k")
    assert isinstance(plain, HubSource)
    assert (plain.hub, plain.config, plain.split) == ("modelscope", None, "gsm8k")


def test_rejected_rows_are_listed_with_their_reason(run: RunFolder) -> None:
    (line,) = run.rejected.read_text().splitlines()
    assert json.loads(line)["row"] == 3
    assert "no list of steps" in json.loads(line)["reason"]


def test_an_import_exports_as_stated_and_a_view_over_counts_says_what_to_choose(
    run: RunFolder,
) -> None:
    report = export(run.path, TrlExporter())
    assert report.folder.name == "trl-stated"
    assert (report.right_steps, report.wrong_steps) == (3, 3)
    with pytest.raises(
        ExportError, match=r"--view, e\.g\. stated or stated_grades: the run is an im"
    ):
        export(run.path, TrlExporter(view=Hard()))


def test_the_same_set_gives_the_same_bytes_wherever_it_lies(run: RunFolder, tmp_path: Path) -> None:
    path = jsonl(tmp_path / "elsewhere" / "other.jsonl", [*rows(3), {"problem": "no label"}])
    import_set(wanted(path), tmp_path / "output" / "again")
    again = RunFolder(tmp_path / "output" / "again")
    for table in ("problems", "solutions"):
        one, other = (each.file(table, "shard-00000") for each in (run, again))
        assert one.read_bytes() == other.read_bytes()


def test_many_solutions_are_cut_into_shards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "SHARD_SOLUTIONS", 2)
    path = jsonl(tmp_path / "set.jsonl", rows(5))
    import_set(wanted(path), tmp_path / "run")
    run = RunFolder(tmp_path / "run")
    assert len(run.shards) == 3
    assert [row.problem.question for row in run.problems()] == [f"{n} + 2?" for n in range(5)]


def test_a_folder_that_is_there_is_never_written_to(run: RunFolder, tmp_path: Path) -> None:
    before = sorted(run.path.rglob("*"))
    with pytest.raises(RunError, match="is there already: choose another name with --name"):
        import_set(wanted(tmp_path / "set.jsonl"), run.path)
    assert sorted(run.path.rglob("*")) == before


def test_an_import_that_breaks_off_leaves_nothing_and_the_next_begins_anew(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "set.jsonl", rows(3))

    def stop(reading: StatedReading) -> None:
        if reading.problems == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_set(wanted(path), tmp_path / "run", seen=stop)
    assert [one.name for one in tmp_path.iterdir()] == ["set.jsonl"]
    killed = tmp_path / ".importing-run" / "solutions"
    killed.mkdir(parents=True)
    (killed / "shard-00007.parquet").write_text("half")
    import_set(wanted(path), tmp_path / "run")
    assert len(list((tmp_path / "run").rglob("*.parquet"))) == 4
    assert sorted(one.name for one in tmp_path.iterdir()) == ["run", "set.jsonl"]


def test_two_imports_to_one_name_do_not_mix(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "set.jsonl", rows(3))

    def another(reading: StatedReading) -> None:
        with pytest.raises(RunError, match="is being imported to by process"):
            import_set(wanted(path), tmp_path / "run")

    import_set(wanted(path), tmp_path / "run", seen=another)
    assert len(list(RunFolder(tmp_path / "run").solutions())) == 3


def test_a_run_that_a_process_works_on_is_not_put_aside_under_it(run: RunFolder) -> None:
    with (
        holding(run.path, run.lock, otherwise="wait"),
        pytest.raises(RunError, match=r"is being written by process .* another name with --name"),
    ):
        put_aside(run.path)
    aside = put_aside(run.path)
    assert aside == run.path.with_name("set.1")
    assert RunFolder(aside).shards
    assert put_aside(run.path) is None


def test_a_set_is_read_without_a_run_under_the_name_of_its_form(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "set.jsonl", rows(2))
    for text in (f"processbench:{path}", str(path)):
        found = [one for one in stated_set(text) if isinstance(one, ImportedProblem)]
        assert [one.solutions[0].first_error for one in found] == [1, 1]
    assert form_named("nothing") is None


@pytest.mark.parametrize("text", ["hf:only-a-name", "ms:a/b/c/d", "hf:/x"])
def test_a_hubs_name_that_is_none_is_refused_with_how_to_write_it(text: str) -> None:
    with pytest.raises(SourceError, match="organisation/name"):
        source_of(text)


SHEPHERD = {
    "input": "2 + 2? Step 1: Two. ки\nStep 2: The answer is: 5 ки",
    "label": "2 + 2? Step 1: Two. +\nStep 2: The answer is: 5 -",
    "task": "GSM8K",
}
APS = {
    "question": "2 + 2?",
    "final_answer": "4",
    "reasoning_steps": [
        {"solution_prefix": "2 + 2?", "mc_value": 0.5},
        {"solution_prefix": "2 + 2?\n\n Four.", "mc_value": 1.0},
        {"solution_prefix": "2 + 2?\n\n Five.", "mc_value": 0.0},
    ],
}
CRITIC = [
    {
        "instruction": "2 + 2?",
        "responses": before,
        "next_response": step,
        "rating": rating,
        "is_human_response": False,
    }
    for before, step, rating in (([], "Two.", 1), (["Two."], "Five.", -1), (["Two."], "Hm.", 0))
]


def lines(*some: dict[str, Any]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in some).encode()


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Store]:
    """A hub that ModelScope's client takes for its own; nobody is logged in."""
    pytest.importorskip("modelscope_hub", reason="needs the extra: pip install -e '.[hub]'")
    with hub_server() as served:
        monkeypatch.setenv("MODELSCOPE_ENDPOINT", served.url)
        monkeypatch.setenv("MODELSCOPE_CACHE", str(tmp_path / "modelscope"))
        monkeypatch.delenv("MODELSCOPE_API_TOKEN", raising=False)
        served.files["AI-ModelScope/MATH-APS"] = {"data/train.jsonl": lines(APS)}
        served.files["AI-ModelScope/Math-Shepherd"] = {"math-shepherd.jsonl": lines(SHEPHERD)}
        served.files["AI-ModelScope/openai-prm800k-stepwise-critic"] = {
            "README.md": b"---\nlicense: mit\n---\n",
            "train.jsonl": lines(*CRITIC),
            "test.jsonl": lines(CRITIC[0]),
        }
        yield served


@pytest.mark.parametrize(
    ("name", "form", "errors"),
    [
        ("MATH-APS", "math_aps", [-1, 0]),
        ("Math-Shepherd", "math_shepherd", [1]),
        ("openai-prm800k-stepwise-critic", "prm800k_critic", [1, -1]),
    ],
)
def test_a_set_of_modelscope_is_imported_by_its_name(
    name: str, form: str, errors: list[int], store: Store, tmp_path: Path
) -> None:
    import_set(wanted(f"ms:AI-ModelScope/{name}"), tmp_path / "run")
    run = RunFolder(tmp_path / "run")
    assert sorted(row.solution.first_error or 0 for row in run.solutions()) == sorted(errors)
    record: Any = run.record()
    assert record["import"]["format"] == form
    assert record["config"]["source"]["dataset"] == f"AI-ModelScope/{name}"


def test_a_set_of_modelscope_that_is_not_there_leaves_no_folder(
    store: Store, tmp_path: Path
) -> None:
    with pytest.raises(SourceError, match="org/none: ModelScope did not give it"):
        import_set(wanted("ms:org/none"), tmp_path / "out" / "run")
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_set_of_hugging_face_is_imported_by_its_name(tmp_path: Path) -> None:
    split = "  - {split: gsm8k, path: rows.json}\n"
    configs = f"configs:\n- config_name: default\n  data_files:\n{split}"
    repository = {
        "README.md": f"---\n{configs}---\n".encode(),
        "rows.json": json.dumps(rows(3)).encode(),
    }
    words = ["import", "hf:Qwen/ProcessBench@gsm8k", "--name", "pb"]
    with hub_server() as hub:
        hub.create("Qwen/ProcessBench", private=False)
        hub.files["Qwen/ProcessBench"] |= repository
        # In a process of its own: `datasets` takes the address when it is imported.
        command = [sys.executable, "-c", "from flows.cli import main; main()", *words]
        subprocess.run(
            [*command, "--output", str(tmp_path / "out")],
            env=os.environ | {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path), "NO_PROXY": "*"},
            check=True,
        )
    run = RunFolder(tmp_path / "out" / "pb")
    assert [row.solution.first_error for row in run.solutions()] == [1, 1, 1]
    record: Any = run.record()
    assert record["config"]["source"] == {
        "hub": "huggingface",
        "dataset": "Qwen/ProcessBench",
        "split": "gsm8k",
    }
