"""Versions of a published run: tags, increments, and whose repository it is."""

import json
import shutil
from collections import Counter
from pathlib import Path

import datasets
import pytest

from exporters import MathShepherdExporter, TrlExporter
from exporters.runs import export_run
from reports.summary import summarise
from schemas import ExportError
from schemas.run_folder import RunFolder
from tasks.commits import check_shards
from tasks.files import digest
from tasks.publish import Terms, publish_run
from tests.runs import sums_run
from tests.tasks.hub_server import Store

BOTH = pytest.mark.parametrize("to", ["hf:org/sums", "ms:org/sums"])


def grown(run: Path) -> None:
    """Give a run of two shards a third."""
    more = sums_run(run.with_name("more"), count=60, shards=3)
    for path in sorted(more.rglob("shard-00002.*")):
        shutil.copy(path, run / path.relative_to(more))


@BOTH
def test_each_version_has_a_tag_of_its_own_that_keeps_its_files(
    run: Path, store: Store, to: str
) -> None:
    first = publish_run(run, to)
    assert (first.tag, first.new_tag) == ("v1", True)
    before = dict(store.files["org/sums"])
    again = publish_run(run, to)
    assert (again.tag, again.new_tag) == ("v1", False)
    grown(run)
    assert publish_run(run, to).tag == "v2"
    assert store.tags["org/sums"]["v1"] == before
    assert store.tags["org/sums"]["v2"] == store.files["org/sums"]
    assert sorted(store.tags["org/sums"]) == ["v1", "v2"]


