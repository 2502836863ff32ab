"""Shards whose tables and counts are committed together, by one marker; what they cost."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

import pyarrow as pa

from rollouts import Costs, JournalReader, Spent, remove_journal
from schemas import Problem, RunError
from schemas.arrow import write_table
from schemas.record_folder import TablesFolder
from tasks.files import digest, replacing, write_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """What a shard's marker says."""

    problems: str
    """A digest of what the shard's problems are."""
    digests: Mapping[str, str]
    """SHA-256 of each table's file."""
    costs: Costs
    prm_tokens: int
    """Tokens that a reward model read."""
    counts: Mapping[str, int]
    """What its rows came to, where that is counted while they are made."""


def commit(
    made: TablesFolder,
    tables: Mapping[str, pa.Table],
    *,
    shard: str,
    problems: Sequence[Problem],
    costs: Costs,
    prm_tokens: int,
    counts: Mapping[str, int],
) -> None:
    """Write a shard's tables, then the marker that makes them count; drop its journal."""
    digests = {}
    for name, table in tables.items():
        path = made.file(name, shard)
        path.parent.mkdir(exist_ok=True)
        with replacing(path) as partial:
            write_table(table, partial)
        digests[name] = digest(path)
    made.markers.mkdir(exist_ok=True)
    record = Committed(
        problems=digest_of(problems),
        digests=digests,
        costs=costs,
        prm_tokens=prm_tokens,
        counts=counts,
    )
    write_json(made.marker(shard), asdict(record))
    remove_journal(made.journal(shard))


def committed(made: TablesFolder, shard: str) -> Committed | None:
    """Return a shard's marker; None where it is not committed. Raises RunError for damage."""
    path = made.marker(shard)
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_text("utf-8"))
        return Committed(
            problems=found["problems"],
            digests=dict(found["digests"]),
            costs=Costs(**found["costs"]),
            prm_tokens=found["prm_tokens"],
            counts=dict(found.get("counts", {})),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise RunError(
            f"{path} is damaged ({error}): delete it and run the same command, which works on the "
            "shard's problems anew"
        ) from error


def digest_of(problems: Sequence[Problem]) -> str:
    """Return a digest of all that is known of some problems."""
    content = "\x1f".join(problem.as_json() for problem in problems)
    return hashlib.sha256(content.encode()).hexdigest()


def spent_by(made: TablesFolder) -> Spent:
    """Return what was paid for, in committed shards and in journals of open ones."""
    total = Spent()
    for shard in made.shards:
        done = committed(made, shard)
        total += Spent.of(done.costs) if done else Spent()
    for path in sorted(made.path.glob("journal/*.journal")):
        # A kill between a commit and the end of its journal leaves both.
        if not made.marker(path.stem).is_file():
            with JournalReader(path) as journal:
                total += Spent.of(journal.costs())
    return total


def check_tables(made: TablesFolder, shards: Iterable[str]) -> None:
    """Raise RunError for a table that is missing or is not the committed one."""
    for shard in shards:
        done = committed(made, shard)
        for name, known in done.digests.items() if done else ():
            path = made.file(name, shard)
            if not path.is_file() or digest(path) != known:
                what = "differs from what was committed" if path.is_file() else "is missing"
                raise RunError(
                    f"{path} {what}: bring it back from a copy, or delete {made.marker(shard)} and "
                    "run the same command, which works on the shard's problems anew"
                )
