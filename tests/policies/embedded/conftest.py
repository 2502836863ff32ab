from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from policies import TransformersSettings
from tests.policies.asking import Opened


@pytest.fixture
def opened(model_dir: str, tmp_path: Path) -> Opened:
    """Return an opener of the tiny model."""

    def make(**settings: Any) -> AbstractAsyncContextManager[Any]:
        options = {"model": model_dir, "device": "cpu", "max_batch": 4, "context": 128, **settings}
        return TransformersSettings(**options).open(tmp_path)

    return make
