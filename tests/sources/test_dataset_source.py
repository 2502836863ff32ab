import json
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pytest
from pydantic import TypeAdapter, ValidationError

from schemas import SourceError
from sources import AnySource, FileSource, Gsm8kSource, HubSource, MathSource
from sources.hub import hub_rows
from sources.rows import Row
from tests.registries import kinds
from tests.sources.samples import ROWS, answers, jsonl, problems

GSM8K = [{"question": f"Q{i}", "answer": f"Think {i}.\n#### {i},000"} for i in range(3)]
MATH = {"problem": "Find $x$.", "level": "Level 3", "type": "Algebra", "solution": r"$\boxed{7}$"}


def test_gsm8k_is_read_from_a_file_in_its_layout(tmp_path: Path) -> None:
    source = Gsm8kSource(dataset=str(jsonl(tmp_path / "test.jsonl", GSM8K)))
    first = problems(source)[0]
    assert (first.source, first.answer, first.solution) == (
        "gsm8k",
        "0,000",
        "Think 0.\n#### 0,000",
    )
    assert first.id.startswith("gsm8k-")


def test_a_local_clone_of_a_hub_repository_has_configs_and_splits(tmp_path: Path) -> None:
    datasets.Dataset.from_list(GSM8K[:1]).to_parquet(tmp_path / "main/train-00000-of-00001.parquet")
    datasets.Dataset.from_list(GSM8K[1:2]).to_parquet(tmp_path / "main/test-00000-of-00001.parquet")
    datasets.Dataset.from_list(GSM8K[2:]).to_parquet(tmp_path / "socratic/train-00000.parquet")
    assert answers(Gsm8kSource(dataset=str(tmp_path))) == ["0,000"]
    assert answers(Gsm8kSource(dataset=str(tmp_path), split="test")) == ["1,000"]
    assert answers(Gsm8kSource(dataset=str(tmp_path), config="socratic")) == ["2,000"]
    with pytest.raises(
        SourceError, match="no files of split 'validation'; splits there: train, test"
    ):
        answers(Gsm8kSource(dataset=str(tmp_path), split="validation"))


def test_what_datasets_saved_to_disk_is_read_back(tmp_path: Path) -> None:
    splits = {name: datasets.Dataset.from_list(GSM8K) for name in ("train", "test")}
    datasets.DatasetDict(splits).save_to_disk(tmp_path / "saved")
    assert answers(Gsm8kSource(dataset=str(tmp_path / "saved"), split="test")) == [
        "0,000",
        "1,000",
        "2,000",
    ]


@pytest.mark.parametrize("names", [("train", "test"), ("algebra", "geometry")])
def test_splits_that_would_be_mixed_are_asked_for(tmp_path: Path, names: tuple[str, str]) -> None:
    sets = {name: datasets.Dataset.from_list(GSM8K[i : i + 1]) for i, name in enumerate(names)}
    datasets.DatasetDict(sets).save_to_disk(tmp_path / "saved")
    path = str(tmp_path / "saved")
    with pytest.raises(SourceError, match=f"splits {', '.join(names)}.*set split"):
        answers(FileSource(path=path))
    assert answers(FileSource(path=path, split=names[1])) == ["1,000"]
    assert answers(FileSource(path=f"{path}/{names[0]}")) == ["0,000"]
    assert sorted(answers(FileSource(path=f"{path}/**/*.arrow"))) == ["0,000", "1,000"]
    with pytest.raises(SourceError, match=f"no files of split 'dev'; splits there: {names[0]}"):
        answers(Gsm8kSource(dataset=path, split="dev"))


def test_files_of_several_splits_beside_each_other_are_not_mixed(tmp_path: Path) -> None:
    for index, name in enumerate(("train-00000.jsonl", "test.jsonl")):
        jsonl(tmp_path / "data" / name, GSM8K[index : index + 1])
    with pytest.raises(SourceError, match="splits train, test, which would be mixed"):
        answers(FileSource(path=str(tmp_path)))
    assert answers(FileSource(path=str(tmp_path), split="test")) == ["1,000"]


