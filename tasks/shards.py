"""One shard of problems in, four Parquet files out."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from typing import Any

import pyarrow as pa
from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task

from policies.seam import Policy
from rollouts import (
    Costs,
    Journal,
    OtherRuns,
    OverBudgetError,
    Purse,
    ShardRollouts,
    Spent,
    load_template,
)
from schemas import (
    ROOT,
    Labelling,
    LastingPolicyError,
    PolicyError,
    Problem,
    Rollout,
    RunError,
    VerifierError,
)
from schemas.arrow import TableName, read_table
from schemas.conversion import (
    nodes_table,
    problems_from,
    problems_table,
    rollouts_table,
    solutions_table,
)
from schemas.rows import NodeRow, ProblemRow, Provenance, SolutionRow
from schemas.run_folder import RunFolder, shard_name
from tasks.commits import commit, committed, drop_journal, recorded
from tasks.failures import leading
from tasks.files import writing
from tasks.quality import Seen, refuse_poor
from tasks.records import Counts, ShardRecord
from tasks.reuse import Reused, reused
from tasks.run_file import config_digest, prompt_version, update
from tasks.session import session_of
from tasks.settings import LabelRun
from tasks.staging import shard_problems
from verification.seam import Verifier

log = logging.getLogger(__name__)


async def _may_pass(_task: Task[Any, Any], _run: TaskRun, state: State[Any]) -> bool:
    """Tell whether another try could succeed: what had been running broke, and not for good."""
    return _passes(await state.aresult(raise_on_failure=False))


def _passes(error: Any) -> bool:
    broke = isinstance(error, PolicyError | VerifierError)
    return broke and not isinstance(error, LastingPolicyError)


@task(
    name="label-shard",
    task_run_name="shard-{shard:05d}",
    cache_policy=NO_CACHE,
    persist_result=False,
    retry_condition_fn=_may_pass,
)
async def label_shard(run: LabelRun, shard: int) -> ShardRecord | None:
    """Label the staged problems of one shard and commit them; does nothing where that is done.

    Killed anywhere, the same call pays for no completion again that had come back. Where the run's
    budget ends first, what is whole is committed and the rest stays in the journal: the record says
    how many problems are left; None where none is whole.
    """
    done = committed(run.folder, shard)
    if done is None:
        try:
            done = await _labelled(run, shard)
        except ExceptionGroup as group:
            cause = leading(group)
            if _passes(cause):
                log.warning(
                    "%s failed: %s; up to %d retries, each after %g s",
                    *(shard_name(shard), cause, run.shards.retries, run.shards.retry_delay_s),
                )
            raise cause from group
    if done and not done.left:
        drop_journal(run.folder, shard)
    return done


async def _labelled(run: LabelRun, shard: int) -> ShardRecord | None:
    rows = shard_problems(run.folder, shard)
    session = session_of(run)
    opening = asyncio.timeout(session.purse.seconds_left)
    try:
        async with opening, shard_opened(run, shard, rows) as rollouts:
            opening.reschedule(None)
            policy, segmenter = rollouts.policy, rollouts.segmenter
            # A policy that the budget keeps idle does not wait for work.
            session.window.feeds(lambda: 0 if session.purse.holds_back else policy.idle)
            if policy.caveat:
                update(run.folder, {"policy_caveat": policy.caveat})
            if segmenter is not policy:
                update(run.folder, {"segmenter": segmenter.identity})
            work = await _label_all(run, shard, rows, rollouts)
            return _commit(run, shard, work, rollouts, left=len(rows) - len(work))
    except TimeoutError:
        if opening.expired():  # the session's hours ended while the policy was starting
            return recorded(run.folder, shard)
        raise


@asynccontextmanager
async def shard_opened(
    run: LabelRun, shard: int, rows: Sequence[ProblemRow]
) -> AsyncIterator[ShardRollouts]:
    """Hand out a shard's rollouts, with all that they need open, its journal held."""
    session = session_of(run)
    async with (
        session.verifier.used() as verifier,
        session.policy.used() as policy,
        session.segmenter.used() as segmenter,
        other_runs(run, rows, policy) as others,
    ):
        session.board.labelling_began(lambda: policy.in_flight)
        path = RunFolder(run.folder).journal(shard_name(shard))
        with (
            writing(run.folder),
            Journal(path) as journal,
            shard_rollouts(run, policy, verifier, journal, others, segmenter) as rollouts,
        ):
            yield rollouts


@asynccontextmanager
async def other_runs(
    run: LabelRun, rows: Sequence[ProblemRow], policy: Policy
) -> AsyncIterator[Reused]:
    """Have at hand what the runs of `reuse` paid for; they are read beside the event loop."""
    problems = [row.problem for row in rows if not row.set_aside]
    runs = session_of(run).other_runs
    render = load_template(run.prompt).render
    found = reused(runs, problems, policy=policy.identity, render=render)
    with ExitStack() as opened:
        yield await asyncio.to_thread(opened.enter_context, found)


def shard_rollouts(
    run: LabelRun,
    policy: Policy,
    verifier: Verifier,
    journal: Journal,
    others: OtherRuns | None = None,
    segmenter: Policy | None = None,
) -> ShardRollouts:
    """Return what hands out a shard's rollouts: journal, other runs, policy; then the verifier."""
    return ShardRollouts(
        policy=policy,
        verifier=verifier,
        journal=journal,
        template=load_template(run.prompt),
        sampling=run.sampling,
        splitter=run.splitter,
        run_seed=run.seed,
        spare=session_of(run).window.spare,
        other_runs=others,
        purse=session_of(run).purse,
        segmenter=segmenter,
        watch=session_of(run).watch.seen,
    )


