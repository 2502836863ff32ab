from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from policies import OpenAISettings
from tests.policies.asking import Opened
from tests.policies.served.fake_server import QUICK, FakeServer


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    """Return an opener of a policy over fake servers."""

    def make(*servers: FakeServer, **settings: Any) -> AbstractAsyncContextManager[Any]:
        urls = tuple(server.url + "/v1" for server in servers)
        options = {"urls": urls, "patience": QUICK, **settings}
        return OpenAISettings(**options).open(tmp_path)

    return make