@pytest.mark.parametrize(
    "names",
    [
        ("eval_train.jsonl", "b.jsonl"),
        ("train/a.jsonl", "train/valid_b.jsonl"),
        ("train-0.jsonl", "train-1.jsonl"),
    ],
)
def test_names_that_tell_no_splits_apart_are_one_split(
    tmp_path: Path, names: tuple[str, str]
) -> None:
    for index, name in enumerate(names):
        jsonl(tmp_path / name, GSM8K[index : index + 1])
    assert len(answers(FileSource(path=str(tmp_path)))) == 2


def test_a_saved_folder_cannot_name_splits_outside_it(tmp_path: Path) -> None:
    jsonl(tmp_path / "secret" / "a.jsonl", GSM8K[:1])
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "dataset_dict.json").write_text('{"splits": ["../secret", 7]}')
    for split in (None, "../secret"):
        with pytest.raises(SourceError, match="no data files there"):
            answers(FileSource(path=str(tmp_path / "saved"), split=split))


def test_a_saved_dataset_of_one_split_needs_no_name_and_its_cache_is_no_data(
    tmp_path: Path,
) -> None:
    saved = datasets.Dataset.from_list(GSM8K)
    datasets.DatasetDict({"train": saved}).save_to_disk(tmp_path / "saved")
    with pa.ipc.new_stream(str(tmp_path / "saved/train/cache-0abc.arrow"), saved.data.schema) as f:
        f.write_table(pa.Table.from_pylist([{"question": "mapped", "answer": "#### 9"}]))
    assert answers(FileSource(path=str(tmp_path / "saved"))) == ["0,000", "1,000", "2,000"]


def test_the_original_math_release_is_read_from_its_subject_folders(tmp_path: Path) -> None:
    for split, subject, gold in (
        ("train", "algebra", "7"),
        ("train", "geometry", "8"),
        ("test", "algebra", "9"),
    ):
        file = tmp_path / "MATH" / split / subject / "1.json"
        file.parent.mkdir(parents=True)
        row = {**MATH, "problem": f"{subject}?", "solution": rf"So $\boxed{{{gold}}}$."}
        file.write_text(json.dumps(row, indent=4))
    source = MathSource(dataset=str(tmp_path / "MATH"))
    assert answers(source) == ["7", "8"]
    first = problems(source)[0]
    assert (first.source, first.level, first.subject) == ("math", "Level 3", "Algebra")


def test_math_500_has_its_gold_in_a_column(tmp_path: Path) -> None:
    row = {**MATH, "answer": "7", "subject": "Algebra", "unique_id": "test/algebra/1.json"}
    (problem,) = problems(MathSource(dataset=str(jsonl(tmp_path / "test.jsonl", [row]))))
    assert (problem.answer, problem.solution, problem.subject) == ("7", r"$\boxed{7}$", "Algebra")


def test_a_path_that_is_not_there_says_so() -> None:
    with pytest.raises(SourceError, match="no such file or folder"):
        answers(Gsm8kSource(dataset="./data/gsm8k/train.jsonl"))


@pytest.fixture
def unreachable_hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # the discard port: refused at once
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")


@pytest.mark.usefixtures("unreachable_hub")
@pytest.mark.parametrize(
    "source", [Gsm8kSource(), MathSource(), HubSource(dataset="org/set", streaming=True)]
)
def test_without_a_network_a_hub_dataset_is_one_error_that_names_the_remedy(source: Any) -> None:
    offline = datasets.config.HF_HUB_OFFLINE
    with pytest.raises(SourceError, match="give the path of its folder or file") as refused:
        answers(source)
    assert source.dataset in str(refused.value)
    assert "\n" not in str(refused.value)
    assert offline == datasets.config.HF_HUB_OFFLINE, "as it was"


