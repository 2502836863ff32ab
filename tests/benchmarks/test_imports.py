"""The benchmark of imports: its table, and the rows it makes."""

import json
import sys
from pathlib import Path

import pytest

from benchmarks import imports
from tests.sources.samples import jsonl

ROW = {"prompt": "2 + 2?", "completions": ["2.", "4."], "labels": [True, False]}


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["imports", *map(str, arguments)])
    return imports.main()


def test_a_line_a_file_and_the_sum(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    jsonl(tmp_path / "a.jsonl", [ROW, ROW])
    jsonl(tmp_path / "b" / "c.jsonl", [{"nothing": 1}])
    figures = tmp_path / "figures.json"
    assert run(monkeypatch, "--data", tmp_path, "--json", figures) == 1
    told = capsys.readouterr().out
    assert "| a.jsonl | trl | 2 | 1 | 1 | 1 | 2 of 2 | 1 duplicate |" in told
    assert "those of no labelled set we know" in told
    assert "| 2 files |  | 2 | 1 | 1 | 1 | 2 of 2 | 1 in all |" in told
    assert [line["file"] for line in json.loads(figures.read_text())] == ["a.jsonl", "b/c.jsonl"]


def test_made_rows_are_imported_whole(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--rows", 100) == 0
    assert "100 rows, 100 solutions in 1 shards" in capsys.readouterr().out
