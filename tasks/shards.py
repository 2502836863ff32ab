"""One shard of problems in, four Parquet files out."""

import asyncio
from collections.abc import Sequence
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task

from policies.seam import Policy
from rollouts import Journal, ShardRollouts, load_template
from schemas import (
    Labelling,
    LastingPolicyError,
    PolicyError,
    RunError,
    VerifierError,
)
from schemas.conversion import nodes_table, problems_table, rollouts_table, solutions_table
from schemas.rows import NodeRow, ProblemRow, Provenance, SolutionRow
from schemas.run_folder import RunFolder, shard_name
from tasks.commits import commit, committed, drop_journal
from tasks.failures import leading
from tasks.files import writing
from tasks.records import Counts, ShardRecord
from tasks.run_file import config_digest, prompt_version, update
from tasks.session import session_of
from tasks.settings import LabelRun
from tasks.staging import shard_problems
from verification.seam import Verifier


async def _may_pass(_task: Task[Any, Any], _run: TaskRun, state: State[Any]) -> bool:
    """Tell whether another try could succeed: what had been running broke, and not for good."""
    error = await state.aresult(raise_on_failure=False)
    broke = isinstance(error, PolicyError | VerifierError)
    return broke and not isinstance(error, LastingPolicyError)


@task(
    name="label-shard",
    task_run_name="shard-{shard:05d}",
    cache_policy=NO_CACHE,
    persist_result=False,
    retry_condition_fn=_may_pass,
)
async def label_shard(run: LabelRun, shard: int) -> ShardRecord:
    """Label the staged problems of one shard and commit them; does nothing where that is done.

    Killed anywhere, the same call pays for no completion again that had come back.
    """
    done = committed(run.folder, shard)
    if done is None:
        try:
            done = await _labelled(run, shard)
        except ExceptionGroup as group:
            raise leading(group) from group
    drop_journal(run.folder, shard)
    return done


async def _labelled(run: LabelRun, shard: int) -> ShardRecord:
    rows = shard_problems(run.folder, shard)
    session = session_of(run)
    async with session.verifier.used() as verifier, session.policy.used() as policy:
        session.board.labelling_began(lambda: policy.in_flight)
        session.window.feeds(lambda: policy.idle)
        if policy.caveat:
            update(run.folder, {"policy_caveat": policy.caveat})
        path = RunFolder(run.folder).journal(shard_name(shard))
        with writing(run.folder), Journal(path) as journal:
            rollouts = shard_rollouts(run, policy, verifier, journal)
            labellings = await _label_all(run, shard, rows, rollouts)
            return _commit(run, shard, rows, labellings, rollouts)


def shard_rollouts(
    run: LabelRun, policy: Policy, verifier: Verifier, journal: Journal
) -> ShardRollouts:
    """Return what hands out a shard's rollouts: journal first, then policy, then verifier."""
    return ShardRollouts(
        policy=policy,
        verifier=verifier,
        journal=journal,
        template=load_template(run.prompt),
        sampling=run.sampling,
        splitter=run.splitter,
        run_seed=run.seed,
        spare=session_of(run).window.spare,
    )


async def _label_all(
    run: LabelRun, shard: int, rows: Sequence[ProblemRow], rollouts: ShardRollouts
) -> list[Labelling]:
    """Label all problems of a shard at once; the policy limits what runs."""
    session = session_of(run)
    finished: list[Labelling] = []

    async def label(row: ProblemRow) -> Labelling:
        labelling = (
            _set_aside(row)
            if row.set_aside
            else await run.labeler.label(row.problem, rollouts.of(row.problem))
        )
        finished.append(labelling)
        session.board.add(labelling)
        session.window.ended(shard)
        return labelling

    session.board.shard_began(shard, lambda: rollouts.costs)
    try:
        async with asyncio.TaskGroup() as group:
            work = [group.create_task(label(row)) for row in rows]
    except BaseException:
        for labelling in finished:
            session.board.take_back(labelling)
        raise
    finally:
        session.board.shard_ended(shard)
    return [one.result() for one in work]


def _set_aside(row: ProblemRow) -> Labelling:
    return Labelling(problem_id=row.problem.id, solutions=(), nodes=(), set_aside=row.set_aside)


def _commit(
    run: LabelRun,
    shard: int,
    rows: Sequence[ProblemRow],
    labellings: Sequence[Labelling],
    rollouts: ShardRollouts,
) -> ShardRecord:
    problems = [row.problem for row in rows]
    taken = [rollout for problem in problems for rollout in rollouts.of(problem).taken]
    counts = Counts.of(labellings, taken, rollouts.costs)
    _refuse_poor(run, shard, counts)
    provenance = Provenance(
        config=config_digest(run),
        policy=rollouts.policy.identity,
        prompt=prompt_version(run),
        sampling=rollouts.sampling,
        seed=run.seed,
    )
    pairs = list(zip(problems, labellings, strict=True))
    return commit(
        run.folder,
        shard,
        tables={
            "problems": problems_table(
                ProblemRow(problem=problem, set_aside=labelling.set_aside)
                for problem, labelling in pairs
            ),
            "solutions": solutions_table(
                SolutionRow(problem=problem, solution=solution, provenance=provenance)
                for problem, labelling in pairs
                for solution in labelling.solutions
            ),
            "nodes": nodes_table(
                NodeRow(problem_id=problem.id, node=node)
                for problem, labelling in pairs
                for node in labelling.nodes
            ),
            "rollouts": rollouts_table(taken),
        },
        counts=counts,
        policy=provenance.policy,
    )


def _refuse_poor(run: LabelRun, shard: int, counts: Counts) -> None:
    """Raise RunError where too many rollouts count as nothing for labels to mean much."""
    total = max(counts.rollouts, 1)
    limits = {
        "undecided": (counts.undecided, run.shards.max_undecided, "look at their `reason`"),
        "truncated": (counts.truncated, run.shards.max_truncated, "raise sampling.max_tokens"),
    }
    for what, (count, limit, remedy) in limits.items():
        if count > limit * total:
            raise RunError(
                f"{shard_name(shard)}: {count} of {total} rollouts are {what} "
                f"({count / total:.0%}, at most {limit:.0%} are allowed): {remedy}, "
                f"or accept it with --set shards.max_{what}={min(1, count / total + 0.05):.2f}; "
                "what was sampled is kept in the journal"
            )
