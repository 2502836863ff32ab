from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from policies import TransformersSettings
from tests.policies.asking import Opened
from tests.policies.embedded.plain import Plain


@pytest.fixture
def opened(model_dir: str, tmp_path: Path) -> Opened:
    """Return an opener of the tiny model."""

    def make(**settings: Any) -> AbstractAsyncContextManager[Any]:
        options = {"model": model_dir, "device": "cpu", "max_batch": 4, "context": 128, **settings}
        return TransformersSettings(**options).open(tmp_path)

    return make


@pytest.fixture(scope="session")
def plain(model_dir: str) -> Plain:
    return Plain(model_dir)
