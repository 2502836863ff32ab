"""Publishing with the hubs' real clients, against a hub on loopback."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import datasets
import pyarrow.parquet as pq
import pytest

from schemas import ExportError, RunError
from schemas.run_folder import RunFolder
from tasks.publish import publish_run
from tests.tasks.hub_server import Store, hub_server

hub = pytest.importorskip("huggingface_hub", reason="needs the extra: pip install -e '.[hub]'")

CHECKOUT = Path(__file__).resolve().parents[3]
BOTH = pytest.mark.parametrize("to", ["hf:org/sums", "ms:org/sums"])


@BOTH
def test_the_tables_and_exports_arrive_to_the_byte(run: Path, store: Store, to: str) -> None:
    published = publish_run(run, to)
    there = store.files["org/sums"]
    assert published.url == f"{store.url}/datasets/org/sums"
    assert set(published.files) == set(published.written) == set(there)
    assert "solutions/shard-00001.parquet" in there
    assert "exports/trl-hard/validation.parquet" in there
    for path, content in there.items():
        if path not in ("README.md", "run.json"):
            assert content == (run / path).read_bytes()
    assert store.private["org/sums"]


@pytest.mark.parametrize("place", ["exports/trl-hard/train.parquet", "solutions", "lock"])
def test_a_link_in_a_received_run_is_not_published(run: Path, tmp_path: Path, place: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text("a private key")
    found = run / place
    if found.is_dir():
        found.rename(run / "elsewhere")
    found.unlink(missing_ok=True)
    found.symlink_to(secret)
    with pytest.raises(RunError, match=f"{place} is a link to {secret}"):
        publish_run(run, "hf:org/sums")
    assert secret.read_text() == "a private key"


@pytest.mark.parametrize("place", ["exports/trl-hard/train.parquet", "nodes/shard-00000.parquet"])
def test_a_pipe_in_a_received_run_is_refused_and_not_waited_for(run: Path, place: str) -> None:
    (run / place).unlink()
    os.mkfifo(run / place)
    with pytest.raises(RunError, match=f"{place} is neither a file nor a folder"):
        publish_run(run, "hf:org/sums")


def swapped(export: Path) -> None:
    (export / "train.parquet").write_bytes((export / "validation.parquet").read_bytes())


def without_digests(export: Path) -> None:
    record = json.loads((export / "export.json").read_text())
    (export / "export.json").write_text(json.dumps(record | {"digests": {}}))


def renamed(export: Path) -> None:
    export.rename(export.with_name("a`b [x](http://evil)".replace("/", "")))


@pytest.mark.parametrize("harm", [swapped, without_digests, renamed])
def test_an_export_that_is_not_what_was_exported_is_not_published(
    run: Path, harm: Callable[[Path], None]
) -> None:
    harm(run / "exports" / "trl-hard")
    with pytest.raises(RunError, match=r"`stepmint export`|an export's name"):
        publish_run(run, "hf:org/sums", dry_run=True)


@BOTH
def test_publishing_again_without_a_change_commits_nothing(
    run: Path, store: Store, to: str
) -> None:
    publish_run(run, to)
    commits = list(store.commits)
    again = publish_run(run, to)
    assert again.written == again.deleted == ()
    assert store.commits == commits


@BOTH
def test_what_changed_is_sent_and_what_is_gone_is_deleted(run: Path, store: Store, to: str) -> None:
    publish_run(run, to)
    store.put("org/sums", "notes.md", b"written by a person", large=False)
    RunFolder(run).marker("shard-00001").unlink()
    again = publish_run(run, to)
    assert set(again.written) == {"README.md"}
    assert {Path(path).stem for path in again.deleted} == {"shard-00001"}
    there = store.files["org/sums"]
    assert "solutions/shard-00001.parquet" not in there
    assert there["notes.md"] == b"written by a person"


def test_a_hugging_face_publication_is_one_commit(run: Path, store: Store) -> None:
    publish_run(run, "hf:org/sums")
    assert store.commits == ["Publish the run sums: 2 shards added; export trl-hard"]
    assert "Bearer hf_loopback" in store.tokens


def test_datasets_reads_every_configuration_of_the_card(
    run: Path, store: Store, tmp_path: Path
) -> None:
    published = publish_run(run, "hf:org/sums")
    clone = store.save("org/sums", tmp_path / "clone")
    cache = str(tmp_path / "cache")
    default = datasets.load_dataset(str(clone), cache_dir=cache)["train"]
    rows = pq.read_table(run / "solutions").num_rows
    assert default.num_rows == rows == 80
    assert default.features["steps"] == datasets.List(datasets.Value("string"))
    for table in ("problems", "nodes", "rollouts"):
        assert datasets.load_dataset(str(clone), table, cache_dir=cache)["train"].num_rows
    trl = datasets.load_dataset(str(clone), "trl-hard", cache_dir=cache)
    assert set(trl) == {"train", "validation"}
    assert trl["train"].features["labels"] == datasets.List(datasets.Value("bool"))
    assert published.card == (clone / "README.md").read_text()


def test_a_dry_run_sends_nothing_and_needs_no_token(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_TOKEN", raising=False)
    planned = publish_run(run, "hf:org/sums", dry_run=True)
    assert planned.files["solutions/shard-00000.parquet"] > 0
    assert planned.card.startswith("---\npretty_name: org/sums\n")
    assert planned.written == ()


def test_a_shard_that_is_not_committed_stays_at_home(run: Path) -> None:
    (run / "solutions" / "shard-00007.parquet").write_bytes(b"half")
    assert not any("00007" in path for path in publish_run(run, "hf:a/b", dry_run=True).files)


def test_a_run_of_the_demo_policy_is_labelled_demo_data(run: Path) -> None:
    assert "**Demo data.**" in publish_run(run, "hf:a/b", dry_run=True).card


def test_of_a_segmenter_no_more_than_its_model_is_published(run: Path) -> None:
    path = RunFolder(run).run_json
    record = json.loads(path.read_text())
    policy = {"kind": "openai", "urls": ["http://inner:8000"], "model": "/home/me/small"}
    splitter = {"kind": "segmenter", "policy": policy}
    record["config"] = {**record.get("config", {}), "splitter": splitter}
    path.write_text(json.dumps(record))
    card = publish_run(run, "hf:org/sums", dry_run=True).card
    assert "segmenter" in card
    assert "model: small" in card
    assert "inner" not in card
    assert "/home/me" not in card


@pytest.mark.parametrize("to", ["org/name", "hf:name", "gh:org/name", "hf:org/na me", "hf:a/b/c"])
def test_an_address_of_another_form_is_refused(run: Path, to: str) -> None:
    with pytest.raises(ExportError, match="write hf:organisation/name or ms:organisation/name"):
        publish_run(run, to)


@pytest.mark.parametrize(
    ("to", "remedy"),
    [("hf:org/sums", "run `hf auth login`, or set HF_TOKEN"),
     ("ms:org/sums", "run `modelscope login`, or set MODELSCOPE_API_TOKEN")],
)  # fmt: skip
def test_a_missing_token_is_one_clear_error(
    run: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, to: str, remedy: str
) -> None:
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "MODELSCOPE_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(hub.constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
    monkeypatch.setenv("MODELSCOPE_CACHE", str(tmp_path / "modelscope"))
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(ExportError, match=remedy):
        publish_run(run, to)


@pytest.mark.usefixtures("no_pauses")
def test_a_hub_that_cannot_be_reached_is_one_clear_error(
    run: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub.constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(
        ExportError, match=r"127\.0\.0\.1:9/datasets/org/sums: the hub cannot be reached"
    ):
        publish_run(run, "hf:org/sums")


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no committed shard"):
        publish_run(tmp_path, "hf:org/sums", dry_run=True)


def test_a_committed_file_that_is_missing_stops_the_publication(run: Path) -> None:
    (run / "nodes" / "shard-00000.parquet").unlink()
    with pytest.raises(RunError, match=r"nodes/shard-00000\.parquet is missing"):
        publish_run(run, "hf:org/sums", dry_run=True)


@pytest.mark.slow
@BOTH
def test_endpoint_and_token_come_from_the_clients_own_variables(
    run: Path, tmp_path: Path, to: str
) -> None:
    script = (
        "import json, sys; from pathlib import Path; from tasks.publish import publish_run; "
        "print(json.dumps(publish_run(Path(sys.argv[1]), sys.argv[2]).written))"
    )
    with hub_server() as store:
        environment = store.environment(tmp_path)
        done = subprocess.run(
            [sys.executable, "-c", script, str(run), to],
            cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert set(json.loads(done.stdout.splitlines()[-1])) == set(store.files["org/sums"])
