"""Records become Arrow tables and come back the same."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

import pyarrow as pa

from schemas.arrow import SCHEMAS
from schemas.critiques import Critique, Judgement
from schemas.evidence import Evidence, StopRule
from schemas.labels import (
    Finding,
    LabelledSolution,
    Node,
    StepCheck,
    StepReading,
    StepStatement,
)
from schemas.problems import GivenSolution, Problem
from schemas.rollouts import Completion, Outcome, Prefix, Rollout, Sampling, Tokens, Verdict
from schemas.rows import NodeRow, ProblemRow, Provenance, SolutionRow

Cells = dict[str, Any]
"""One row of a table as pyarrow takes and gives it: column to value, never leaves this module."""


def problems_table(rows: Iterable[ProblemRow]) -> pa.Table:
    """Return the `problems` table, rows in the given order."""
    return pa.Table.from_pylist(
        [
            _problem(row.problem)
            | {"given": [asdict(one) for one in row.problem.given], "set_aside": row.set_aside}
            for row in rows
        ],
        schema=SCHEMAS["problems"],
    )


def problems_from(table: pa.Table) -> Iterator[ProblemRow]:
    """Yield the records of a `problems` table."""
    for row in _rows(table):
        yield ProblemRow(problem=_to_problem(row), set_aside=row["set_aside"])


def solutions_table(rows: Iterable[SolutionRow]) -> pa.Table:
    """Return the `solutions` table, rows in the given order."""
    return pa.Table.from_pylist(
        [
            _problem(row.problem) | _solution(row.solution) | _provenance(row.provenance)
            for row in rows
        ],
        schema=SCHEMAS["solutions"],
    )


def solutions_from(table: pa.Table) -> Iterator[SolutionRow]:
    """Yield the records of a `solutions` table."""
    for row in _rows(table):
        yield SolutionRow(
            problem=_to_problem(row),
            solution=_to_solution(row),
            provenance=_to_provenance(row),
        )


def nodes_table(rows: Iterable[NodeRow]) -> pa.Table:
    """Return the `nodes` table, rows in the given order."""
    return pa.Table.from_pylist(
        [
            {
                "problem_id": row.problem_id,
                "prefix_key": row.node.prefix.key,
                "steps": row.node.prefix.steps,
                "token_ids": row.node.prefix.token_ids,
                "evidence": _evidence(row.node.evidence),
            }
            for row in rows
        ],
        schema=SCHEMAS["nodes"],
    )


def nodes_from(table: pa.Table) -> Iterator[NodeRow]:
    """Yield the records of a `nodes` table."""
    for row in _rows(table):
        prefix = Prefix(steps=tuple(row["steps"]), token_ids=_ids(row["token_ids"]))
        yield NodeRow(
            problem_id=row["problem_id"],
            node=Node(prefix=prefix, evidence=_to_evidence(row["evidence"])),
        )


def rollouts_table(rows: Iterable[Rollout]) -> pa.Table:
    """Return the `rollouts` table, rows in the given order."""
    return pa.Table.from_pylist([_rollout(row) for row in rows], schema=SCHEMAS["rollouts"])


def rollouts_from(table: pa.Table) -> Iterator[Rollout]:
    """Yield the records of a `rollouts` table."""
    for row in _rows(table):
        yield _to_rollout(row)


def critiques_table(rows: Iterable[Critique]) -> pa.Table:
    """Return the `critiques` table, rows in the given order."""
    return pa.Table.from_pylist([_critique(row) for row in rows], schema=SCHEMAS["critiques"])


def critiques_from(table: pa.Table) -> Iterator[Critique]:
    """Yield the records of a `critiques` table."""
    for row in _rows(table):
        yield Critique(
            problem_id=row["problem_id"],
            solution_index=row["solution_index"],
            sample_index=row["sample_index"],
            key=row["key"],
            completion=_to_completion(row),
            judgement=Judgement(
                verdicts=tuple(row["verdicts"]),
                first_error=row["first_error"],
                unread=row["unread"],
            ),
        )


def completions_from(table: pa.Table) -> Iterator[Completion]:
    """Yield the completions of a `rollouts` table, or of those columns of it."""
    for row in _rows(table):
        yield _to_completion(row)


def prefixes_from(table: pa.Table) -> Iterator[Prefix]:
    """Yield the prefix of each row of a `rollouts` table, or of those columns of it."""
    for row in _rows(table):
        yield _to_prefix(row)


def _rows(table: pa.Table) -> Iterator[Cells]:
    for batch in table.to_batches(max_chunksize=1024):
        yield from batch.to_pylist()


def _ids(ids: list[int] | None) -> tuple[int, ...] | None:
    return None if ids is None else tuple(ids)


def _problem(problem: Problem) -> Cells:
    return {
        "problem_id": problem.id,
        "source": problem.source,
        "question": problem.question,
        "answer": problem.answer,
        "options": problem.options,
        "reference_solution": problem.solution,
        "level": problem.level,
        "subject": problem.subject,
        "program": problem.program,
    }


def _to_problem(row: Cells) -> Problem:
    return Problem(
        id=row["problem_id"],
        source=row["source"],
        question=row["question"],
        answer=row["answer"],
        options=tuple(row["options"] or ()),  # null in tables of schema versions 1 and 2
        solution=row["reference_solution"],
        level=row["level"],
        subject=row["subject"],
        program=row["program"],
        # In `problems` alone; null there in tables of schema version 2.
        given=tuple(map(GivenSolution.from_cells, row.get("given") or ())),
    )


def _evidence(evidence: Evidence) -> Cells:
    return {
        "correct": evidence.correct,
        "incorrect": evidence.incorrect,
        "no_answer": evidence.no_answer,
        "truncated": evidence.truncated,
        "undecided": evidence.undecided,
        "stop_rule": evidence.stop_rule.value,
    }


def _to_evidence(row: Cells) -> Evidence:
    counts = {outcome.value: row[outcome.value] for outcome in Outcome}
    return Evidence(**counts, stop_rule=StopRule(row["stop_rule"]))


def _solution(solution: LabelledSolution) -> Cells:
    return {
        "solution_index": solution.solution_index,
        "given_id": solution.given_id,
        "steps": solution.steps,
        "outcome": solution.outcome.value,
        "first_error": solution.first_error,
        "evidence": [_evidence(evidence) for evidence in solution.evidence],
        "root": _evidence(solution.root),
        "posterior": solution.posterior,
        "checks": [
            {"finding": one.finding.value, "equation": one.equation, "reason": one.reason}
            for one in solution.checks
        ],
        "readings": [asdict(one) for one in solution.readings],
        "stated": [
            {"label": one.label, "said": one.said, "why": one.why} for one in solution.stated
        ],
        "labeler": solution.labeler,
    }


def _to_check(row: Cells) -> StepCheck:
    return StepCheck(
        finding=Finding(row["finding"]), equation=row["equation"], reason=row["reason"]
    )


def _to_solution(row: Cells) -> LabelledSolution:
    return LabelledSolution(
        problem_id=row["problem_id"],
        solution_index=row["solution_index"],
        labeler=row["labeler"],
        steps=tuple(row["steps"]),
        outcome=Outcome(row["outcome"]),
        root=_to_evidence(row["root"]),
        evidence=tuple(_to_evidence(evidence) for evidence in row["evidence"]),
        first_error=row["first_error"],
        posterior=tuple(row["posterior"]),
        checks=tuple(_to_check(one) for one in row["checks"]),
        # Null in tables of schema version 1.
        readings=tuple(StepReading(**one) for one in row["readings"] or ()),
        given_id=row["given_id"],
        # Null in tables of before schema version 4.
        stated=tuple(StepStatement(**one) for one in row["stated"] or ()),
    )


def _provenance(provenance: Provenance) -> Cells:
    sampling = provenance.sampling
    return {
        "config": provenance.config,
        "policy": provenance.policy,
        "prompt": provenance.prompt,
        "temperature": sampling and sampling.temperature,
        "top_p": sampling and sampling.top_p,
        "top_k": sampling and sampling.top_k,
        "max_tokens": sampling and sampling.max_tokens,
        "stop": sampling.stop if sampling else (),
        "seed": provenance.seed,
    }


def _to_provenance(row: Cells) -> Provenance:
    return Provenance(
        config=row["config"],
        policy=row["policy"],
        prompt=row["prompt"],
        sampling=_to_sampling(row),
        seed=row["seed"],
    )


def _to_sampling(row: Cells) -> Sampling | None:
    if row["max_tokens"] is None:
        return None
    return Sampling(
        temperature=row["temperature"],
        top_p=row["top_p"],
        top_k=row["top_k"],
        max_tokens=row["max_tokens"],
        stop=tuple(row["stop"]),
    )


def _rollout(rollout: Rollout) -> Cells:
    verdict = rollout.verdict
    return {
        "problem_id": rollout.problem_id,
        "prefix_key": rollout.prefix.key,
        "prefix_steps": rollout.prefix.steps,
        "prefix_token_ids": rollout.prefix.token_ids,
        "sample_index": rollout.sample_index,
        **_completion(rollout.completion),
        "outcome": verdict.outcome.value,
        "extracted": verdict.extracted,
        "rule": verdict.rule,
        "stage": verdict.stage,
        "reason": verdict.reason,
    }


def _completion(completion: Completion) -> Cells:
    tokens = completion.tokens
    return {
        "text": completion.text,
        "token_ids": tokens.ids if tokens else None,
        "token_ends": tokens.ends if tokens else None,
        "finish_reason": completion.finish_reason,
        "seed": completion.seed,
        "prompt_tokens": completion.prompt_tokens,
        "cached_tokens": completion.cached_tokens,
        "completion_tokens": completion.completion_tokens,
        "logprob": completion.logprob,
    }


def _to_prefix(row: Cells) -> Prefix:
    return Prefix(steps=tuple(row["prefix_steps"]), token_ids=_ids(row["prefix_token_ids"]))


def _to_completion(row: Cells) -> Completion:
    ids, ends = _ids(row["token_ids"]), _ids(row["token_ends"])
    return Completion(
        text=row["text"],
        tokens=None if ids is None or ends is None else Tokens(ids=ids, ends=ends),
        finish_reason=row["finish_reason"],
        seed=row["seed"],
        prompt_tokens=row["prompt_tokens"],
        cached_tokens=row["cached_tokens"],
        completion_tokens=row["completion_tokens"],
        logprob=row["logprob"],
    )


def _critique(critique: Critique) -> Cells:
    return {
        "problem_id": critique.problem_id,
        "solution_index": critique.solution_index,
        "sample_index": critique.sample_index,
        "key": critique.key,
        **_completion(critique.completion),
        **asdict(critique.judgement),
    }


def _to_rollout(row: Cells) -> Rollout:
    return Rollout(
        problem_id=row["problem_id"],
        prefix=_to_prefix(row),
        sample_index=row["sample_index"],
        completion=_to_completion(row),
        verdict=Verdict(
            outcome=Outcome(row["outcome"]),
            extracted=row["extracted"],
            rule=row["rule"],
            stage=row["stage"],
            reason=row["reason"],
        ),
    )