@pytest.mark.parametrize("streaming", [False, True])
def test_rows_come_through_datasets_as_they_are_in_the_repository(
    tmp_path: Path, streaming: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    for config in ("algebra", "geometry"):
        jsonl(tmp_path / "repo" / config / "train.jsonl", [{**MATH, "problem": config}] * 300)
    configs = "".join(
        f"- config_name: {name}\n  data_files: {name}/*.jsonl\n" for name in ("algebra", "geometry")
    )
    (tmp_path / "repo" / "README.md").write_text(f"---\nconfigs:\n{configs}---\n")

    def read(config: str | None) -> list[object]:
        rows = hub_rows(
            str(tmp_path / "repo"), config=config, split="train", revision=None, streaming=streaming
        )
        return [row.cells["problem"] for row in rows if isinstance(row, Row)]

    assert read("geometry") == ["geometry"] * 300
    assert read(None) == ["algebra"] * 300 + ["geometry"] * 300


def test_an_unknown_split_names_those_there_are(tmp_path: Path) -> None:
    jsonl(tmp_path / "repo" / "train.jsonl", GSM8K)
    rows = hub_rows(
        str(tmp_path / "repo"), config=None, split="dev", revision=None, streaming=False
    )
    with pytest.raises(SourceError, match=r"Unknown split \"dev\"\. Should be one of \['train'\]"):
        list(rows)


def test_a_hub_source_is_named_after_its_dataset() -> None:
    assert HubSource(dataset="ChilleD/SVAMP").name == "svamp"
    assert HubSource(dataset="ChilleD/SVAMP", name="mine").name == "mine"


def test_the_union_picks_a_source_by_kind_and_names_the_kinds_on_a_typo() -> None:
    union: TypeAdapter[Any] = TypeAdapter(AnySource)
    assert isinstance(union.validate_python({"kind": "gsm8k", "limit": 5}), Gsm8kSource)
    with pytest.raises(ValidationError, match=", ".join(map(repr, kinds(AnySource)))):
        union.validate_python({"kind": "gsmk8"})
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        union.validate_python({"kind": "gsm8k", "limits": 5})


@pytest.mark.parametrize(
    "settings",
    [
        {"kind": "hub", "dataset": "a/b"},
        {"kind": "file", "path": "x.jsonl", "columns": {"problem": ["Body", "Question"]}},
    ],
)
def test_settings_survive_json(settings: dict[str, object]) -> None:
    union: TypeAdapter[Any] = TypeAdapter(AnySource)
    source = union.validate_python(settings)
    assert union.validate_json(union.dump_json(source)) == source


def test_a_link_that_leads_out_of_a_folder_is_passed_over(tmp_path: Path) -> None:
    jsonl(tmp_path / "data" / "a.jsonl", ROWS[:2])
    jsonl(tmp_path / "data" / "deep" / "b.jsonl", ROWS[2:3])
    outside = jsonl(tmp_path / "outside.jsonl", ROWS[3:])
    (tmp_path / "data" / "c.jsonl").symlink_to(outside)
    (tmp_path / "data" / "d.jsonl").symlink_to(tmp_path / "data" / "deep" / "b.jsonl")
    assert answers(FileSource(path=str(tmp_path / "data"))) == ["0", "2", "4"]
    (tmp_path / "named").symlink_to(tmp_path / "data")
    assert answers(FileSource(path=str(tmp_path / "named"))) == ["0", "2", "4"]


def test_the_links_of_a_snapshot_in_the_hubs_cache_are_followed(tmp_path: Path) -> None:
    blob = jsonl(tmp_path / "blobs" / "0abc", ROWS[:2])
    (tmp_path / "snapshots" / "rev").mkdir(parents=True)
    (tmp_path / "snapshots" / "rev" / "a.jsonl").symlink_to(blob)
    assert answers(FileSource(path=str(tmp_path / "snapshots" / "rev"))) == ["0", "2"]
