"""TRL's stepwise form, as `trl.experimental.prm.PRMTrainer` reads it; and the same with grades.

The trainer tokenises prompt and steps apart, appends the separator's tokens to every step and puts
the label, through `int(label)`, on the last of them; then it cuts at `max_length` without a word.
So labels must be bools, a separator must not occur inside a step, and a row must fit.
TRL 1.13 is the last release with that trainer; axolotl's `stepwise_supervised` reads the same rows.
Our own (`stepmint train`) tokenises likewise, and takes grades.
"""

from typing import ClassVar, Literal, TypedDict

import pyarrow as pa

from exporters.records import LabelledSteps, Refused, Tokenizer
from exporters.seam import SolutionExporter
from exporters.steps import clashes


class TrlRow(TypedDict):
    """One row of TRL's stepwise form; completions and labels are equally long."""

    prompt: str
    completions: list[str]
    labels: list[bool | float]
    """Bools: the format takes no grades, and the column no number."""


class StepmintRow(TypedDict):
    """One row of our own trainer's form; completions and labels are equally long."""

    prompt: str
    completions: list[str]
    labels: list[float]


class _Stepwise(SolutionExporter):
    """What rows of prompt and steps share, whose trainer puts a separator behind each step."""

    separators: ClassVar[tuple[str, ...]] = ("\n", "\n\n", "\n\n\n")

    def _refusal(self, steps: LabelledSteps, separator: str) -> Refused | None:
        if clashes(steps, separator):
            return Refused(reason=f"a step contains the separator {separator!r}")
        return None

    def length(self, steps: LabelledSteps, separator: str, tokenizer: Tokenizer) -> int:
        """Return the tokens `PRMTrainer.tokenize_row` makes of the row before it cuts."""
        prompt = int(tokenizer.adds_bos) + tokenizer.count(steps.problem.question)
        ends = len(steps.steps) * tokenizer.count(separator)
        return prompt + sum(map(tokenizer.count, steps.steps)) + ends


class TrlExporter(_Stepwise):
    """Rows of TRL's stepwise form; `separator` is the `step_separator` the trainer is given."""

    columns: ClassVar[pa.Schema] = pa.schema(
        {
            "prompt": pa.string(),
            "completions": pa.list_(pa.string()),
            "labels": pa.list_(pa.bool_()),
        }
    )
    usage: ClassVar[str] = """
from trl.experimental.prm import PRMConfig, PRMTrainer  # trl<1.14

trainer = PRMTrainer(
    model=model,  # AutoModelForTokenClassification with two labels
    args=PRMConfig(output_dir="prm", step_separator={separator}, max_length={max_length}),
    processing_class=tokenizer,
    train_dataset=rows["train"],
    eval_dataset=rows.get("validation"),
)
"""

    format: Literal["trl"] = "trl"

    def row(self, steps: LabelledSteps, separator: str) -> TrlRow | Refused:
        """Return the row of labelled steps, or why they make none."""
        return self._refusal(steps, separator) or TrlRow(
            prompt=steps.problem.question,
            completions=list(steps.steps),
            labels=list(steps.labels),
        )


class StepmintExporter(_Stepwise):
    """Rows that `stepmint train` reads, with numbers in [0, 1] for labels."""

    columns: ClassVar[pa.Schema] = pa.schema(
        {
            "prompt": pa.string(),
            "completions": pa.list_(pa.string()),
            "labels": pa.list_(pa.float64()),
        }
    )
    takes_grades: ClassVar[bool] = True
    usage: ClassVar[str] = """
# Our own trainer reads the run itself: stepmint train RUN --base MODEL --output output/prm
"""

    format: Literal["stepmint"] = "stepmint"

    def row(self, steps: LabelledSteps, separator: str) -> StepmintRow | Refused:
        """Return the row of labelled steps, or why they make none."""
        return self._refusal(steps, separator) or StepmintRow(
            prompt=steps.problem.question,
            completions=list(steps.steps),
            labels=[float(label) for label in steps.labels],
        )
