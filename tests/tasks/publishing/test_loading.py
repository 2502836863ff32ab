"""What `datasets` makes of a published run, straight from the hub; and hubs of its card."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from exporters import MathShepherdExporter, TrlExporter
from exporters.outcome import OrmExporter, SftExporter
from exporters.runs import export_run
from schemas.run_folder import RunFolder
from tasks.publish import publish_run
from tests.tasks.hub_server import Store

repocard = pytest.importorskip("huggingface_hub.repocard")

LOAD = """
import json, sys, datasets
loaded = {
    name: {split: rows.num_rows for split, rows in datasets.load_dataset("org/sums", name).items()}
    for name in datasets.get_dataset_config_names("org/sums")
}
first = datasets.load_dataset("org/sums", "solutions", revision="v1", split="train")
print(json.dumps([loaded, first.num_rows]))
"""


@pytest.fixture
def exported(run: Path) -> Path:
    """The run with exports of several formats, one of them without a row of validation."""
    for exporter in (MathShepherdExporter(), OrmExporter(), SftExporter(validation_ratio=0)):
        export_run(RunFolder(run), exporter)
    return run


@pytest.mark.slow
def test_every_configuration_loads_from_the_hub_with_all_its_rows(
    exported: Path, store: Store, tmp_path: Path
) -> None:
    publish_run(exported, "hf:org/sums")
    environment = {
        **os.environ,
        "HF_ENDPOINT": store.url,
        "HF_HOME": str(tmp_path / "hf"),
        "HF_HUB_DISABLE_XET": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", LOAD], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-300:]
    loaded, first = json.loads(done.stdout.splitlines()[-1])
    assert first == 80
    tables = {name: loaded.pop(name)["train"] for name in ("problems", "nodes", "rollouts")}
    assert tables == {"problems": 42, "nodes": 42, "rollouts": 80}
    assert loaded.pop("solutions") == {"train": 80}
    assert set(loaded) == {folder.name for folder in RunFolder(exported).exports}
    for name, splits in loaded.items():
        told = json.loads((RunFolder(exported).export(name) / "export.json").read_text())["rows"]
        assert splits == {split: count for split, count in told.items() if count}


def test_the_header_is_one_that_hubs_read(exported: Path, store: Store) -> None:
    data = repocard.DatasetCard(publish_run(exported, "hf:org/sums", dry_run=True).card).data
    read = data.to_dict()
    assert read["size_categories"] == ["n<1K"]
    assert read["task_categories"] == ["token-classification", "text-generation"]
    assert "process-reward-model" in read["tags"]
    assert read["license"] == "other"


def test_the_snippets_of_the_card_are_python_that_parses(exported: Path, store: Store) -> None:
    export_run(RunFolder(exported), TrlExporter(separator="\n\n", max_length=None))
    card = publish_run(exported, "hf:org/sums", dry_run=True).card
    snippets = [part.split("```")[0] for part in card.split("```python\n")[1:]]
    assert len(snippets) >= 4
    for snippet in snippets:
        compile(snippet, "card", "exec")
    assert r"step_separator='\n\n', max_length=None" in card
