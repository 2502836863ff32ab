"""A set of critiques on disk: its lock, its shards' commits, and `critiques.json`.

shard-00000.parquet            whole, but nobody's until
committed/shard-00000.json     this marker appears, in one rename
critiques.json                 what the set is, from its first moment; at the end what it came to
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from rollouts import JournalReader, Spent, has_records, remove_journal
from rollouts.critiquing import READER, load_critique_template
from schemas import Completion, Critique, RunError
from schemas.arrow import SCHEMA_VERSION, read_table, write_table
from schemas.conversion import critiques_from, critiques_table
from schemas.critique_folder import CritiqueFolder
from schemas.run_folder import RunFolder
from tasks.commits import recorded
from tasks.critique_settings import CritiqueRun
from tasks.files import digest, sync, write_json
from tasks.record_folder import refuse_changes, update, write_record


@dataclass(frozen=True, slots=True, kw_only=True)
class CritiqueShard:
    """The marker of a committed shard of critiques."""

    shard: str
    solutions: str
    """SHA-256 of the table of solutions that they are of."""
    asked: int
    """Solutions of that table that were asked about: the first so many."""
    samples: int
    """Critiques asked for of each."""
    left: int
    """Of these, those that a budget left open."""
    reader: int
    """How they were read."""
    digest: str
    """SHA-256 of the table."""


def begin(made: CritiqueFolder, settings: CritiqueRun) -> None:
    """Say what the set is; RunError where it holds critiques of other settings."""
    shaping = settings.shaping()
    record = made.record() if _sampled(made) else {}
    refuse_changes(
        record,
        shaping,
        what=f"{made.path} holds critiques of other settings",
        otherwise="ask with the old values, or choose another set with --set name=NAME",
    )
    template = load_critique_template(settings.prompt)
    write_record(
        made,
        record
        | {
            "name": settings.name,
            "schema_version": SCHEMA_VERSION,
            "settings": settings.model_dump(mode="json"),
            "shaping": shaping,
            "template": template.model_dump(mode="json"),
            "status": "sampling",
        },
    )


def same_policy(made: CritiqueFolder, identity: str) -> None:
    """Record which policy answers; RunError where another one answered before."""
    before = made.record().get("policy", identity)
    if before != identity:
        raise RunError(
            f"{made.path} holds critiques of {before}, and the policy is {identity} now: bring the "
            "old one back, or choose another set with --set name=NAME"
        )
    update(made, {"policy": identity})


def _sampled(made: CritiqueFolder) -> bool:
    """Tell whether a set holds anything that its critic was asked for."""
    journals = made.path.glob("journal/*.journal")
    return any(made.path.glob("shard-*.parquet")) or any(map(has_records, journals))


def marker(made: CritiqueFolder, shard: str) -> CritiqueShard | None:
    """Return a shard's marker; None where it is not committed. Raises RunError for damage."""
    path = made.marker(shard)
    if not path.exists():
        return None
    try:
        return CritiqueShard(**json.loads(path.read_text("utf-8")))
    except (ValueError, TypeError) as error:
        raise RunError(
            f"{path} is damaged ({error}): delete it and run the same command, which reads what is "
            "there and pays for nothing again"
        ) from error


def commit(
    made: CritiqueFolder,
    rows: Iterable[Critique],
    *,
    shard: str,
    solutions: str,
    asked: int,
    samples: int,
    left: int,
) -> None:
    """Put a shard's table in place of the one there was; a crash leaves one or the other, whole.

    Its journal is dropped: all that it held is in the table now.
    """
    table, partial = made.file(shard), made.path / f"{shard}.parquet.partial"
    write_table(critiques_table(rows), partial)
    sync(partial)
    made.marker(shard).unlink(missing_ok=True)
    partial.replace(table)
    sync(made.path)
    made.markers.mkdir(exist_ok=True)
    done = CritiqueShard(
        shard=shard,
        solutions=solutions,
        asked=asked,
        samples=samples,
        left=left,
        reader=READER,
        digest=digest(table),
    )
    write_json(made.marker(shard), asdict(done))
    remove_journal(made.journal(shard))


def rows_there(made: CritiqueFolder, shard: str) -> Sequence[Critique]:
    """Return the critiques in a shard's table, committed or not: all of them were paid for."""
    path = made.file(shard)
    return list(critiques_from(read_table(path, "critiques"))) if path.is_file() else []


def known(rows: Iterable[Critique]) -> dict[str, Completion]:
    """Return the completions behind critiques, by key."""
    return {row.key: row.completion for row in rows}


def spent_by(made: CritiqueFolder, shards: Iterable[str]) -> Spent:
    """Return what a set has paid for, in its tables and in journals of shards left open."""
    total = Spent()
    for shard in shards:
        table = known(rows_there(made, shard))
        tokens = sum(one.completion_tokens for one in table.values())
        total += Spent(rollouts=len(table), tokens=tokens)
        with JournalReader(made.journal(shard)) as journal:
            total += Spent.of(journal.costs())
            both = [one for key in table if (one := journal.get(key))]
        # A kill between a commit and the end of its journal leaves them twice.
        again = sum(one.completion_tokens for one in both)
        total += Spent(rollouts=-len(both), tokens=-again)
    return total


def check_set(run: RunFolder, made: CritiqueFolder, shards: Iterable[str]) -> None:
    """Raise RunError for a table that is missing or changed, or not of the run's solutions."""
    for shard in shards:
        done, file = marker(made, shard), made.file(shard)
        if done is None:
            continue
        if not file.is_file() or digest(file) != done.digest:
            what = "differs from what was committed" if file.is_file() else "is missing"
            raise RunError(
                f"{file} {what}: bring it back from a copy, or delete {made.marker(shard)} and "
                "run the same `stepmint critique` again"
            )
        if done.solutions != digest_of_solutions(run, shard):
            raise RunError(
                f"{run.file('solutions', shard)} is not what {made.path} judged: run the same "
                "`stepmint critique` again, which asks about what is new"
            )


def digest_of_solutions(run: RunFolder, shard: str) -> str:
    """Return the SHA-256 of a shard's table of solutions, as it was committed."""
    record = recorded(run.path, int(shard.removeprefix("shard-")))
    return record.digests["solutions"] if record else ""
