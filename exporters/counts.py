"""Raw counts of rollouts, a row per solution: no view is read, so that every later one is possible.

What training on a likelihood needs, e.g. Beta-Binomial: correct and decided rollouts of each prefix
with the rule that stopped its sampling, never a ratio alone (`schemas/evidence.py`).
"""

from typing import ClassVar, Literal, TypedDict

import pyarrow as pa

from exporters.records import LabelledSteps, Refused
from exporters.seam import SolutionExporter
from schemas import LabelledSolution, Problem
from schemas.views import AnyView

_STRINGS = pa.list_(pa.string())
_COUNTS = pa.list_(pa.int32())


class CountsRow(TypedDict):
    """One solution; the lists are equally long."""

    question: str
    answer: str
    steps: list[str]
    """To the byte: joined they are the solution's text."""
    correct: list[int]
    """correct[i]: right rollouts of the prefix that ends with steps[i]."""
    decided: list[int]
    """Rollouts that count: right, wrong and without an answer."""
    stop_rule: list[str]
    """What ended the sampling; `terminal`: no rollout, the verdict on the answer itself."""
    root_correct: int
    root_decided: int
    root_stop_rule: str
    """The same of the empty prefix."""
    outcome: str
    """The verdict on the solution's own answer."""


class CountsExporter(SolutionExporter):
    """Rows of raw counts."""

    columns: ClassVar[pa.Schema] = pa.schema(
        {
            "question": pa.string(),
            "answer": pa.string(),
            "steps": _STRINGS,
            "correct": _COUNTS,
            "decided": _COUNTS,
            "stop_rule": _STRINGS,
            "root_correct": pa.int32(),
            "root_decided": pa.int32(),
            "root_stop_rule": pa.string(),
            "outcome": pa.string(),
        }
    )
    reads_view: ClassVar[bool] = False

    format: Literal["counts"] = "counts"

    def labelled(
        self, problem: Problem, solution: LabelledSolution, view: AnyView
    ) -> LabelledSteps | Refused:
        """Return all steps, without labels; refused where no prefix has a decided rollout."""
        if not any(one.decided for one in solution.evidence):
            return Refused(reason="no step has a decided rollout")
        return LabelledSteps(problem=problem, solution=solution, steps=solution.steps, labels=())

    def row(self, steps: LabelledSteps, separator: str) -> CountsRow:
        """Return the row of a solution."""
        problem, solution = steps.problem, steps.solution
        counts = solution.evidence[: len(steps.steps)]
        return CountsRow(
            question=problem.question,
            answer=problem.answer,
            steps=list(steps.steps),
            correct=[one.correct for one in counts],
            decided=[one.decided for one in counts],
            stop_rule=[one.stop_rule.value for one in counts],
            root_correct=solution.root.correct,
            root_decided=solution.root.decided,
            root_stop_rule=solution.root.stop_rule.value,
            outcome=solution.outcome.value,
        )
