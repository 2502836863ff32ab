"""Rows of whole solutions, labelled by the verdict on their answers; no view is read.

ORM rows are TRL's unpaired preferences (`KTOTrainer`) and what an outcome reward model learns from
(2110.14168); SFT rows are the solutions with right answers (STaR, 2203.14465). A solution without a
verdict makes neither.
"""

from typing import ClassVar, Literal, TypedDict

import pyarrow as pa

from exporters.chat import Turn
from exporters.records import LabelledSteps, Refused, Settled, Taken
from exporters.seam import ProblemExporter, SolutionExporter
from schemas import DECIDED, LabelledSolution, Outcome, Problem
from schemas.arrow import TURNS
from schemas.views import AnyView


class OrmRow(TypedDict):
    """One solution and whether its answer is right."""

    prompt: str
    completion: str
    label: bool


class SftRow(TypedDict):
    """One solution with a right answer, as a chat."""

    messages: list[Turn]


def whole_solution(problem: Problem, solution: LabelledSolution) -> LabelledSteps | Refused:
    """Return the whole text as one step, labelled by the verdict on its answer."""
    text = "".join(solution.steps).strip()
    if solution.outcome not in DECIDED:
        return Refused(reason="no verdict on its answer")
    if not text:
        return Refused(reason="a step is blank")
    right = solution.outcome is Outcome.CORRECT
    return LabelledSteps(problem=problem, solution=solution, steps=(text,), labels=(right,))


class _Whole(SolutionExporter):
    """What formats of whole solutions share: one step, which is all of the text."""

    reads_view: ClassVar[bool] = False

    def labelled(
        self, problem: Problem, solution: LabelledSolution, view: AnyView
    ) -> LabelledSteps | Refused:
        """Return the whole text as one step, labelled by the verdict on its answer."""
        return whole_solution(problem, solution)


class OutcomeExporter(ProblemExporter):
    """A format whose rows are made of all whole solutions of a problem and their verdicts."""

    reads_view: ClassVar[bool] = False
    reads_nodes: ClassVar[bool] = False

    def taken(
        self, problem: Problem, solution: LabelledSolution, settled: Settled
    ) -> Taken | Refused:
        """Return the whole text with the verdict on its answer."""
        whole = whole_solution(problem, solution)
        return whole if isinstance(whole, Refused) else Taken(steps=whole)


class OrmExporter(_Whole):
    """Rows for outcome reward models: TRL's unpaired preferences."""

    columns: ClassVar[pa.Schema] = pa.schema(
        {"prompt": pa.string(), "completion": pa.string(), "label": pa.bool_()}
    )
    usage: ClassVar[str] = """
from trl import KTOConfig, KTOTrainer

trainer = KTOTrainer(
    model=model, args=KTOConfig(output_dir="kto"), processing_class=tokenizer,
    train_dataset=rows["train"], eval_dataset=rows.get("validation"),
)
"""

    format: Literal["orm"] = "orm"

    def row(self, steps: LabelledSteps, separator: str) -> OrmRow:
        """Return the row of a solution."""
        (text,), (right,) = steps.steps, steps.labels
        return OrmRow(prompt=steps.problem.question, completion=text, label=bool(right))


class SftExporter(_Whole):
    """Chats of question and solution, of solutions with right answers alone."""

    columns: ClassVar[pa.Schema] = pa.schema({"messages": TURNS})
    usage: ClassVar[str] = """
from trl import SFTConfig, SFTTrainer

trainer = SFTTrainer(
    model="Qwen/Qwen2.5-0.5B", args=SFTConfig(output_dir="sft"),
    train_dataset=rows["train"], eval_dataset=rows.get("validation"),
)
"""

    format: Literal["sft"] = "sft"

    def row(self, steps: LabelledSteps, separator: str) -> SftRow | Refused:
        """Return the row of a solution with a right answer."""
        (text,), (right,) = steps.steps, steps.labels
        if not right:
            return Refused(reason="its answer is not right")
        question = Turn(role="user", content=steps.problem.question)
        return SftRow(messages=[question, Turn(role="assistant", content=text)])
