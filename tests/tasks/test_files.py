import errno
from pathlib import Path

import pytest

from schemas import RunError
from tasks.files import writing


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
