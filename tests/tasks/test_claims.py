import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import cluster_services
from tasks.claims import Claims
from tasks.shared_root import SharedRoot


@pytest.fixture(params=["folder", "s3"])
def where(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """A shared root of each kind."""
    if request.param == "folder":
        yield str(tmp_path)
        return
    pytest.importorskip("moto", reason="no S3-compatible server is installed")
    with cluster_services.s3(tmp_path) as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        yield f"s3://{cluster_services.BUCKET}/runs"


def peer(where: str, *, lease_s: float = 60) -> Claims:
    claims = Claims(SharedRoot(where, "run"), lease_s=lease_s)
    claims.beat()
    return claims


def test_what_a_living_peer_claims_is_nobody_elses(where: str) -> None:
    first, second = peer(where), peer(where)
    assert first.take("shard-00000")
    assert not second.take("shard-00000")
    assert second.taken() == {"shard-00000"}
    assert second.take("shard-00001")


def test_what_a_peer_gives_up_another_may_claim(where: str) -> None:
    first, second = peer(where), peer(where)
    assert first.take("shard-00000")
    first.release("shard-00000")
    assert second.take("shard-00000")
    second.leave()
    assert first.taken() == frozenset()
    assert first.take("shard-00000")


def test_the_claims_of_a_peer_without_a_sign_of_life_are_taken_over(where: str) -> None:
    dead, heir = peer(where), peer(where, lease_s=1)
    assert dead.take("shard-00000")
    assert not heir.take("shard-00000")
    # The lease is the heir's to judge: until more than it has passed, in the root's whole seconds.
    deadline = time.monotonic() + 30
    while not heir.take("shard-00000"):
        assert time.monotonic() < deadline
        time.sleep(0.2)
        heir.beat()
    assert heir.taken() == {"shard-00000"}


def test_when_everything_is_done_claims_of_the_dead_are_removed_too(where: str) -> None:
    killed, last = peer(where), peer(where)
    assert killed.take("shard-00000")
    assert last.take("conclusion")
    last.clear()
    root = SharedRoot(where, "run")
    assert root.listing("claims") == {}
    assert last.peer in root.listing("peers")


def test_an_object_is_there_whole_or_not_at_all(where: str, tmp_path: Path) -> None:
    root = SharedRoot(where, "run")
    assert root.get("a/b") is None
    assert not root.download("a/b", tmp_path / "file")
    root.put("a/b", b"first")
    root.put("a/b", b"second")
    assert root.get("a/b") == b"second"
    assert list(root.listing("a")) == ["b"]
    root.delete("a/b")
    root.delete("a/b")
    assert not root.has("a/b")
