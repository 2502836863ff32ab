"""rStar-Math's choice of right solutions to learn from, by the Q of their steps (2501.04519)."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from statistics import fmean
from typing import ClassVar, Literal, TypedDict, TypeVar

import pyarrow as pa
from pydantic import Field

from exporters.chat import Turn
from exporters.outcome import OutcomeExporter
from exporters.records import Made, Refused, Settled, Taken
from exporters.tree_edges import Edge, edges_of
from schemas import LabelledSolution, Node, Prefix, Problem
from schemas.arrow import TURNS

T = TypeVar("T")


class TopTraceRow(TypedDict):
    """One right solution, as a chat."""

    messages: list[Turn]
    mean_q: float
    """Of the prefixes that end with its steps, those without a decided visit aside."""
    min_q: float


class TopTracesExporter(OutcomeExporter):
    """Of each problem the right solutions of highest mean Q, of equals those of highest least Q.

    Q is that of the tree of all rollouts (`tree_edges`): truncated and undecided ones have no part.
    """

    columns: ClassVar[pa.Schema] = pa.schema(
        {"messages": TURNS, "mean_q": pa.float64(), "min_q": pa.float64()}
    )
    reads_rollouts: ClassVar[bool] = True

    format: Literal["top_traces"] = "top_traces"
    most: int = Field(default=2, ge=1)
    """Solutions of one problem at most."""

    def rows(
        self, problem: Problem, taken: Sequence[Taken], nodes: Sequence[Node], settled: Settled
    ) -> Iterator[Made | Refused]:
        """Yield the problem's best right solutions; or that it has none."""
        ways = {"".join(one.steps.solution.steps): one.steps.solution.steps for one in taken}
        edges = edges_of(ways, settled.rollouts.get(problem.id, ()))
        right = {one.steps.steps[0]: one for one in taken if one.steps.labels[0]}
        values = {text: _q_values(one.steps.solution, edges) for text, one in right.items()}
        known = [text for text in right if values[text]]
        for text in best_traces(known, lambda one: values[one], most=self.most):
            yield Made(row=_row(problem, text, values[text]))
        if not known:
            yield Refused(reason="no solution of the problem is right and has a Q")


def _row(problem: Problem, text: str, values: Sequence[float]) -> TopTraceRow:
    question = Turn(role="user", content=problem.question)
    return TopTraceRow(
        messages=[question, Turn(role="assistant", content=text)],
        mean_q=fmean(values),
        min_q=min(values),
    )


def _q_values(solution: LabelledSolution, edges: Mapping[str, Edge]) -> list[float]:
    steps = solution.steps
    keys = (Prefix(steps=steps[: count + 1]).key for count in range(len(steps)))
    values = (edges[key].counts.mc_value for key in keys)
    return [one for one in values if one is not None]


def best_traces(
    traces: Iterable[T], q_values: Callable[[T], Sequence[float]], *, most: int
) -> list[T]:
    """Return so many traces at most: those of highest mean Q, of equals those of highest least Q.

    Of equals in both the first come first. Each has one value at least.
    """

    def rank(trace: T) -> tuple[float, float]:
        values = q_values(trace)
        return -fmean(values), -min(values)

    return sorted(traces, key=rank)[:most]
