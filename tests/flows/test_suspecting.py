"""`stepmint suspects` lists problems whose gold answer may be wrong."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from flows.suspecting import suspect_here
from schemas import ConfigError
from tests.exporters.test_filters_by_text import answered, of_problems, solved
from tests.runs import problem


@pytest.fixture
def run(tmp_path: Path) -> Path:
    one, other = problem("What is 6 * 7?", "24"), problem("What is [red]2[/red] + 2?", "4")
    rollouts = [*answered(one, *["42"] * 5, "41"), *answered(other, gold=8)]
    return of_problems(tmp_path / "run", [one, other], [solved(one, "a")], rollouts)


def printed(run: Path, *overrides: str, output: Path | None = None) -> str:
    out = Console(file=io.StringIO(), width=100)
    suspect_here(run, out, output=output, overrides=overrides)
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue()


def test_suspects_are_listed_with_what_their_solutions_say(run: Path) -> None:
    text = printed(run)
    assert "What is 6 * 7?" in text
    assert "5/6" in text
    assert "1 problems: 50% of their whole solutions" in text
    assert "2[/red]" not in text


def test_suspects_are_written_where_asked(run: Path, tmp_path: Path) -> None:
    printed(run, output=tmp_path / "suspects.jsonl")
    (line,) = map(json.loads, (tmp_path / "suspects.jsonl").read_text().splitlines())
    assert (line["gold"], line["answer"], line["agree"]) == ("24", "42", 5)


def test_what_counts_as_suspect_can_be_set(run: Path) -> None:
    assert "0 problems" in printed(run, "agreement=0.9")
    with pytest.raises(ConfigError, match="did you mean agreement"):
        printed(run, "agrement=0.9")
