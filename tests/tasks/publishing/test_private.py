"""What a publication tells of the machine it comes from: nothing; and of secrets in the rows."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exporters import TrlExporter
from exporters.runs import export_run
from schemas import ExportError
from schemas.run_folder import RunFolder
from tasks.exports import export
from tasks.publish import Terms, publish_run
from tasks.published import published_files, without_folders
from tests.runs import evidence, problem, solution, write_shard
from tests.sources.samples import jsonl
from tests.tasks.hub_server import Store

KEY = "sk-live-0123456789abcdef0123"


@pytest.fixture
def telling(tmp_path: Path) -> Path:
    """A run in which the policy wrote a key."""
    from schemas.rows import ProblemRow

    one = problem()
    made = solution(one, [f"2 * 3 = 6, my key is {KEY}\n", "2 + 6 = 8"], [evidence(3, 5)] * 2)
    write_shard(
        tmp_path / "telling",
        0,
        problems=[ProblemRow(problem=one, set_aside="")],
        solutions=[made],
    )
    return tmp_path / "telling"


@pytest.mark.parametrize("to", ["hf:org/sums", "ms:org/sums"])
def test_rows_that_look_like_they_hold_a_secret_are_not_published_unless_told(
    telling: Path, store: Store, to: str
) -> None:
    with pytest.raises(ExportError, match="--accept-secrets") as told:
        publish_run(telling, to)
    assert "solutions/shard-00000.parquet, row 0 of steps: an API key (sk-l…)" in str(told.value)
    assert KEY not in str(told.value)
    assert store.files == {}
    done = publish_run(telling, to, Terms(accept_secrets=True))
    assert [one.kind for one in done.secrets] == ["an API key"] * len(done.secrets)
    assert "solutions/shard-00000.parquet" in store.files["org/sums"]


def test_a_dry_run_tells_of_what_looks_like_a_secret(telling: Path, store: Store) -> None:
    planned = publish_run(telling, "hf:org/sums", dry_run=True)
    assert {one.kind for one in planned.secrets} == {"an API key"}


def test_what_is_there_already_is_not_looked_through_again(telling: Path, store: Store) -> None:
    publish_run(telling, "hf:org/sums", Terms(accept_secrets=True))
    assert publish_run(telling, "hf:org/sums").secrets == ()


def edited(path: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    record = json.loads(path.read_text())
    change(record)
    path.write_text(json.dumps(record))


def test_records_name_no_folder_of_the_machine(run: Path, store: Store, tmp_path: Path) -> None:
    source = {"kind": "file", "path": "/home/lovelace/clients/problems.jsonl", "name": "mine"}
    config = {"source": source, "prompt": "../prompts/ours.yaml", "policy": {"urls": ["http://in"]}}
    costs = {"rollouts": 80, "reused": {"/data/lovelace/first": 3, "/data/bob/first": 4}}
    told = {"origin": "/home/lovelace/clients/problems.jsonl (jsonl)"}
    edited(
        RunFolder(run).run_json,
        lambda record: record.update(
            config=config, costs=costs, source=told, error="/home/lovelace/x"
        ),
    )
    edited(
        RunFolder(run).marker("shard-00000"),
        lambda record: record.update(reused={"/data/lovelace/first": 3}),
    )
    shutil.rmtree(run / "exports")
    export_run(RunFolder(run), TrlExporter(validation_ratio=0.25))
    edited(
        run / "exports" / "trl-hard" / "export.json",
        lambda record: record["settings"].update(tokenizer="/home/lovelace/models/qwen"),
    )
    publish_run(run, "hf:org/sums")
    there = store.files["org/sums"]
    texts = b"".join(there[path] for path in there if not path.endswith(".parquet")).decode()
    for place in ("lovelace", "/data", "http://in", "../", str(tmp_path)):
        assert place not in texts
    record = json.loads(there["run.json"])
    assert record["config"]["source"]["path"] == "problems.jsonl"
    assert record["source"]["origin"] == "problems.jsonl (jsonl)"
    assert record["costs"]["reused"] == {"first": 7}
    assert json.loads(there["exports/trl-hard/export.json"])["settings"]["tokenizer"] == "qwen"


def test_of_a_list_that_rows_were_held_against_its_name_alone_is_published(
    run: Path, tmp_path: Path
) -> None:
    question = next(RunFolder(run).problems()).problem.question
    bench = jsonl(tmp_path / "clients" / "bench.jsonl", [{"question": question}])
    export(run, TrlExporter(filters=({"kind": "contamination", "against": str(bench)},)))
    told = published_files(RunFolder(run), tmp_path)["exports/trl-hard-2/export.json"].read_text()
    assert str(tmp_path) not in told
    record = json.loads(told)
    assert record["filters"][0]["taken"] == {"its question is in bench.jsonl": 2}
    assert record["settings"]["filters"][0]["against"] == ["bench.jsonl"]


@pytest.mark.parametrize(
    ("key", "counts", "told"),
    [
        ("reused", {"/data/first": 3, "output/first": 4, "second": 1}, {"first": 7, "second": 1}),
        (
            "taken",
            {"its question is in ~/what is in it/b.jsonl": 3, "its question is in b.jsonl": 2},
            {"its question is in b.jsonl": 5},
        ),
        ("taken", {"its solution is in hf:org/name": 1, "short": 2}, None),
    ],
)
def test_counts_that_name_places_keep_names_alone_and_are_summed(
    key: str, counts: dict[str, int], told: dict[str, int] | None
) -> None:
    assert without_folders({key: counts}) == {key: told or counts}


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("dataset", "openai/gsm8k", "openai/gsm8k"),
        ("dataset", "/data/gsm8k/", "gsm8k"),
        ("path", "~/sets/*.jsonl", "*.jsonl"),
        ("stop", "/end/of", "/end/of"),
        ("origin", "openai/gsm8k from huggingface, split train", None),
        ("origin", "/d/e f.jsonl, /d/g.jsonl (jsonl)", "e f.jsonl, g.jsonl (jsonl)"),
    ],
)
def test_settings_that_name_places_keep_names_alone(key: str, value: str, told: str | None) -> None:
    assert without_folders({key: [value]}) == {key: [value if told is None else told]}
