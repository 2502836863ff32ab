import errno
import json
import os
import stat
from pathlib import Path

import pytest

from schemas import ConfigError, RunError
from tasks.files import named_file, write_json, writing


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        (errno.ENOSPC, "free space"),
        (errno.EROFS, "--set output=FOLDER"),
        (errno.ENOENT, "--set output=FOLDER"),
    ],
)
def test_what_the_disk_refuses_is_named_with_the_remedy(code: int, remedy: str) -> None:
    with pytest.raises(RunError, match=f"^/data/run: .*{remedy}"), writing(Path("/data")):
        raise OSError(code, "refused", "/data/run")


def test_a_fault_that_no_disk_explains_keeps_its_traceback() -> None:
    with pytest.raises(OSError, match="strange"), writing(Path("/data")):
        raise OSError(errno.ENOTTY, "strange")


def test_a_link_in_the_way_of_a_new_file_is_replaced_and_not_written_through(
    tmp_path: Path,
) -> None:
    theirs = tmp_path / "theirs"
    theirs.write_text("a private key")
    (tmp_path / "run.json.partial").symlink_to(theirs)
    write_json(tmp_path / "run.json", {"name": "a"})
    assert theirs.read_text() == "a private key"
    assert json.loads((tmp_path / "run.json").read_text()) == {"name": "a"}


def test_a_pipe_that_a_user_names_for_a_file_stays_one(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    told = r"--grades .*: that is no file"
    with pytest.raises(ConfigError, match=told), named_file(pipe, option="--grades"):
        pass
    assert pipe.is_fifo()
    assert os.listdir(tmp_path) == ["pipe"]


def test_a_file_that_a_user_names_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    named = tmp_path / "new" / "graded.jsonl"
    with pytest.raises(KeyError), named_file(named):
        raise KeyError
    assert not list(named.parent.iterdir())
    (tmp_path / "link").symlink_to(named)
    with named_file(tmp_path / "link") as file:
        file.write(b"all")
    assert named.read_bytes() == b"all"
    assert (tmp_path / "link").is_symlink()


@pytest.mark.parametrize("mode", [0o600, 0o664])
def test_a_file_that_is_replaced_leaves_its_permissions(tmp_path: Path, mode: int) -> None:
    named = tmp_path / "graded.jsonl"
    named.write_bytes(b"old")
    named.chmod(mode)
    with named_file(named) as file:
        file.write(b"new")
    assert (named.read_bytes(), stat.S_IMODE(named.stat().st_mode)) == (b"new", mode)
