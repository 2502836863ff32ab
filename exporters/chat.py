"""Chat rows: what trainers of chat models read, which judge a step by the turn or mark behind it.

RLHFlow (RLHF-Reward-Modeling, math-rm): each step is a user's turn, the first behind the problem
and a space, and the assistant answers + or -; its trainer learns the answers alone.
Qwen2.5-Math-PRM (2501.07301, model card): the solution is the assistant's turn with `<extra_0>`
behind each step.
"""

from typing import ClassVar, Literal, TypedDict

import pyarrow as pa

from exporters.records import LabelledSteps, Refused, Tokenizer
from exporters.seam import SolutionExporter
from exporters.steps import holds, signs
from schemas.arrow import TURNS

QWEN_SYSTEM = r"Please reason step by step, and put your final answer within \boxed{}."
"""What Qwen2.5-Math-PRM is told first."""


class Turn(TypedDict):
    """One message of a chat."""

    role: str
    content: str


class RlhflowRow(TypedDict):
    """One row of RLHFlow's form."""

    messages: list[Turn]
    """A user's turn and an assistant's for each step."""


class QwenRow(TypedDict):
    """One row of Qwen2.5-Math-PRM's form."""

    messages: list[Turn]
    labels: list[bool | float]
    """One for each `<extra_0>`; bools."""


class RlhflowExporter(SolutionExporter):
    """Rows of RLHFlow's form: train on the assistant's turns alone (`train_on_inputs: false`)."""

    columns: ClassVar[pa.Schema] = pa.schema({"messages": TURNS})

    format: Literal["rlhflow"] = "rlhflow"

    def row(self, steps: LabelledSteps, separator: str) -> RlhflowRow:
        """Return the row of labelled steps."""
        asked = (f"{steps.problem.question} {steps.steps[0]}", *steps.steps[1:])
        turns = [
            Turn(role=role, content=content)
            for step, sign in zip(asked, signs(steps), strict=True)
            for role, content in (("user", step), ("assistant", sign))
        ]
        return RlhflowRow(messages=turns)

    def length(self, steps: LabelledSteps, separator: str, tokenizer: Tokenizer) -> int:
        """Return the tokens of the turns' contents; those of the chat template are not known."""
        turns = self.row(steps, separator)["messages"]
        return sum(tokenizer.count(turn["content"]) for turn in turns)


class QwenExporter(SolutionExporter):
    """Rows of Qwen2.5-Math-PRM's form; `labels[i]` is that of the i-th `<extra_0>`."""

    columns: ClassVar[pa.Schema] = pa.schema({"messages": TURNS, "labels": pa.list_(pa.bool_())})
    separators: ClassVar[tuple[str, ...]] = ("<extra_0>",)

    format: Literal["qwen_prm"] = "qwen_prm"

    def row(self, steps: LabelledSteps, separator: str) -> QwenRow | Refused:
        """Return the row of labelled steps, or why they make none."""
        if holds(steps, separator):
            return Refused(reason=f"the text contains the mark {separator}")
        turns = [
            Turn(role="system", content=QWEN_SYSTEM),
            Turn(role="user", content=steps.problem.question),
            Turn(role="assistant", content="".join(step + separator for step in steps.steps)),
        ]
        return QwenRow(messages=turns, labels=list(steps.labels))

    def length(self, steps: LabelledSteps, separator: str, tokenizer: Tokenizer) -> int:
        """Return the tokens of the turns' contents; those of the chat template are not known."""
        marks = len(steps.steps) * tokenizer.count(separator)
        told = tokenizer.count(QWEN_SYSTEM) + tokenizer.count(steps.problem.question)
        return told + sum(map(tokenizer.count, steps.steps)) + marks
