"""A publication that is killed in the middle of its uploads, and run again."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tasks.hub_server import hub_server
from tests.waiting import until

CHECKOUT = Path(__file__).resolve().parents[3]
COMMAND = [sys.executable, "-c", "from flows.cli import main; main()", "publish"]


@pytest.mark.slow
@pytest.mark.parametrize("taken", [0, 6])
@pytest.mark.parametrize("to", ["hf:org/sums", "ms:org/sums"])
def test_killed_in_the_middle_of_its_uploads_and_run_again_it_is_whole_and_sent_once(
    run: Path, tmp_path: Path, to: str, taken: int
) -> None:
    with hub_server() as store:
        known = store.environment(tmp_path)
        store.hold_after = taken
        process = subprocess.Popen(
            [*COMMAND, str(run), "--to", to],
            cwd=CHECKOUT, env=known, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        until(
            lambda: sum(one.startswith("PUT") for one in store.requests) > taken,
            what="an upload that is held",
        )
        process.send_signal(signal.SIGKILL)
        process.wait()
        store.hold_after = None
        store.released.set()
        assert store.commits == []
        kept = dict(store.sent)
        done = subprocess.run(
            [*COMMAND, str(run), "--to", to],
            cwd=CHECKOUT, env=known, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        there = store.files["org/sums"]
        for path in run.rglob("*.parquet"):
            assert there[path.relative_to(run).as_posix()] == path.read_bytes()
        assert set(store.sent.values()) == {1}
        assert kept.items() <= store.sent.items()
        assert store.tags["org/sums"] == {"v1": there}
        assert len(store.commits) == 1
