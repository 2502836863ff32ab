"""`stepmint check`, part by part."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from schemas import ConfigError
from tasks.checking import Found, examined
from tasks.run_file import opened
from tasks.settings import LabelRun
from tests.toy_runs import toy_run, tree


def found(run: LabelRun, *, rows: int = 100) -> dict[str, Found]:
    async def main() -> list[Found]:
        return [one async for one in examined(run, rows=rows)]

    return {one.part: one for one in asyncio.run(main())}


def rows(path: Path, *values: dict[str, Any]) -> dict[str, Any]:
    path.write_text("".join(json.dumps(value) + "\n" for value in values))
    return {"kind": "file", "path": str(path)}


def test_a_run_that_can_start_is_found_well_and_nothing_is_written(tmp_path: Path) -> None:
    run = toy_run(tmp_path)
    before = tree(tmp_path)
    parts = found(run)
    assert {one.state for one in parts.values()} == {"well"}
    assert list(parts) == ["run", "source", "prompt", "policy", "exports"]
    assert parts["source"].told == "12 rows: 12 problems, 12 to label"
    assert tree(tmp_path) == before


def test_what_the_source_leaves_out_is_counted_with_its_reasons(tmp_path: Path) -> None:
    asked = [{"problem": f"What is {n} + 1?", "answer": str(n + 1)} for n in range(20)]
    source = rows(
        tmp_path / "mixed.jsonl",
        *asked,
        asked[0],
        {"problem": "No gold?", "answer": ""},
        {"problem": "What is 5 + 1?", "answer": "7"},
    )
    part = found(toy_run(tmp_path, source=source))["source"]
    told = "\n".join(part.details)
    assert part.told == "23 rows: 21 problems, 19 to label"
    assert "duplicate" in told
    assert "question from problem; gold from answer" in told
    assert "the same question also has the gold answer '6'" in told
    assert "rejected 1: " in told
    assert part.state == "well"


def test_a_source_that_gives_nothing_names_the_settings_that_would(tmp_path: Path) -> None:
    source = rows(tmp_path / "odd.jsonl", {"foo": 1, "bar": 2})
    part = found(toy_run(tmp_path, source=source))["source"]
    assert part.state == "bad"
    assert "columns.problem" in part.told


def test_the_prompt_is_shown_as_the_policy_will_read_it(tmp_path: Path) -> None:
    part = found(toy_run(tmp_path))["prompt"]
    assert part.text.startswith("Question: Add up: ")
    assert "answers read as hash, steps by newline" in part.told
    chat = found(toy_run(tmp_path, prompt="qwen-math", verification={}))["prompt"]
    assert "[system]\nPlease reason step by step" in chat.text


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        ({"kind": "vllm", "model": "./none", "python": "python"}, "no such folder"),
        ({"kind": "transformers", "model": "/no/model"}, "no such folder"),
        ({"kind": "openai", "urls": ["http://127.0.0.1:9/v1"]}, "no server answers"),
    ],
)
def test_a_policy_that_cannot_open_is_named(
    policy: dict[str, Any], told: str, tmp_path: Path
) -> None:
    part = found(toy_run(tmp_path, policy=policy))["policy"]
    assert part.state == "bad"
    assert told in part.told


def test_an_export_whose_tokenizer_is_missing_is_found_before_the_run(tmp_path: Path) -> None:
    exports = [{"format": "trl", "tokenizer": str(tmp_path / "none")}]
    part = found(toy_run(tmp_path, exports=exports))["exports"]
    assert part.state == "bad"
    assert "no tokenizer at" in part.told


def test_what_is_in_the_runs_folder_is_told(tmp_path: Path) -> None:
    run = toy_run(tmp_path)
    assert found(run)["run"].told.endswith("toy is new")
    with pytest.raises(ConfigError), opened(run):
        raise ConfigError("no such model")
    assert "failed, 0 shards committed" in found(run)["run"].told
    (tmp_path / "output" / "thesis").mkdir()
    (tmp_path / "output" / "thesis" / "chapter.tex").write_text("years of work")
    assert found(toy_run(tmp_path, name="thesis"))["run"].state == "bad"


def test_lists_of_filters_are_read_before_a_run_and_not_at_its_end(tmp_path: Path) -> None:
    there = tmp_path / "bench.jsonl"
    there.write_text('{"question": "What is 2 + 2?"}\n')

    def part(name: Path) -> Found:
        filters = [{"kind": "contamination", "against": str(name)}]
        exports = [{"format": "trl", "filters": filters}]
        return found(toy_run(tmp_path, exports=exports))["exports"]

    assert part(there).details == (f"filter contamination: 1 questions in {there}",)
    missing = part(tmp_path / "missing.jsonl")
    assert missing.state == "bad"
    assert "no such file" in missing.told
