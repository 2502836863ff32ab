"""The released Math-Shepherd form (Wang et al., arXiv:2312.08935): question and steps in one text.

`input` ends every step with the tag ки; `label` is the same text with + or - in its place. Readers
split at `Step 1: ` and drop a row where that occurs more than once.
"""

import re
from collections.abc import Sequence
from typing import ClassVar, Literal, TypedDict

import pyarrow as pa

from exporters.records import LabelledSteps, Refused, Tokenizer
from exporters.seam import SolutionExporter
from exporters.steps import holds, signs

TAG = "ки"
_OWN_NUMBER = re.compile(r"Step \d+\s*[:.]\s*")


class MathShepherdRow(TypedDict):
    """One row of the Math-Shepherd form."""

    input: str
    label: str
    task: str


class MathShepherdExporter(SolutionExporter):
    """Rows of the Math-Shepherd form; a step's own number is replaced."""

    columns: ClassVar[pa.Schema] = pa.schema(
        {"input": pa.string(), "label": pa.string(), "task": pa.string()}
    )
    separators: ClassVar[tuple[str, ...]] = (TAG,)

    format: Literal["math_shepherd"] = "math_shepherd"

    def row(self, steps: LabelledSteps, separator: str) -> MathShepherdRow | Refused:
        """Return the row of labelled steps, or why they make none."""
        if holds(steps, separator):
            return Refused(reason=f"the text contains the tag {separator}")
        text = numbered(steps.problem.question, steps.steps, [separator] * len(steps.steps))
        if text.count("Step 1: ") != 1:
            return Refused(reason="`Step 1: ` occurs more than once")
        label = numbered(steps.problem.question, steps.steps, signs(steps))
        return MathShepherdRow(input=text, label=label, task=steps.problem.source)

    def length(self, steps: LabelledSteps, separator: str, tokenizer: Tokenizer) -> int:
        """Return the tokens of `input`."""
        marks = [separator] * len(steps.steps)
        return int(tokenizer.adds_bos) + tokenizer.count(
            numbered(steps.problem.question, steps.steps, marks)
        )


def numbered(question: str, steps: Sequence[str], marks: Sequence[str]) -> str:
    """Return the question and the numbered steps, each with its mark behind it, as one text."""
    lines = (
        f"Step {number}: {_OWN_NUMBER.sub('', step, count=1) if _starts(step) else step} {mark}"
        for number, (step, mark) in enumerate(zip(steps, marks, strict=True), start=1)
    )
    return f"{question} " + "\n".join(lines)


def _starts(step: str) -> bool:
    return _OWN_NUMBER.match(step) is not None
