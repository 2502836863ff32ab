"""Rows that wait for each other in a temporary file, not in memory."""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager

from schemas import SourceError


@contextmanager
def scratch(name: str) -> Iterator[sqlite3.Connection]:
    """Give an empty database in a temporary file that nobody needs after a crash.

    Raises SourceError where TMPDIR cannot hold what is put into it.
    """
    try:
        with (
            tempfile.TemporaryDirectory(prefix="stepmint-rows-") as folder,
            closing(_database(f"{folder}/rows.db")) as table,
        ):
            yield table
    except sqlite3.OperationalError as error:
        raise SourceError(
            f"{name}: {tempfile.gettempdir()} cannot hold its solutions ({error}): free space "
            "there, or set TMPDIR to a larger folder"
        ) from error


def _database(path: str) -> sqlite3.Connection:
    """Open a database; what is read next may be read in any thread."""
    table = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    table.execute("PRAGMA journal_mode = OFF")
    table.execute("PRAGMA synchronous = OFF")
    return table
