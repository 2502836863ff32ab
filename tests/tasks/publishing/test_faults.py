"""What hubs and networks do to a publication: each trouble is survived, or one clear message."""

import errno
import os
import tempfile
from pathlib import Path

import pytest

from schemas import ExportError, RunError
from tasks.hubs import Address
from tasks.publish import publish_run
from tests.tasks.hub_server import Fault, Store

HF = {
    "list": r"GET .*/tree/main",
    "look": r"GET /api/datasets/org/sums$",
    "create": r"POST /api/repos/create",
    "card": r"POST /api/validate-yaml",
    "preupload": r"POST .*/preupload/",
    "batch": r"POST .*/objects/batch",
    "upload": r"PUT /blobs/",
    "commit": r"POST .*/commit/",
    "tags": r"GET .*/refs",
    "tag": r"POST .*/tag/",
}
MS = {
    "look": r"GET .*/datasets/org/sums$",
    "list": r"GET .*/repo/tree",
    "create": r"POST /api/v1/datasets$",
    "batch": r"POST .*/objects/batch",
    "upload": r"PUT /blobs/",
    "commit": r"POST .*/commit/",
    "tags": r"GET .*/revisions",
    "tag": r"POST .*/repo/tag",
}
REQUESTS = [
    *(pytest.param("hf:org/sums", pattern, id=f"hf-{name}") for name, pattern in HF.items()),
    *(pytest.param("ms:org/sums", pattern, id=f"ms-{name}") for name, pattern in MS.items()),
]
BOTH = pytest.mark.parametrize("to", ["hf:org/sums", "ms:org/sums"])

pytestmark = pytest.mark.usefixtures("no_pauses")


def whole(run: Path, store: Store) -> bool:
    """Tell whether the hub holds the run once, under its first tag, and nothing was sent twice."""
    there = store.files["org/sums"]
    shards = list((run / "solutions").iterdir())
    return (
        len([path for path in there if path.startswith("solutions/")]) == len(shards)
        and sorted(store.tags["org/sums"]) == ["v1"]
        and store.tags["org/sums"]["v1"] == there
        and set(store.sent.values()) == {1}
    )


SLOW = pytest.mark.slow


@pytest.mark.parametrize("status", [503, *(pytest.param(one, marks=SLOW) for one in (429, 0))])
@pytest.mark.parametrize(("to", "pattern"), REQUESTS)
def test_a_trouble_that_passes_is_survived_or_the_next_time_goes_on_from_there(
    run: Path, store: Store, to: str, pattern: str, status: int
) -> None:
    store.faults.append(Fault(pattern, status))
    try:
        publish_run(run, to)
    except ExportError:  # nothing had been reached yet
        assert "org/sums" not in store.files
        publish_run(run, to)
    publish_run(run, to)
    assert whole(run, store)


@pytest.mark.parametrize("lost", [r"POST .*/commit/", r"PUT /blobs/", r"/tag", r"POST .*create"])
@BOTH
def test_an_answer_that_gets_lost_on_its_way_does_no_harm(
    run: Path, store: Store, to: str, lost: str
) -> None:
    store.faults.append(Fault(lost, 0, done=True))
    publish_run(run, to)
    there = store.files["org/sums"]
    assert store.tags["org/sums"] == {"v1": there}
    assert len([path for path in there if path.startswith("solutions/")]) == 2


@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        (401, "may have expired or been revoked"),
        (403, "the token may not do that"),
        (429, "the hub is busy"),
        (503, "the hub is out of order"),
        (0, "the hub cannot be reached"),
    ],
)
@pytest.mark.parametrize(
    ("to", "pattern"),
    [("hf:org/sums", HF["list"]), ("ms:org/sums", MS["look"]),
     *(pytest.param("hf:org/sums", HF[name], marks=SLOW) for name in ("upload", "commit")),
     *(pytest.param("ms:org/sums", MS[name], marks=SLOW) for name in ("upload", "commit"))],
)  # fmt: skip
def test_a_trouble_that_stays_is_one_message_with_its_remedy(
    run: Path, store: Store, to: str, pattern: str, status: int, remedy: str
) -> None:
    store.faults.append(Fault(pattern, status, times=1_000_000))
    with pytest.raises(ExportError, match=remedy) as told:
        publish_run(run, to)
    assert "\n" not in str(told.value)
    assert "loopback" not in str(told.value)  # the tokens are called so
    assert "what is there already is not sent twice" in str(told.value)


@BOTH
def test_a_token_that_may_not_create_is_told_what_to_check(
    run: Path, store: Store, to: str
) -> None:
    store.faults.append(Fault(r"POST (/api/repos/create|/api/v1/datasets$)", 403, times=99))
    with pytest.raises(ExportError, match="organisation's name is right and that you may write"):
        publish_run(run, to)


@pytest.mark.parametrize(
    "name", ["org/-sums", "org/sums.", "org/a--b", "org/a..b", "org/sums.git", f"org/{'a' * 95}"]
)
def test_a_name_that_hubs_do_not_take_is_refused_before_anything_is_read(name: str) -> None:
    with pytest.raises(ExportError, match="at most 96 characters"):
        Address.parse(f"hf:{name}")


@BOTH
def test_a_full_disk_of_temporary_files_says_what_to_set(
    run: Path, store: Store, monkeypatch: pytest.MonkeyPatch, to: str
) -> None:
    def full(*args: object, **named: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/tmp/stepmint-publish-1")

    monkeypatch.setattr(tempfile, "mkdtemp", full)
    with pytest.raises(RunError, match=r"stepmint-publish-1: the disk is full: free space"):
        publish_run(run, to)
    assert store.files == {}