Work = list[tuple[Problem, Labelling]]


async def _label_all(
    run: LabelRun, shard: int, rows: Sequence[ProblemRow], rollouts: ShardRollouts
) -> Work:
    """Label all problems of a shard at once; the policy limits what runs.

    Returns those that were whole when the run's budget ended, else all.
    """
    session = session_of(run)
    finished: list[Labelling] = []

    async def label(row: ProblemRow) -> Labelling:
        labelling = await label_problem(run, row, rollouts)
        finished.append(labelling)
        session.board.add(labelling)
        session.window.ended(shard)
        return labelling

    session.board.shard_began(shard, lambda: rollouts.costs)
    try:
        async with asyncio.TaskGroup() as group:
            work = [group.create_task(label(row)) for row in rows]
            session.purse.begun(shard)
            end = group.create_task(_stop(work, session.purse))
            await asyncio.wait(work)
            end.cancel()
    except BaseException:
        for labelling in finished:
            session.board.take_back(labelling)
        raise
    finally:
        session.board.shard_ended(shard)
    whole = [(row, one) for row, one in zip(rows, work, strict=True) if not one.cancelled()]
    return [(row.problem, one.result()) for row, one in whole]


async def _stop(work: Sequence[asyncio.Task[Labelling]], purse: Purse) -> None:
    """Cancel what is not done when the run's budget is over."""
    await purse.over.wait()
    for one in work:
        one.cancel()


async def label_problem(run: LabelRun, row: ProblemRow, rollouts: ShardRollouts) -> Labelling:
    """Label one problem, or set it aside with its reason."""
    problem, purse, reason = row.problem, rollouts.purse, row.set_aside
    if reason:
        return _set_aside(problem, reason)
    await purse.room()
    mine = rollouts.of(problem)
    with purse.opened(lambda: Spent.now(mine.costs)):
        try:
            labelling = await run.labeler.label(problem, mine)
        except* OverBudgetError:
            reason = purse.budget.problem.reason
    if reason or mine.over_budget:
        return _set_aside(problem, purse.budget.problem.reason)
    return labelling


def _set_aside(problem: Problem, reason: str) -> Labelling:
    return Labelling(problem_id=problem.id, solutions=(), nodes=(), set_aside=reason)


def _commit(
    run: LabelRun,
    shard: int,
    work: Work,
    rollouts: ShardRollouts,
    *,
    left: int,
) -> ShardRecord | None:
    if left and not _adds(run, shard, work):
        return recorded(run.folder, shard)  # what was committed stays
    taken = [one for pair in work for one in _kept(run, *pair, rollouts)]
    costs = sum((rollouts.of(problem).costs for problem, _ in work), Costs())
    counts = Counts.of([labelling for _, labelling in work], taken, costs, run.labeler.concludes)
    by_id = {problem.id: problem for problem, _ in work}
    try:
        refuse_poor(run, shard_name(shard), [Seen(by_id[one.problem_id], one) for one in taken])
    except RunError as error:
        if not left:
            raise
        log.warning("not committed, for so far %s", error)
        return recorded(run.folder, shard)
    provenance = Provenance(
        config=config_digest(run),
        policy=rollouts.policy.identity,
        prompt=prompt_version(run),
        sampling=rollouts.sampling,
        seed=run.seed,
    )
    return commit(
        run.folder,
        shard,
        tables=_tables(work, taken, provenance),
        counts=counts,
        policy=provenance.policy,
        paid=rollouts.paid,
        reused=rollouts.reused,
        left=left,
    )


def _tables(
    work: Work, taken: Sequence[Rollout], provenance: Provenance
) -> dict[TableName, pa.Table]:
    return {
        "problems": problems_table(
            ProblemRow(problem=problem, set_aside=labelling.set_aside)
            for problem, labelling in work
        ),
        "solutions": solutions_table(
            SolutionRow(problem=problem, solution=solution, provenance=provenance)
            for problem, labelling in work
            for solution in labelling.solutions
        ),
        "nodes": nodes_table(
            NodeRow(problem_id=problem.id, node=node)
            for problem, labelling in work
            for node in labelling.nodes
        ),
        "rollouts": rollouts_table(taken),
    }


def _adds(run: LabelRun, shard: int, work: Work) -> bool:
    """Tell whether a shard that was cut short holds what was committed of it before, and more."""
    whole = {problem.id for problem, _ in work}
    before: set[str] = set()
    if recorded(run.folder, shard):
        path = RunFolder(run.folder).file("problems", shard_name(shard))
        before = {row.problem.id for row in problems_from(read_table(path, "problems"))}
    return before < whole


def _kept(
    run: LabelRun, problem: Problem, labelling: Labelling, rollouts: ShardRollouts
) -> Iterator[Rollout]:
    """Yield a problem's rollouts, in order.

    How far a problem came that went over its budget depends on what came back first; that its
    first rollouts were taken does not.
    """
    over = labelling.set_aside == run.budget.problem.reason
    for one in rollouts.of(problem).taken:
        first = one.prefix == ROOT and one.sample_index < run.first_rollouts
        if first or not over:
            yield one
