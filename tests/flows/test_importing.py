"""`stepmint import`, as a person types it."""

from pathlib import Path

import pytest

from tests.flows.in_process import stepmint
from tests.sources.samples import jsonl

ROW = {"prompt": "2 + 2?", "completions": ["2.", "4."], "labels": [True, False]}


def test_a_set_is_imported_shown_and_exported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = jsonl(tmp_path / "set.jsonl", [ROW, ROW])
    words = ("import", path, "--name", "set", "--output", tmp_path / "output")
    assert stepmint(monkeypatch, *words) == 0
    told = capsys.readouterr().out
    for line in (
        "trl (found by its columns; --format names another), labels: unknown",
        "2 rows, 1 problems, 1 solutions, 2 of 2 steps labelled",
        "rejected 1: duplicate",
    ):
        assert line in told
    run = tmp_path / "output" / "set"
    assert stepmint(monkeypatch, "show", run) == 0
    assert stepmint(monkeypatch, "export", run, "--format", "fover") == 0
    assert (run / "exports" / "fover-stated" / "train.parquet").is_file()
    assert stepmint(monkeypatch, *words) == 1
    assert "is there already" in capsys.readouterr().err
    assert stepmint(monkeypatch, *words, "--fresh") == 0
    assert (tmp_path / "output" / "set.1").is_dir()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--name", "../x"], "--name ../x: give letters"),
        (["--name", "x", "--format", "trll"], "give one of processbench"),
        (["--name", "x", "--format", "trl", "--set", "human=right"], "human: unknown"),
        (["--name", "x", "--set", "labels=human"], "name it with --format"),
        (["--name", "x", "--format", "prmbench"], "no row|none of its 1 rows, read as prmbench"),
    ],
)
def test_what_cannot_be_imported_is_one_message_and_no_folder(
    options: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = jsonl(tmp_path / "set.jsonl", [ROW])
    output = tmp_path / "output"
    words = ("import", path, *options, "--output", output)
    assert stepmint(monkeypatch, *words) != 0
    err = " ".join(capsys.readouterr().err.split())
    assert any(part in err for part in message.split("|"))
    assert "Traceback" not in err
    assert not output.exists() or not list(output.iterdir())