@BOTH
def test_of_a_file_that_is_compared_with_a_branch_and_a_tag_the_digest_is_taken_once(
    run: Path, store: Store, to: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_run(run, to)
    taken = Counter[Path]()

    def counted(path: Path) -> str:
        taken[path] += 1
        return digest(path)

    monkeypatch.setattr("tasks.hubs.sha256_of", counted)
    assert publish_run(run, to).written == ()
    assert set(taken.values()) == {1}


@BOTH
def test_a_version_whose_tag_was_not_made_any_more_gets_it_next_time(
    run: Path, store: Store, to: str
) -> None:
    publish_run(run, to)
    store.tags["org/sums"].clear()
    commits = list(store.commits)
    again = publish_run(run, to)
    assert (again.tag, again.new_tag, again.written) == ("v1", True, ())
    assert store.commits == commits


@BOTH
def test_a_version_may_be_called_as_the_user_likes_but_no_two_alike(
    run: Path, store: Store, to: str
) -> None:
    assert publish_run(run, to, Terms(tag="paper")).tag == "paper"
    assert not publish_run(run, to, Terms(tag="paper")).new_tag
    grown(run)
    commits = list(store.commits)
    with pytest.raises(ExportError, match="calls another version so: choose another tag"):
        publish_run(run, to, Terms(tag="paper"))
    assert store.commits == commits


@pytest.mark.parametrize("tag", ["", "-v1", "a b", "a..b/../c", "v1.lock/"])
def test_a_tag_that_git_would_not_take_is_refused_at_once(run: Path, tag: str) -> None:
    with pytest.raises(ExportError, match="give letters, digits"):
        publish_run(run, "hf:org/sums", Terms(tag=tag))


@BOTH
def test_a_run_that_grew_sends_its_new_shard_alone_and_says_so(
    run: Path, store: Store, to: str
) -> None:
    publish_run(run, to)
    first_sent = dict(store.sent)
    grown(run)
    increment = publish_run(run, to)
    tables = ("problems", "solutions", "nodes", "rollouts")
    assert set(increment.written) == {
        *(f"{table}/shard-00002.parquet" for table in tables),
        "committed/shard-00002.json",
        "README.md",
    }
    assert increment.deleted == ()
    assert store.commits[-1].startswith("Update the run sums: 1 shard added")
    assert all(store.sent[oid] == times for oid, times in first_sent.items())
    assert "120 solutions" in store.files["org/sums"]["README.md"].decode()


def test_the_message_of_a_commit_names_the_exports_that_it_changes(run: Path, store: Store) -> None:
    publish_run(run, "hf:org/sums")
    export_run(RunFolder(run), MathShepherdExporter())
    publish_run(run, "hf:org/sums")
    assert store.commits[-1] == "Update the run sums: export math_shepherd-hard"


@BOTH
def test_a_repository_of_another_run_is_left_alone_unless_told(
    run: Path, store: Store, tmp_path: Path, to: str
) -> None:
    other = sums_run(tmp_path / "other", seed=1)
    publish_run(other, to)
    before = dict(store.files["org/sums"])
    with pytest.raises(ExportError, match=r"holds another run, 'other'.*--replace"):
        publish_run(run, to)
    assert store.files["org/sums"] == before
    publish_run(run, to, Terms(replace=True))
    assert json.loads(store.files["org/sums"]["run.json"])["name"] == "sums"


@BOTH
def test_a_repository_with_content_of_somebody_elses_is_left_alone_unless_told(
    run: Path, store: Store, to: str
) -> None:
    store.create("org/sums", private=True)
    store.put("org/sums", "data/theirs.parquet", b"theirs", large=True)
    with pytest.raises(ExportError, match=r"none of this run's \(data/theirs\.parquet\)"):
        publish_run(run, to)
    publish_run(run, to, Terms(replace=True))
    assert store.files["org/sums"]["data/theirs.parquet"] == b"theirs"


@BOTH
def test_an_empty_repository_that_a_person_made_is_published_into(
    run: Path, store: Store, to: str
) -> None:
    store.create("org/sums", private=True)
    store.put("org/sums", ".gitattributes", b"*.parquet filter=lfs", large=False)
    store.put("org/sums", "README.md", b"to come", large=False)
    assert publish_run(run, to).tag == "v1"


@BOTH
def test_nothing_private_goes_into_a_public_repository(run: Path, store: Store, to: str) -> None:
    publish_run(run, to, Terms(private=False))
    assert not store.private["org/sums"]
    with pytest.raises(ExportError, match=r"is public.*say so with --public"):
        publish_run(run, to)
    publish_run(run, to, Terms(private=False))


@BOTH
def test_a_dry_run_tells_what_would_be_sent_and_deleted_and_leaves_all_as_it_is(
    run: Path, store: Store, to: str
) -> None:
    new = publish_run(run, to, dry_run=True)
    assert set(new.written) == set(new.files)
    assert (new.tag, new.new_tag) == ("v1", True)
    assert "org/sums" not in store.files
    publish_run(run, to)
    grown(run)
    RunFolder(run).marker("shard-00000").unlink()
    planned = publish_run(run, to, dry_run=True)
    assert planned.tag == "v2"
    assert sorted(store.tags["org/sums"]) == ["v1"]
    done = publish_run(run, to)
    assert planned.written == done.written
    assert planned.deleted == done.deleted
    assert planned.deleted


@BOTH
def test_a_copy_of_a_published_run_is_a_run(
    run: Path, store: Store, tmp_path: Path, to: str
) -> None:
    publish_run(run, to)
    copy = store.save("org/sums", tmp_path / "copy")
    check_shards(copy)
    there, here = summarise(RunFolder(copy)), summarise(RunFolder(run))
    assert there.solutions == here.solutions
    assert there.labels == here.labels
    export_run(RunFolder(copy), TrlExporter(validation_ratio=0.25))
    rows = "exports/trl-hard/train.parquet"
    assert (copy / rows).read_bytes() == (run / rows).read_bytes()


def test_shards_beyond_what_a_folder_may_hold_lie_in_folders_below(
    run: Path, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.published.PER_FOLDER", 1)
    monkeypatch.setattr("tasks.dataset_card.PER_FOLDER", 1)
    publish_run(run, "hf:org/sums")
    assert "solutions/shard-00000.parquet" in store.files["org/sums"]
    assert "solutions/1/shard-00001.parquet" in store.files["org/sums"]
    copy = store.save("org/sums", tmp_path / "copy")
    loaded = datasets.load_dataset(str(copy), "solutions", cache_dir=str(tmp_path / "cache"))
    assert loaded["train"].num_rows == 80


def test_a_publication_of_many_files_is_several_commits_with_the_card_in_the_last(
    run: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.huggingface.PER_COMMIT", 6)
    written = publish_run(run, "hf:org/sums").written
    assert [message[-8:] for message in store.commits] == ["(1 of 3)", "(2 of 3)", "(3 of 3)"]
    assert set(written) == set(store.files["org/sums"])


def test_another_session_without_news_is_no_new_version(run: Path, store: Store) -> None:
    publish_run(run, "hf:org/sums")
    path = RunFolder(run).run_json
    record = json.loads(path.read_text())
    later = {"status": "finished", "ended": "2026-11-28", "sessions": [{"began": "then"}]}
    path.write_text(json.dumps({**record, **later, "versions": {"torch": "9"}, "error": None}))
    assert publish_run(run, "hf:org/sums").written == ()
