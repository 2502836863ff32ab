"""One problem with two solutions and a prefix that neither holds, and the rows a format makes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from exporters import Exporter, Refused
from exporters.records import Made, Sampled, Settled, Taken, Tokenizer
from schemas import Evidence, LabelledSolution, Node, Outcome, Prefix, StopRule
from tests.runs import evidence, problem, solution

ONE = problem()
RIGHT = Evidence(correct=1, stop_rule=StopRule.TERMINAL)
WRONG = Evidence(incorrect=1, stop_rule=StopRule.TERMINAL)
SHARED, DEAD = evidence(3, 5), evidence(0, 8)


@dataclass(frozen=True)
class Words:
    """A tokenizer with a token per word."""

    adds_bos: bool = False

    def count(self, text: str) -> int:
        return len(text.split())

    def ids(self, text: str) -> list[int]:
        return list(range(self.count(text)))


def solved(steps: Sequence[str], values: Sequence[Evidence], index: int = 0) -> LabelledSolution:
    """A solution whose outcome is the verdict that its last evidence holds."""
    right = values[-1].correct > 0
    outcome = Outcome.CORRECT if right else Outcome.INCORRECT
    return replace(solution(ONE, steps, values, index=index), outcome=outcome)


def node(steps: Sequence[str], counts: Evidence) -> Node:
    return Node(prefix=Prefix(steps=tuple(steps)), evidence=counts)


SOLUTIONS = (
    solved(["2 * 3 = 6.\n", "2 + 6 = 8."], [SHARED, RIGHT]),
    solved(["2 * 3 = 6.\n", "2 + 6 = 9."], [SHARED, WRONG], 1),
)
ROLLOUTS = (
    Sampled(prefix_steps=(), text="2 * 3 = 6.\n2 + 6 = 8.", outcome=Outcome.CORRECT),
    Sampled(prefix_steps=(), text="2 * 3 = 6.\n2 + 6 = 9.", outcome=Outcome.INCORRECT),
    Sampled(prefix_steps=("2 * 3 = 6.\n",), text="2 * 3 = 6.\n2 + 6 = 8.", outcome=Outcome.CORRECT),
    Sampled(prefix_steps=("2 + 2 = 4.\n",), text="2 + 2 = 4.\n4 *", outcome=Outcome.TRUNCATED),
)
NODES = (node([], evidence(5, 3)), node(["2 + 2 = 4.\n"], DEAD))


def made_of(
    exporter: Exporter,
    solutions: Sequence[LabelledSolution] = SOLUTIONS,
    nodes: Sequence[Node] = NODES,
    tokenizer: Tokenizer | None = None,
    rollouts: Sequence[Sampled] = ROLLOUTS,
) -> list[Made | Refused]:
    """Return all that a format makes of the solutions and nodes of the problem."""
    view = exporter.view or exporter.own_view("counts")
    settled = Settled(view=view, separator="", tokenizer=tokenizer, rollouts={ONE.id: rollouts})
    brought = [exporter.taken(ONE, one, settled) for one in solutions]
    taken = [one for one in brought if isinstance(one, Taken)]
    refused = [one for one in brought if isinstance(one, Refused)]
    return [*refused, *exporter.rows(ONE, taken, nodes, settled)]


def rows_of(exporter: Exporter, *args: Any, **kwargs: Any) -> list[dict[str, Any]]:
    """Return the rows as they come back from Arrow's columns; nothing may be refused."""
    made = made_of(exporter, *args, **kwargs)
    assert not [one for one in made if isinstance(one, Refused)], made
    rows = [one.row for one in made if isinstance(one, Made)]
    read: list[dict[str, Any]] = pa.Table.from_pylist(rows, schema=exporter.columns).to_pylist()
    return read
