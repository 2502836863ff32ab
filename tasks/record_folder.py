"""What one process writes in a `RecordFolder`: what it is, and how it stands."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from schemas import RunError
from schemas.record_folder import RecordFolder
from tasks.failures import leading, told
from tasks.files import write_json
from tasks.locks import holding
from tasks.run_file import differences, now


@contextmanager
def held(made: RecordFolder) -> Iterator[None]:
    """Hold a folder, which is made where it is not there; RunError where another does."""
    with holding(made.path, made.lock):
        yield


def update(made: RecordFolder, changes: Mapping[str, Any]) -> None:
    """Change some keys of the record in one atomic rename."""
    write_record(made, made.record() | dict(changes))


def write_record(made: RecordFolder, record: Mapping[str, Any]) -> None:
    """Write the record in one atomic rename; it says when it was first written."""
    begun = {"started": now()} | dict(record)
    write_json(made.record_file, begun, mode=0o600)  # it tells which servers and programs


def refuse_changes(
    record: Mapping[str, Any], shaping: Mapping[str, Any], *, what: str, otherwise: str
) -> None:
    """Raise RunError, which says `what` is there, where it was begun with other settings."""
    changes = list(differences(record.get("shaping", shaping), shaping))
    if changes:
        lines = "".join(f"  {change}\n" for change in changes)
        raise RunError(f"{what}:\n{lines}{otherwise}")


def same_model(made: RecordFolder, what: str, identity: str) -> None:
    """Record which model answers, e.g. as `policy`; RunError where another one answered before."""
    before = made.record().get(what, identity)
    if before != identity:
        raise RunError(
            f"{made.path} was begun with {before}, and the {what} is {identity} now: bring the "
            "old one back, or choose another name with --set name=NAME"
        )
    update(made, {what: identity})


@contextmanager
def failures_told(made: RecordFolder) -> Iterator[None]:
    """Record why it was left, and raise of many failures the one that explains the others."""
    try:
        yield
    except Exception as error:
        with suppress(RunError):  # a full disk must not hide what went wrong
            update(made, {"status": "failed", "error": told(error)})
        raise leading(error) from error
    except BaseException:
        with suppress(RunError):
            update(made, {"status": "interrupted", "error": None})
        raise
