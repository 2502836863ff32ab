"""A source becomes the run's shards of problems, once; later sessions read what was staged."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict

from prefect import task
from prefect.cache_policies import NO_CACHE

from exporters.filters.contamination import Known, known_to
from schemas import Problem, RejectedRow, SourceError
from sources import problems_of
from sources.first_places import FirstPlaces
from sources.reading import Reading
from sources.selection import up_to
from tasks import run_file
from tasks.contradictions import Contradictions
from tasks.lists import read_list
from tasks.session import session_of
from tasks.settings import LabelRun
from tasks.sources import located
from tasks.staging import Staging, StagingRecord, staged, staged_problems
from verification.seam import Verifier

_EXCERPT = 200


async def stage(run: LabelRun) -> StagingRecord:
    """Load the run's problems, check their gold answers, and cut them into shards on disk.

    Does nothing where an earlier session has done it, so that a run resumes on the very problems
    it began with; one that is incremental has what is new in the source behind them, in shards of
    its own. Holds one shard's problems at a time. Raises SourceError where no problem is left.
    """
    done = staged(run.folder)
    if done is not None and not run.incremental:
        return done
    known, contradictions = FirstPlaces(), Contradictions()
    for earlier in staged_problems(run.folder, done) if done else ():
        contradictions.note(earlier)
        for problem in earlier:
            known.first(problem.id, 0)
    reading = Reading()
    rows = unknown(await asyncio.to_thread(rows_of, run, reading), known)
    size, session = run.shards.size, session_of(run)
    async with session.verifier.used() as verifier:
        with Staging(run.folder, done) as staging:
            while problems := await asyncio.to_thread(_next_problems, rows, size, staging.reject):
                reasons = await preflight(verifier, problems)
                await asyncio.to_thread(staging.add, problems, reasons)
                contradictions.note(problems)
                session.board.loaded = staging.problems
            await asyncio.to_thread(contradictions.settle, staging, run.verification.conventions)
            _refuse_nothing(run, staging)
            run_file.update(run.folder, {"source": asdict(reading.record)})
            return staging.finish(reading.record)


stage_problems = task(name="stage-problems", cache_policy=NO_CACHE, persist_result=False)(stage)


def rows_of(run: LabelRun, reading: Reading) -> Iterator[Problem | RejectedRow]:
    """Return a run's problems, and the rows passed over; what is read is noted in `reading`.

    Takes the time that copying the source from a hub does. Nothing is read yet.
    """
    found = problems_of(located(run.source), located(run.solutions), reading)
    if run.held_out is not None:
        found = without(found, known_to(run.held_out, read_list)[0], reading)
    return up_to(found, run.limit)


def without(
    rows: Iterable[Problem | RejectedRow], known: Known, reading: Reading
) -> Iterator[Problem | RejectedRow]:
    """Yield the rows, those whose question a list has as rejected ones."""
    for number, row in enumerate(rows):
        found = known.source_of(row.question) if isinstance(row, Problem) else None
        if found is None or isinstance(row, RejectedRow):
            yield row
            continue
        reading.problems -= 1
        reading.rejected["held out"] += 1
        yield RejectedRow(
            source=row.source,
            row=number,
            reason=f"held out: its question is in {found}",
            excerpt=row.question[:_EXCERPT],
        )


def unknown(
    rows: Iterable[Problem | RejectedRow], known: FirstPlaces
) -> Iterator[Problem | RejectedRow]:
    """Yield the rows but for problems that are among the known ones."""
    for row in rows:
        if isinstance(row, RejectedRow) or not known.holds(row.id):
            yield row


def _next_problems(
    rows: Iterator[Problem | RejectedRow], count: int, reject: Callable[[RejectedRow], None]
) -> list[Problem]:
    """Return the next problems, `count` at most; rows that are none go to `reject`."""
    problems: list[Problem] = []
    for row in rows:
        if isinstance(row, RejectedRow):
            reject(row)
            continue
        problems.append(row)
        if len(problems) == count:
            break
    return problems


async def preflight(verifier: Verifier, problems: Sequence[Problem]) -> list[str]:
    """Return, per problem, why its gold answer cannot be judged against; empty where it can."""
    async with asyncio.TaskGroup() as group:
        checks = [group.create_task(verifier.preflight(problem.answer)) for problem in problems]
    return [check.result() or "" for check in checks]


def _refuse_nothing(run: LabelRun, staging: Staging) -> None:
    """Raise SourceError where not one problem can be labelled."""
    if staging.problems > staging.unjudgeable:
        return
    examples = "".join(f"\n  {line}" for line in staging.examples) or "\n  it has no rows"
    origin = f"source {run.source.kind!r}" if run.source else "solutions"
    raise SourceError(
        f"{origin} gives no problem that can be labelled:{examples}\n"
        "name the columns of question and answer in the source's settings, or give other data"
    )
