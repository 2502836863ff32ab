"""What the check of consumers says of one that reads our rows, and of one that it lacks."""

from pathlib import Path
from typing import Any

import pytest
from transformers import PreTrainedTokenizerFast

from benchmarks.consumers import readers
from benchmarks.consumers.__main__ import _line, _tokenizer
from benchmarks.consumers.catalogue import CONSUMERS
from exporters import AnyExporter
from tests.registries import kinds

pytest.importorskip("trl.experimental.prm", reason="TRL 1.14 removed its PRM trainer")
ROW = {
    "prompt": "What is 2 + 2 * 3?",
    "completions": ["2 * 3 = 6.", "= 9"],
    "labels": [True, False],
}


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = _tokenizer(tmp_path_factory.mktemp("tokenizers") / "bytes")
    return PreTrainedTokenizerFast.from_pretrained(folder)


def test_a_readers_steps_and_labels_lie_beside_ours(tokenizer: Any) -> None:
    ((seen, ours),) = readers.trl([ROW], tokenizer)
    assert seen == ours == [("2 * 3 = 6.\n", 1), ("= 9\n", 0)]


def test_paths_of_a_tree_go_from_its_root_to_each_leaf() -> None:
    def node(text: str, *children: Any) -> Any:
        return {"text": text, "mc_value": 0.5, "children": children}

    paths = readers._paths(node("q", node("a", node("b"), node("c")), node("d")))
    assert [texts for texts, _ in paths] == [["q", "a", "b"], ["q", "a", "c"], ["q", "d"]]


def test_a_consumer_whose_source_is_missing_is_not_run_and_says_what_to_clone(
    tmp_path: Path,
) -> None:
    openr = next(one for one in CONSUMERS if one.name == "OpenR")
    line = _line(openr, tmp_path, tmp_path, tmp_path, None)
    assert line.rows == 0
    assert line.problem.startswith(
        "not run: clone https://github.com/openreasoner/openr at 54ae004"
    )


def test_every_consumer_has_a_reader_and_a_format_of_ours() -> None:
    assert {one.reader for one in CONSUMERS} == readers.READERS.keys()
    assert {one.format for one in CONSUMERS} <= set(kinds(AnyExporter, "format"))
