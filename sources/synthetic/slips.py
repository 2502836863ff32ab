"""Solutions with a planted slip, whose first wrong step is known because it was put there."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Literal

from schemas import Problem
from sources.synthetic.draft import COMPUTE
from sources.synthetic.oracle import Oracle, StepVerdict, oracle_of
from sources.synthetic.program import Operation, Program
from sources.synthetic.solutions import AGAIN, Statement, final_line, statements

Ending = Literal["carried", "fixed", "ignored"]
"""After the slip the solution computes on with the wrong value, puts it right in the next step,
or goes on with the right value as if nothing had happened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """A solution with one planted slip."""

    steps: tuple[str, ...]
    """Lines, without line breaks; the last states the final answer."""
    first_error: int
    """0-based index of the slip."""
    verdict: StepVerdict
    """What kind of slip it is."""


def corrupt(problem: Problem, rng: Random, *, ending: Ending) -> Planted:
    """Write a solution of a synthetic problem with a slip at a random step.

    Raises SourceError where the problem carries no program.
    """
    oracle = oracle_of(problem)
    told = statements(oracle.program, rng)
    at = rng.randrange(len(told))
    wrong = _slip(oracle, told[at], rng)
    before, after = told[:at], told[at + 1 :]
    answer = oracle.program.answer
    if ending == "carried":
        values = {told[at].quantity: wrong.result}
        after = tuple(_carry(oracle.program, after, values))
        answer = values.get(oracle.program.asked, answer)
    elif ending == "fixed":
        after = (replace(told[at], opening=AGAIN), *after)
    lines = [statement.line() for statement in (*before, wrong, *after)]
    verdict = oracle.judge(lines[at])
    return Planted(steps=(*lines, final_line(answer)), first_error=at, verdict=verdict)


Slip = Callable[[Program, Statement, Random], Statement]
"""Changes a statement, nearly always into a wrong one."""


def _slip(oracle: Oracle, told: Statement, rng: Random) -> Statement:
    """Return the statement with a slip of a random kind that the oracle finds wrong."""
    for _ in range(20):
        wrong = rng.choice(_SLIPS)(oracle.program, told, rng)
        if oracle.judge(wrong.line()) is not StepVerdict.RIGHT:
            return wrong
    return replace(told, result=told.result + 1)


def _miscount(program: Program, told: Statement, rng: Random) -> Statement:
    off = rng.choice((-10, -2, -1, 1, 2, 10))
    return replace(told, result=told.result + off if told.result + off >= 0 else told.result + 1)


def _mistake_number(program: Program, told: Statement, rng: Random) -> Statement:
    other = rng.choice(program.quantities).value
    wrong = replace(told, left=other) if rng.random() < 0.5 else replace(told, right=other)
    return _recompute(wrong, told)


def _mistake_operation(program: Program, told: Statement, rng: Random) -> Statement:
    operation: Operation = rng.choice(("+", "-", "*"))
    return _recompute(replace(told, operation=operation), told)


def _misname(program: Program, told: Statement, rng: Random) -> Statement:
    heading = told.wording == program.quantities[told.quantity].wordings[-1]
    named = [q for q in program.quantities if q.args]
    return replace(told, wording=rng.choice(named).wordings[-1 if heading else 0])


_SLIPS: tuple[Slip, ...] = (_miscount, _mistake_number, _mistake_operation, _misname)


def _recompute(wrong: Statement, told: Statement) -> Statement:
    """Return the statement with its own result, or as it was where that is no whole number."""
    result = _result(wrong.operation, wrong.left, wrong.right)
    exact = wrong.operation != "/" or (wrong.right > 0 and wrong.left % wrong.right == 0)
    return replace(wrong, result=result) if exact and 0 <= result < 1000 else told


def _carry(
    program: Program, told: tuple[Statement, ...], values: dict[int, int]
) -> Iterator[Statement]:
    """Compute on with wrong values, as a careless writer does; adds the new ones to `values`."""
    for statement in told:
        left, right = (
            values.get(index, program.quantities[index].value)
            for index in program.quantities[statement.quantity].args
        )
        result = _result(statement.operation, left, right)
        values[statement.quantity] = result
        yield replace(statement, left=left, right=right, result=result)


def _result(operation: Operation, left: int, right: int) -> int:
    return 0 if operation == "/" and right == 0 else max(0, COMPUTE[operation](left, right))
