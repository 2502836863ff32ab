from collections.abc import Iterator
from pathlib import Path

import pytest

from rollouts import Journal


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal") as journal:
        yield journal
