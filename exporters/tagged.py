r"""One text with a tag behind each step, and the labels beside it in a list.

OpenRLHF <= 0.9.5 (`train_prm`; removed in 0.9.6): `--input_key input --label_key value
--placeholder_token ки --reward_tokens + -`; question and steps are one text, as in Math-Shepherd.
Its reader takes numbers too, but assigns them to whole ones since #652 and stops.
OpenR (prm/code/finetune_*.py): question, then `process`, whose steps end with five line breaks.
PaddleNLP (PR 9598, llm/alignment/rm/flashmask/data.py): its reader puts ` ки` and a line break
between the steps, and nothing between `src` and the first. Where it cuts, it cuts the first steps
off and leaves their labels: all others move.
"""

from typing import ClassVar, Literal, TypedDict

import pyarrow as pa

from exporters.math_shepherd import TAG, numbered
from exporters.records import LabelledSteps, Refused, Tokenizer
from exporters.seam import SolutionExporter
from exporters.steps import holds, signs

_BREAKS = "\n" * 5


class OpenRlhfRow(TypedDict):
    """One row of OpenRLHF's form; as many values as tags in the input."""

    input: str
    value: list[str]


class OpenRlhfSoftRow(TypedDict):
    """One row of OpenRLHF's form with grades."""

    input: str
    value: list[float]


class OpenRRow(TypedDict):
    """One row of OpenR's training form; as many labels as tags in the process."""

    question: str
    process: str
    label: list[str]


class _OneText(SolutionExporter):
    """What the formats with question and tagged steps in one text share."""

    separators: ClassVar[tuple[str, ...]] = (TAG,)

    def _input(self, steps: LabelledSteps, separator: str) -> str | Refused:
        if holds(steps, separator):
            return Refused(reason=f"the text contains the tag {separator}")
        return numbered(steps.problem.question, steps.steps, [separator] * len(steps.steps))

    def length(self, steps: LabelledSteps, separator: str, tokenizer: Tokenizer) -> int:
        """Return the tokens of `input`; OpenRLHF adds none."""
        return tokenizer.count(
            numbered(steps.problem.question, steps.steps, [separator] * len(steps.steps))
        )


class OpenRlhfExporter(_OneText):
    """Rows of OpenRLHF's form: + or - for each tag."""

    columns: ClassVar[pa.Schema] = pa.schema({"input": pa.string(), "value": pa.list_(pa.string())})

    format: Literal["openrlhf"] = "openrlhf"

    def row(self, steps: LabelledSteps, separator: str) -> OpenRlhfRow | Refused:
        """Return the row of labelled steps, or why they make none."""
        text = self._input(steps, separator)
        if isinstance(text, Refused):
            return text
        return OpenRlhfRow(input=text, value=signs(steps))


class OpenRlhfSoftExporter(_OneText):
    """Rows of OpenRLHF's form with a number in [0, 1] for each tag."""

    columns: ClassVar[pa.Schema] = pa.schema(
        {"input": pa.string(), "value": pa.list_(pa.float64())}
    )
    takes_grades: ClassVar[bool] = True

    format: Literal["openrlhf_soft"] = "openrlhf_soft"

    def row(self, steps: LabelledSteps, separator: str) -> OpenRlhfSoftRow | Refused:
        """Return the row of labelled steps, or why they make none."""
        text = self._input(steps, separator)
        if isinstance(text, Refused):
            return text
        return OpenRlhfSoftRow(input=text, value=[float(label) for label in steps.labels])


class OpenRExporter(SolutionExporter):
    """Rows of OpenR's training form; its trainer reads JSON: `to_json` of the loaded dataset."""

    columns: ClassVar[pa.Schema] = pa.schema(
        {"question": pa.string(), "process": pa.string(), "label": pa.list_(pa.string())}
    )
    separators: ClassVar[tuple[str, ...]] = (_BREAKS,)

    format: Literal["openr"] = "openr"

    def row(self, steps: LabelledSteps, separator: str) -> OpenRRow | Refused:
        """Return the row of labelled steps, or why they make none."""
        if holds(steps, separator):
            return Refused(reason=f"the text contains the tag {separator!r}")
        process = _process(steps, separator)
        return OpenRRow(question=steps.problem.question, process=process, label=signs(steps))

    def length(self, steps: LabelledSteps, separator: str, tokenizer: Tokenizer) -> int:
        """Return the tokens of question and process."""
        text = f"{steps.problem.question} {_process(steps, separator)}"
        return int(tokenizer.adds_bos) + tokenizer.count(text)


class PaddleNlpRow(TypedDict):
    """One row of PaddleNLP's form; as many labels as responses."""

    src: list[str]
    """The question with a line break behind it: the reader puts none."""
    tgt: list[str]
    """Turns before the question: none."""
    responses: list[str]
    labels: list[str]


class PaddleNlpExporter(SolutionExporter):
    """Rows of PaddleNLP's process reward form; its trainer reads JSON lines."""

    columns: ClassVar[pa.Schema] = pa.schema(
        dict.fromkeys(("src", "tgt", "responses", "labels"), pa.list_(pa.string()))
    )
    separators: ClassVar[tuple[str, ...]] = (TAG,)

    format: Literal["paddlenlp"] = "paddlenlp"

    def row(self, steps: LabelledSteps, separator: str) -> PaddleNlpRow | Refused:
        """Return the row of labelled steps, or why they make none."""
        if holds(steps, separator):
            return Refused(reason=f"the text contains the tag {separator}")
        return PaddleNlpRow(
            src=[f"{steps.problem.question}\n"],
            tgt=[],
            responses=list(steps.steps),
            labels=signs(steps),
        )

    def length(self, steps: LabelledSteps, separator: str, tokenizer: Tokenizer) -> int:
        """Return the tokens of question and tagged steps, which the reader cuts apart."""
        tagged = f" {separator}\n".join(steps.steps) + f" {separator}"
        return tokenizer.count(f"{steps.problem.question}\n") + tokenizer.count(tagged)


def _process(steps: LabelledSteps, separator: str) -> str:
    return "".join(f"{step} {separator} " for step in steps.steps).rstrip(" ")
