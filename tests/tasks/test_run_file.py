import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from exporters import TrlExporter
from rollouts import Journal
from schemas import Completion, ConfigError, ExportError, RunError
from schemas.run_folder import RunFolder
from schemas.views import Hard
from tasks.problems import stage
from tasks.run_file import check, config_digest, opened, put_aside, read
from tasks.settings import LabelRun
from tasks.staging import staged
from tests.toy_runs import settings, toy_run, tree


def changed(folder: Path, **changes: Any) -> LabelRun:
    return LabelRun.model_validate(settings(folder) | changes)


COMPLETION = Completion(
    text="4",
    tokens=None,
    finish_reason="stop",
    seed=1,
    prompt_tokens=1,
    cached_tokens=0,
    completion_tokens=1,
    logprob=None,
)


def began(run: LabelRun) -> None:
    """Leave what a session leaves whose policy did not start: staged problems, empty journals."""

    async def main() -> None:
        await stage(run)

    with opened(run):
        asyncio.run(main())
        with Journal(RunFolder(run.folder).journal("shard-00000")):
            pass


def sampled(run: LabelRun) -> None:
    """Leave one completion in a run's journal."""
    began(run)
    with Journal(RunFolder(run.folder).journal("shard-00000")) as journal:
        journal.append("0" * 32, COMPLETION)


def test_a_run_says_what_made_it(tmp_path: Path) -> None:
    run = toy_run(tmp_path)
    with opened(run):
        assert read(run.folder)["status"] == "running"
    record = read(run.folder)
    assert record["status"] == "finished"
    assert record["seed"] == 5
    assert record["config"] == run.model_dump(mode="json")
    assert record["config_digest"] == config_digest(run)
    assert record["concludes"] == run.labeler.concludes == "counts"
    assert {"python", "pyarrow", "prefect"} <= set(record["versions"])


def test_another_configuration_in_the_same_folder_is_refused_field_by_field(
    tmp_path: Path,
) -> None:
    sampled(toy_run(tmp_path))
    other = changed(tmp_path, seed=6, sampling={"temperature": 0.5, "max_tokens": 200})
    with pytest.raises(RunError) as caught, opened(other):
        pass
    message = str(caught.value)
    assert "  seed: was 5, now 6" in message
    assert "  sampling.temperature: was 1.0, now 0.5" in message
    assert "max_tokens" not in message
    assert "--set name=NAME" in message


@pytest.mark.parametrize("place", ["journal", "run.json.partial", "staging"])
def test_a_link_in_the_folder_is_not_written_through(tmp_path: Path, place: str) -> None:
    run = toy_run(tmp_path)
    with opened(run):
        pass
    (run.folder / place).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RunError, match=f"{place} is a link"), opened(run):
        pass


def test_what_changes_no_row_may_change_between_sessions(tmp_path: Path) -> None:
    sampled(toy_run(tmp_path))
    free = changed(
        tmp_path,
        shards={"size": 5, "in_flight": 9, "retries": 0, "max_undecided": 1.0},
        exports=[{"format": "trl"}],
    )
    with opened(free):
        pass
    assert config_digest(free) == config_digest(toy_run(tmp_path))


def test_a_prompt_template_edited_between_sessions_is_refused(tmp_path: Path) -> None:
    template = tmp_path / "mine.yaml"
    template.write_text('name: mine\nmode: text\nuser: "Q: {{ question }}"\n')
    sampled(toy_run(tmp_path, prompt=str(template)))
    template.write_text('name: mine\nmode: text\nuser: "Question: {{ question }}"\n')
    with (
        pytest.raises(RunError, match="prompt: was"),
        opened(toy_run(tmp_path, prompt=str(template))),
    ):
        pass


def test_answers_must_be_read_in_the_form_the_prompt_asks_for(tmp_path: Path) -> None:
    run = toy_run(tmp_path, verification={"answer_format": "boxed"})
    with (
        pytest.raises(ConfigError, match=r"--set verification\.answer_format=hash"),
        opened(run),
    ):
        pass
    assert not run.folder.exists()


def test_two_processes_cannot_write_one_run(tmp_path: Path) -> None:
    run = toy_run(tmp_path)
    with (
        opened(run),
        pytest.raises(RunError, match="is being written by process"),
        opened(run),
    ):
        pass


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    run = toy_run(tmp_path)
    run.folder.mkdir(parents=True)
    (run.folder / "thesis.tex").write_text("years of work")
    with pytest.raises(RunError, match=r"holds thesis\.tex.*--set name=NAME"), opened(run):
        pass
    assert [path.name for path in run.folder.iterdir()] == ["thesis.tex"]


def test_a_file_where_the_folder_should_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "output").write_text("")
    with pytest.raises(RunError, match="output"), opened(toy_run(tmp_path)):
        pass


def test_a_damaged_run_file_is_named(tmp_path: Path) -> None:
    run = toy_run(tmp_path)
    with opened(run):
        pass
    (run.folder / "run.json").write_text("{")
    with pytest.raises(RunError, match=r"run\.json is no JSON"), opened(run):
        pass


