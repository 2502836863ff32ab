"""TRL's stepwise form, as `trl.experimental.prm.PRMTrainer` reads it.

The trainer tokenises prompt and steps apart, appends the separator's tokens to every step and puts
the label, through `int(label)`, on the last of them; then it cuts at `max_length` without a word.
So labels must be bools, a separator must not occur inside a step, and a row must fit.
TRL 1.13 is the last release with that trainer; axolotl's `stepwise_supervised` reads the same rows.
"""

from typing import TypedDict

import pyarrow as pa

from exporters.seam import LabelledSteps, Refused, RowFormat, Tokenizer
from exporters.steps import clashes, labelled_steps
from schemas import LabelledSolution, Problem
from schemas.views import AnyView


class TrlRow(TypedDict):
    """One row of TRL's stepwise form; completions and labels are equally long."""

    prompt: str
    completions: list[str]
    labels: list[bool]


def to_trl_row(
    problem: Problem, solution: LabelledSolution, view: AnyView, *, separator: str = "\n"
) -> TrlRow | Refused:
    """Return the row of one solution, or why it makes none.

    `separator` is the `step_separator` the trainer will be given. Raises ExportError for soft
    labels.
    """
    steps = labelled_steps(problem, solution, view)
    return steps if isinstance(steps, Refused) else trl_row(steps, separator)


def trl_row(steps: LabelledSteps, separator: str) -> TrlRow | Refused:
    """Return the row of labelled steps, or why they make none."""
    if clashes(steps, separator):
        return Refused(reason=f"a step contains the separator {separator!r}")
    return TrlRow(
        prompt=steps.problem.question,
        completions=list(steps.steps),
        labels=list(steps.labels),
    )


def trl_length(steps: LabelledSteps, separator: str, tokenizer: Tokenizer) -> int:
    """Return the tokens `PRMTrainer.tokenize_row` makes of the row before it cuts."""
    prompt = int(tokenizer.adds_bos) + tokenizer.count(steps.problem.question)
    ends = len(steps.steps) * tokenizer.count(separator)
    return prompt + sum(map(tokenizer.count, steps.steps)) + ends


TRL = RowFormat(
    schema=pa.schema(
        {
            "prompt": pa.string(),
            "completions": pa.list_(pa.string()),
            "labels": pa.list_(pa.bool_()),
        }
    ),
    separators=("\n", "\n\n", "\n\n\n"),
    row=trl_row,
    length=trl_length,
)
