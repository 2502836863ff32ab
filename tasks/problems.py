"""A source becomes the run's shards of problems, once; later sessions read what was staged."""

import asyncio
import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE

from schemas import Problem, RejectedRow, RunError, SourceError
from schemas.arrow import read_table, write_table
from schemas.conversion import problems_from, problems_table
from schemas.rows import ProblemRow
from schemas.run_folder import RunFolder, shard_name
from tasks.files import fresh, sync, write_json, writing
from tasks.session import session_of
from tasks.settings import LabelRun
from verification.seam import Verifier

_EXCERPT = 200
_SUMMARY = "staged.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class StagingRecord:
    """What a run has to work on."""

    shards: int
    problems: int
    unjudgeable: int
    """Problems set aside because their gold answer cannot be judged against."""
    rejected: int
    """Rows that are no problems."""


async def stage(run: LabelRun) -> StagingRecord:
    """Load the run's problems, check their gold answers, and cut them into shards on disk.

    Does nothing where an earlier session has done it, so that a run resumes on the very problems
    it began with. Raises SourceError where no problem is left.
    """
    done = staged(run.folder)
    if done is not None:
        return done
    problems, rejected = await asyncio.to_thread(_load, run)
    async with session_of(run).verifier.used() as verifier:
        reasons = await _preflight(verifier, problems)
    _refuse_nothing(run, problems, rejected, reasons)
    rows = [
        ProblemRow(problem=problem, set_aside=reason and f"gold answer: {reason}")
        for problem, reason in zip(problems, reasons, strict=True)
    ]
    summary = StagingRecord(
        shards=-(-len(rows) // run.shards.size),
        problems=len(rows),
        unjudgeable=sum(map(bool, reasons)),
        rejected=len(rejected),
    )
    with writing(run.folder):
        _write_rejected(run.folder, rejected)
        _write_staging(run, rows, summary)
    return summary


stage_problems = task(name="stage-problems", cache_policy=NO_CACHE, persist_result=False)(stage)


def staged(folder: Path) -> StagingRecord | None:
    """Return what is staged in a run's folder, or None."""
    path = RunFolder(folder).staging / _SUMMARY
    if not path.exists():
        return None
    try:
        return StagingRecord(**json.loads(path.read_text("utf-8")))
    except (ValueError, TypeError) as error:
        raise RunError(
            f"{path} is damaged ({error}): delete {path.parent} and run the same command again; "
            "committed shards and journals stay"
        ) from error


def shard_problems(folder: Path, shard: int) -> tuple[ProblemRow, ...]:
    """Return the staged problems of one shard, in order."""
    path = RunFolder(folder).staging / f"{shard_name(shard)}.parquet"
    return tuple(problems_from(read_table(path, "problems")))


def load_problems(
    rows: Iterable[Problem | RejectedRow], limit: int | None
) -> tuple[list[Problem], list[RejectedRow]]:
    """Return the first `limit` distinct problems of a source, and the rows passed over."""
    problems: dict[str, Problem] = {}
    rejected: list[RejectedRow] = []
    for number, row in enumerate(rows):
        if isinstance(row, RejectedRow):
            rejected.append(row)
        elif row.id in problems:
            rejected.append(_duplicate(row, number))
        else:
            problems[row.id] = row
        if limit is not None and len(problems) >= limit:
            break
    return list(problems.values()), rejected


def _load(run: LabelRun) -> tuple[list[Problem], list[RejectedRow]]:
    return load_problems(run.source.load(), run.limit)


def _duplicate(problem: Problem, row: int) -> RejectedRow:
    return RejectedRow(
        source=problem.source,
        row=row,
        reason=f"duplicate: the same question and answer came before, as {problem.id}",
        excerpt=problem.question[:_EXCERPT],
    )


async def _preflight(verifier: Verifier, problems: Sequence[Problem]) -> list[str]:
    """Return, per problem, why its gold answer cannot be judged against; empty where it can."""
    async with asyncio.TaskGroup() as group:
        checks = [group.create_task(verifier.preflight(problem.answer)) for problem in problems]
    return [check.result() or "" for check in checks]


def _refuse_nothing(
    run: LabelRun,
    problems: Sequence[Problem],
    rejected: Sequence[RejectedRow],
    reasons: Sequence[str],
) -> None:
    """Raise SourceError where not one problem can be labelled."""
    if any(not reason for reason in reasons):
        return
    bad = [f"row {row.row}: {row.reason}" for row in rejected]
    bad += [f"{problem.id}: {why}" for problem, why in zip(problems, reasons, strict=True)]
    examples = "".join(f"\n  {line}" for line in bad[:3]) or "\n  it has no rows"
    raise SourceError(
        f"source {run.source.kind!r} gives no problem that can be labelled:{examples}\n"
        "name the columns of question and answer in the source's settings, or give other data"
    )


def _write_rejected(folder: Path, rejected: Sequence[RejectedRow]) -> None:
    path = RunFolder(folder).rejected
    partial = path.with_name(f"{path.name}.partial")
    lines = [json.dumps(asdict(row), ensure_ascii=True) + "\n" for row in rejected]
    with fresh(partial) as file:
        file.write("".join(lines).encode("ascii"))
    sync(partial)
    partial.replace(path)


def _write_staging(run: LabelRun, rows: Sequence[ProblemRow], summary: StagingRecord) -> None:
    """Write all shards into a folder that gets its name when it is whole."""
    staging = RunFolder(run.folder).staging
    partial = staging.with_name(f"{staging.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    remaining = iter(rows)
    for shard in range(summary.shards):
        path = partial / f"{shard_name(shard)}.parquet"
        write_table(problems_table(islice(remaining, run.shards.size)), path)
        sync(path)
    write_json(partial / _SUMMARY, asdict(summary))
    partial.rename(staging)
    sync(run.folder)
