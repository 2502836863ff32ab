"""A run to publish, and a hub on loopback that both clients take for theirs."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from exporters import TrlExporter
from exporters.runs import export_run
from schemas.run_folder import RunFolder
from tests.runs import sums_run
from tests.tasks.hub_server import Store, hub_server

constants = pytest.importorskip(
    "huggingface_hub.constants", reason="needs the extra: pip install -e '.[hub]'"
)
pytest.importorskip("modelscope_hub", reason="needs the extra: pip install -e '.[hub]'")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = sums_run(tmp_path / "sums")
    export_run(RunFolder(folder), TrlExporter(validation_ratio=0.25))
    return folder


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Store]:
    """A hub that both clients take for theirs, with a token for each."""
    with hub_server() as served:
        monkeypatch.setattr(constants, "ENDPOINT", served.url)
        files = f"{served.url}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", files)
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        monkeypatch.setenv("HF_TOKEN", "hf_loopback")
        monkeypatch.setenv("MODELSCOPE_ENDPOINT", served.url)
        monkeypatch.setenv("MODELSCOPE_API_TOKEN", "ms_loopback")
        monkeypatch.setenv("MODELSCOPE_CACHE", str(tmp_path / "modelscope"))
        yield served


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the clients nor we wait before we try again."""
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
