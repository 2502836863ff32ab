"""Steps and labels in lists, under the names that published sets and their readers use.

FoVer (2505.15960): `error_labels`, which are true where a step is right. ActPRM (2504.10559): hard
and soft labels side by side. PRM800K (2305.20050), as its lines are, one completion a step, with
what we do not know left out. Skywork-o1-PRM: the steps are the lines of a response.
"""

from typing import ClassVar, Literal, TypedDict

import pyarrow as pa

from exporters.records import LabelledSteps, Refused
from exporters.seam import SolutionExporter
from exporters.steps import clashes

_STRINGS = pa.list_(pa.string())
_BOOLS = pa.list_(pa.bool_())
_RIGHT_FROM = 0.5
"""The grade from which ActPRM calls a step right."""


class FoverRow(TypedDict):
    """One row of FoVer's form."""

    problem: str
    solution_steps: list[str]
    error_labels: list[bool | float]
    """True where the step is right, whatever the name says."""


class FoverExporter(SolutionExporter):
    """Rows of FoVer's form."""

    columns: ClassVar[pa.Schema] = pa.schema(
        {"problem": pa.string(), "solution_steps": _STRINGS, "error_labels": _BOOLS}
    )

    format: Literal["fover"] = "fover"

    def row(self, steps: LabelledSteps, separator: str) -> FoverRow:
        """Return the row of labelled steps."""
        return FoverRow(
            problem=steps.problem.question,
            solution_steps=list(steps.steps),
            error_labels=list(steps.labels),
        )


class ActPrmRow(TypedDict):
    """One row of ActPRM's form."""

    question: str
    steps: list[str]
    hard_labels: list[int]
    soft_labels: list[float]


class ActPrmExporter(SolutionExporter):
    """Rows of ActPRM's form; of a grade the hard label is whether it reaches a half."""

    columns: ClassVar[pa.Schema] = pa.schema(
        {
            "question": pa.string(),
            "steps": _STRINGS,
            "hard_labels": pa.list_(pa.int8()),
            "soft_labels": pa.list_(pa.float64()),
        }
    )
    takes_grades: ClassVar[bool] = True

    format: Literal["actprm"] = "actprm"

    def row(self, steps: LabelledSteps, separator: str) -> ActPrmRow:
        """Return the row of labelled steps."""
        return ActPrmRow(
            question=steps.problem.question,
            steps=list(steps.steps),
            hard_labels=[int(label >= _RIGHT_FROM) for label in steps.labels],
            soft_labels=[float(label) for label in steps.labels],
        )


class Rated(TypedDict):
    """A completion of PRM800K."""

    text: str
    rating: int
    """1 right, -1 wrong; people gave 0 too, which no rollout tells."""
    flagged: bool


class Prm800kStep(TypedDict):
    """What was rated at one step of PRM800K."""

    completions: list[Rated]
    human_completion: None
    chosen_completion: int | None
    """The completion that was gone on from; None at the last wrong one."""


class Prm800kLabel(TypedDict):
    """The steps of one solution of PRM800K."""

    steps: list[Prm800kStep]
    finish_reason: str


class Question(TypedDict):
    """A problem of PRM800K."""

    problem: str
    ground_truth_answer: str


class Prm800kRow(TypedDict):
    """One row of PRM800K's form."""

    question: Question
    label: Prm800kLabel


_COMPLETION = pa.struct({"text": pa.string(), "rating": pa.int8(), "flagged": pa.bool_()})
_STEP = pa.struct(
    {
        "completions": pa.list_(_COMPLETION),
        "human_completion": pa.string(),
        "chosen_completion": pa.int32(),
    }
)


class Prm800kExporter(SolutionExporter):
    """Rows of PRM800K's form: `found_error` where the last step is wrong, else `solution`."""

    columns: ClassVar[pa.Schema] = pa.schema(
        {
            "question": pa.struct({"problem": pa.string(), "ground_truth_answer": pa.string()}),
            "label": pa.struct({"steps": pa.list_(_STEP), "finish_reason": pa.string()}),
        }
    )

    format: Literal["prm800k"] = "prm800k"

    def row(self, steps: LabelledSteps, separator: str) -> Prm800kRow:
        """Return the row of labelled steps."""
        ends_wrong, last = not steps.labels[-1], len(steps.steps) - 1
        rated = [
            Prm800kStep(
                completions=[Rated(text=step, rating=1 if label else -1, flagged=False)],
                human_completion=None,
                chosen_completion=None if ends_wrong and place == last else 0,
            )
            for place, (step, label) in enumerate(zip(steps.steps, steps.labels, strict=True))
        ]
        problem = steps.problem
        return Prm800kRow(
            question=Question(problem=problem.question, ground_truth_answer=problem.answer),
            label=Prm800kLabel(
                steps=rated, finish_reason="found_error" if ends_wrong else "solution"
            ),
        )


class SkyworkRow(TypedDict):
    """One row of Skywork's form."""

    problem: str
    response: str
    labels: list[bool | float]
    """One for each line of the response; bools."""


class SkyworkExporter(SolutionExporter):
    """Rows of Skywork-o1-PRM's form, whose reader takes each line of a response for a step."""

    columns: ClassVar[pa.Schema] = pa.schema(
        {"problem": pa.string(), "response": pa.string(), "labels": _BOOLS}
    )
    separators: ClassVar[tuple[str, ...]] = ("\n",)

    format: Literal["skywork"] = "skywork"

    def row(self, steps: LabelledSteps, separator: str) -> SkyworkRow | Refused:
        """Return the row of labelled steps, or why they make none."""
        if clashes(steps, separator):
            return Refused(reason=f"a step contains the separator {separator!r}")
        return SkyworkRow(
            problem=steps.problem.question,
            response=separator.join(steps.steps),
            labels=list(steps.labels),
        )
