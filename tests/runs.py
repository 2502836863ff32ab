"""Run folders made by hand: what a labelling run leaves behind, without one."""

import json
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks import made
from schemas import (
    Evidence,
    LabelledSolution,
    Node,
    Outcome,
    Prefix,
    Problem,
    Rollout,
    Sampling,
    StopRule,
    problem_id,
)
from schemas.conversion import nodes_table, problems_table, rollouts_table, solutions_table
from schemas.rows import NodeRow, ProblemRow, Provenance, SolutionRow
from schemas.run_folder import RunFolder
from schemas.views import first_hard_error, hard_label
from tasks.commits import commit
from tasks.records import Counts

PROVENANCE = Provenance(
    config="0123456789abcdef",
    policy="transformers:demo/policy",
    prompt="zero_shot",
    sampling=Sampling(temperature=1.0, max_tokens=128),
    seed=7,
)


def problem(question: str = "What is 2 + 2 * 3?", answer: str = "8") -> Problem:
    return Problem(
        id=problem_id("tests", question, answer), source="tests", question=question, answer=answer
    )


def evidence(correct: int, incorrect: int, **counts: int) -> Evidence:
    return Evidence(correct=correct, incorrect=incorrect, **counts, stop_rule=StopRule.FIXED)


def solution(
    of: Problem,
    steps: Sequence[str],
    values: Sequence[Evidence],
    *,
    index: int = 0,
    posterior: tuple[float, ...] = (),
) -> LabelledSolution:
    """A solution whose first error is what its counts say."""
    return LabelledSolution(
        problem_id=of.id,
        solution_index=index,
        labeler="math_shepherd",
        steps=tuple(steps),
        outcome=Outcome.INCORRECT if False in map(hard_label, values) else Outcome.CORRECT,
        root=evidence(5, 3),
        evidence=tuple(values),
        first_error=first_hard_error(values),
        posterior=posterior,
    )


def rollout(of: Problem, prefix: Prefix, text: str, outcome: Outcome, index: int) -> Rollout:
    made_one = made.rollout(
        text,
        outcome,
        problem_id=of.id,
        prefix=prefix,
        index=index,
        extracted=text[-2:],
        prompt_tokens=20,
        completion_tokens=len(text.split()),
    )
    verdict = replace(made_one.verdict, rule="hash", stage="rational", reason="equal")
    return replace(made_one, verdict=verdict)


def write_shard(
    run_dir: Path,
    shard: int,
    *,
    problems: Iterable[ProblemRow],
    solutions: Iterable[LabelledSolution],
    rollouts: Iterable[Rollout] = (),
) -> None:
    """Commit one shard: the four tables, then its marker."""
    rows = list(problems)
    by_id = {row.problem.id: row.problem for row in rows}
    labelled = [
        SolutionRow(problem=by_id[one.problem_id], solution=one, provenance=PROVENANCE)
        for one in solutions
    ]
    nodes = [
        NodeRow(problem_id=row.problem.id, node=Node(prefix=Prefix(), evidence=evidence(5, 3)))
        for row in rows
    ]
    run_dir.mkdir(parents=True, exist_ok=True)
    commit(
        run_dir,
        shard,
        tables={
            "problems": problems_table(rows),
            "solutions": solutions_table(labelled),
            "nodes": nodes_table(nodes),
            "rollouts": rollouts_table(rollouts),
        },
        counts=Counts(problems=len(rows), solutions=len(labelled), nodes=len(nodes)),
        policy=PROVENANCE.policy,
    )


def sums_run(
    run_dir: Path, *, count: int = 40, shards: int = 2, seed: int = 0, telltale: str = ""
) -> Path:
    """A run over sums whose wrong solutions go wrong at a known step: `... = x` that is not so.

    `telltale` is written behind each first wrong step, for models too small to add.
    """
    rng = random.Random(seed)
    for shard in range(shards):
        problems, solutions, rollouts = [], [], []
        for _ in range(count // shards):
            one = _sum_problem(rng)
            problems.append(ProblemRow(problem=one, set_aside=""))
            made = [_sum_solution(one, rng, index, telltale) for index in range(2)]
            solutions += made
            rollouts += [
                rollout(one, Prefix(), "".join(each.steps), each.outcome, each.solution_index)
                for each in made
            ]
        easy = _sum_problem(rng)
        problems.append(ProblemRow(problem=easy, set_aside="screen: 8 of 8 correct"))
        write_shard(run_dir, shard, problems=problems, solutions=solutions, rollouts=rollouts)
    record = {"run": run_dir.name, "seed": seed, "config": {"seed": seed}}
    (run_dir / "run.json").write_text(json.dumps(record))
    return run_dir


def _sum_problem(rng: random.Random) -> Problem:
    terms = [rng.randint(2, 9) for _ in range(4)]
    total = str(sum(terms))
    return problem(f"Mia adds up {', '.join(map(str, terms))}. What does she get?", total)


def _sum_solution(of: Problem, rng: random.Random, index: int, telltale: str) -> LabelledSolution:
    terms = [int(term) for term in of.question[12 : of.question.index(".")].split(", ")]
    error = rng.choice([None, None, 0, 1, 2])
    steps, values, total = [], [], terms[0]
    for at, term in enumerate(terms[1:]):
        slip = 1 if at == error else 0
        steps.append(f"{total} + {term} = {total + term + slip}{telltale * slip}\n")
        total += term + slip
        wrong = error is not None and at >= error
        values.append(evidence(0, 8) if wrong else evidence(6 - at, 2 + at))
    return solution(of, steps, values, index=index)


def run_with_errors(
    folder: Path,
    errors: Sequence[int | None],
    *,
    change: Callable[[LabelledSolution], LabelledSolution] = lambda one: one,
    as_problem: Callable[[Problem], Problem] = lambda one: one,
) -> RunFolder:
    """A run with a solution of three steps per problem, whose first errors are as given."""
    rows, made, rollouts = [], [], []
    for number, error in enumerate(errors):
        one = as_problem(problem(f"What is 2 + {number}?", str(2 + number)))
        rows.append(ProblemRow(problem=one, set_aside=""))
        steps = [f"{number}: 2 * 3 = 6\n", "2 + 6 = 9\n", "#### 9"]
        labelled = solution(one, steps, [evidence(1, 1)] * 3)
        made.append(change(replace(labelled, first_error=error)))
        rollouts.append(rollout(one, Prefix(), "".join(steps), Outcome.INCORRECT, 0))
        probed = Prefix(steps=labelled.steps[:1])
        rollouts.append(rollout(one, probed, "a b c", Outcome.CORRECT, 0))
    write_shard(folder, 0, problems=rows, solutions=made, rollouts=rollouts)
    return RunFolder(folder)
