"""A dataset of ModelScope by its name, with the hub's real client against one on loopback."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas import SourceError
from sources import FileSource, Gsm8kSource, HubSource
from tasks.sources import located
from tests.sources.samples import answers, problems
from tests.tasks.hub_server import Store, hub_server

pytest.importorskip("modelscope_hub", reason="needs the extra: pip install -e '.[hub]'")


def lines(*golds: int) -> bytes:
    rows = ({"question": f"{gold} eggs?", "answer": f"So.\n#### {gold}"} for gold in golds)
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Store]:
    """A hub that ModelScope's client takes for its own; nobody is logged in."""
    with hub_server() as served:
        monkeypatch.setenv("MODELSCOPE_ENDPOINT", served.url)
        monkeypatch.setenv("MODELSCOPE_CACHE", str(tmp_path / "modelscope"))
        monkeypatch.delenv("MODELSCOPE_API_TOKEN", raising=False)
        served.files["org/gsm8k"] = {
            "README.md": b"---\nlicense: mit\n---\n",
            "main/train.jsonl": lines(1, 2),
            "main/test.jsonl": lines(3),
            "socratic/train.jsonl": lines(4),
            "film.mp4": b"not fetched",
        }
        yield served


def test_a_dataset_of_modelscope_is_read_by_its_name(store: Store, tmp_path: Path) -> None:
    source = HubSource(dataset="org/gsm8k", hub="modelscope", config="main")
    assert answers(located(source)) == ["1", "2"]
    assert answers(located(source.model_copy(update={"split": "test"}))) == ["3"]
    assert answers(located(Gsm8kSource(dataset="org/gsm8k", hub="modelscope"))) == ["1", "2"]
    assert not list(tmp_path.rglob("film.mp4"))


def test_its_problems_are_those_of_the_hubs_dataset_of_that_name(
    store: Store, tmp_path: Path
) -> None:
    copy = tmp_path / "gsm8k.jsonl"
    copy.write_bytes(lines(1, 2))
    here = FileSource(path=str(copy), name="gsm8k")
    there = located(HubSource(dataset="org/gsm8k", hub="modelscope", config="main"))
    assert [p.id for p in problems(here)] == [p.id for p in problems(there)]


def test_a_dataset_that_is_not_there_is_one_error_with_the_remedy(store: Store) -> None:
    with pytest.raises(SourceError, match="org/none: ModelScope did not give it") as refused:
        located(HubSource(dataset="org/none", hub="modelscope"))
    assert "\n" not in str(refused.value)


def test_sources_that_need_no_client_are_left_as_they_are(tmp_path: Path) -> None:
    for source in (
        FileSource(path="rows.jsonl"),
        HubSource(dataset="org/gsm8k"),
        HubSource(dataset=str(tmp_path), hub="modelscope"),
    ):
        assert located(source) is source


def test_without_the_client_the_name_is_refused_with_what_fetches_it() -> None:
    with pytest.raises(SourceError, match="modelscope download --dataset org/gsm8k"):
        answers(HubSource(dataset="org/gsm8k", hub="modelscope"))
