"""Runs whose steps a model tells apart: what they record, and what they are refused for."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from flows.permits import permit
from rollouts.prompts import TEMPLATES
from schemas import ConfigError, RunError
from tasks import run_file
from tasks.commits import committed
from tasks.settings import LabelRun
from tests.tasks.test_checking import found
from tests.tasks.test_shards import label_all
from tests.toy_runs import tables, toy_run

LINES = {"kind": "segmenter", "pieces": {"kind": "newline"}, "tries": 2}
OTHER = {"kind": "scripted", "error": 0.5}


def segmented(folder: Path, **splitter: Any) -> LabelRun:
    return toy_run(folder, splitter=LINES | splitter)


@pytest.mark.parametrize("own", [None, OTHER])
def test_where_no_reply_can_be_read_steps_are_the_pieces_and_the_marker_counts_it(
    tmp_path: Path, own: dict[str, Any] | None
) -> None:
    plain = toy_run(tmp_path, name="plain")
    run = segmented(tmp_path, policy=own)
    for one in (plain, run):
        label_all(one)
    before, record = committed(plain.folder, 0), committed(run.folder, 0)
    assert before
    assert record
    counts = record.counts
    assert counts.unsegmented > 0
    assert counts.segmented == 2 * counts.unsegmented
    assert record.paid.tokens == before.paid.tokens + counts.segment_tokens
    assert record.paid.rollouts == before.paid.rollouts
    assert (counts.steps, counts.correct) == (before.counts.steps, before.counts.correct)
    told = run_file.read(run.folder).get("segmenter") or ""
    assert ('"error":0.5' in told) is bool(own)


def test_the_same_run_again_gives_the_same_tables(tmp_path: Path) -> None:
    run = segmented(tmp_path)
    label_all(run)
    again = segmented(tmp_path, policy=None).model_copy(update={"name": "again"})
    label_all(again)
    mine = tables(run.folder)
    assert mine
    assert mine == tables(again.folder)


def test_a_segmenter_of_its_own_is_checked_and_needs_a_permit_for_code(tmp_path: Path) -> None:
    run = segmented(tmp_path, policy={"kind": "vllm", "model": "m", "python": "/tmp/evil.sh"})
    assert permit(run)
    assert not permit(segmented(tmp_path, policy=OTHER))
    parts = found(run)
    assert (parts["policy"].state, parts["segmenter"].state) == ("well", "bad")


def test_another_wording_of_its_prompt_is_another_configuration(tmp_path: Path) -> None:
    template = tmp_path / "mine.yaml"
    shutil.copy(TEMPLATES / "segment.yaml", template)
    run = segmented(tmp_path, prompt=str(template))
    with run_file.opened(run):
        label_all(run)
    template.write_text(template.read_text().replace("Group neighbouring", "Put neighbouring"))
    with pytest.raises(RunError, match=r"splitter\.prompt"):
        run_file.check(run)


def test_a_run_that_began_with_a_segmenter_goes_on_without_it(tmp_path: Path) -> None:
    with run_file.opened(segmented(tmp_path)):
        pass
    plain = toy_run(tmp_path)
    with run_file.opened(plain):
        label_all(plain)
    run_file.check(plain)
    assert run_file.read(plain.folder)["splitter_prompt"] is None


def test_a_prompt_that_is_not_there_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'nope' is unknown"):
        run_file.check(segmented(tmp_path, prompt="nope"))