@pytest.mark.parametrize(
    ("error", "status"), [(ValueError, "failed"), (KeyboardInterrupt, "interrupted")]
)
def test_how_a_session_ended_is_recorded(
    error: type[BaseException], status: str, tmp_path: Path
) -> None:
    run = toy_run(tmp_path)
    with pytest.raises(error), opened(run):
        raise error
    assert json.loads((run.folder / "run.json").read_text())["status"] == status


def test_a_kill_before_the_first_run_json_was_whole_leaves_a_folder_that_can_be_used(
    tmp_path: Path,
) -> None:
    run = toy_run(tmp_path)
    run.folder.mkdir(parents=True)
    (run.folder / "lock").touch()
    (run.folder / "run.json.partial").write_text('{"name": "to')
    with opened(run):
        assert read(run.folder)["status"] == "running"
    assert not (run.folder / "run.json.partial").exists()


def test_while_nothing_was_sampled_any_setting_may_change(tmp_path: Path) -> None:
    began(toy_run(tmp_path))
    other = changed(tmp_path, seed=6, limit=3, shards={"size": 2})
    with opened(other):
        assert staged(other.folder) is None, "other problems, other shards"
        assert not RunFolder(other.folder).journals.exists()
    record = read(other.folder)
    assert record["seed"] == 6
    assert record["config"] == other.model_dump(mode="json")
    assert record["config_digest"] == config_digest(other)


def test_a_check_changes_nothing_of_a_run_that_may_change(tmp_path: Path) -> None:
    run = toy_run(tmp_path)
    began(run)
    before = tree(run.folder)
    check(changed(tmp_path, seed=6))
    assert tree(run.folder) == before


def test_an_unchanged_configuration_keeps_what_was_staged(tmp_path: Path) -> None:
    run = toy_run(tmp_path)
    began(run)
    with opened(run):
        assert staged(run.folder) is not None


def test_a_torn_record_is_no_sample(tmp_path: Path) -> None:
    run = toy_run(tmp_path)
    began(run)
    with RunFolder(run.folder).journal("shard-00000").open("ab") as journal:
        journal.write(b"01234567 torn")
    with opened(changed(tmp_path, seed=6)):
        pass


def test_what_was_sampled_may_be_read_in_another_way_while_nothing_is_committed(
    tmp_path: Path,
) -> None:
    sampled(toy_run(tmp_path))
    journals = tree(RunFolder(toy_run(tmp_path).folder).journals)
    other = changed(
        tmp_path,
        labeler={"kind": "double_search", "num_solutions": 3},
        splitter={"kind": "sentence"},
        verification={"answer_format": "auto"},
    )
    with opened(other):
        assert tree(RunFolder(other.folder).journals) == journals
        assert staged(other.folder) is None, "golds are looked at anew"
    assert read(other.folder)["config_digest"] == config_digest(other)


def test_a_run_put_aside_keeps_all_it_holds_and_the_next_begins_anew(tmp_path: Path) -> None:
    run = toy_run(tmp_path)
    assert put_aside(run) is None, "there is none yet"
    for number in (1, 2):
        sampled(run)
        before = tree(run.folder)
        aside = put_aside(run)
        assert aside == run.folder.with_name(f"toy.{number}")
        assert tree(aside) == before
        assert not run.folder.exists()


def test_why_a_session_failed_is_recorded_until_the_next_one(tmp_path: Path) -> None:
    run = toy_run(tmp_path)
    group = ExceptionGroup("two", [KeyError("x"), RunError("the disk is full: make room")])
    with pytest.raises(ExceptionGroup), opened(run):
        raise group
    assert read(run.folder)["error"] == "the disk is full: make room"
    with opened(run):
        assert read(run.folder)["error"] is None


def test_exports_that_would_mix_with_others_are_refused_before_the_run(tmp_path: Path) -> None:
    exports = [{"format": "trl", "max_length": 512, "folder": "mine"}]
    run = toy_run(tmp_path, exports=exports)
    sampled(run)
    other = RunFolder(run.folder).export("mine")
    other.mkdir(parents=True)
    settings = TrlExporter(view=Hard()).model_dump(mode="json")
    (other / "export.json").write_text(json.dumps({"settings": settings}))
    with pytest.raises(ExportError, match="max_length was 1024, now 512"), opened(run):
        pass


@pytest.mark.parametrize("what", ["a journal's record", "a committed shard"])
def test_once_anything_was_sampled_the_configuration_stands(tmp_path: Path, what: str) -> None:
    run = toy_run(tmp_path)
    began(run)
    folder = RunFolder(run.folder)
    if what == "a committed shard":
        folder.markers.mkdir()
        folder.marker("shard-00000").write_text("{}")
    else:
        sampled(run)
    before = tree(run.folder)
    with (
        pytest.raises(RunError, match=r"samples of another configuration:\n  seed: was 5, now 6"),
        opened(changed(tmp_path, seed=6)),
    ):
        pass
    assert tree(run.folder) == before


def test_arguments_that_change_no_completion_may_change_among_samples(tmp_path: Path) -> None:
    def served(*arguments: str) -> LabelRun:
        policy = {"kind": "vllm", "model": "org/m", "extra_args": arguments}
        return toy_run(tmp_path, policy=policy)

    sampled(served())
    with opened(served("--no-enable-chunked-prefill", "--max-num-seqs", "8")):
        pass
    with pytest.raises(RunError, match=r"policy\.extra_args"), opened(served("-q", "fp8")):
        pass
