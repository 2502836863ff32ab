"""Steps and labels in lists, under the names that published sets and trainers use.

TRL, axolotl and Soup; UnPRM (2508.01773); FoVer (2505.15960), whose `error_labels` are true where
a step is right; ActPRM (2504.10559); Skywork-o1-PRM, whose steps are lines; AlphaMath; PaddleNLP;
our counts.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import ClassVar, Literal, cast

from schemas import StepStatement
from sources.cells import number_text
from sources.rows import BadCellError
from sources.stated.marks import (
    UNSAID,
    checked,
    fitting,
    gold,
    mark,
    marks,
    named,
    outcome,
    plain,
    question,
    steps_of,
    whole,
)
from sources.stated.seam import Cells, LabelKind, StatedFormat, StatedSolution

_RIGHT_FROM = 0.5


class Trl(StatedFormat):
    """TRL's stepwise rows: `prompt`, `completions`, `labels` (booleans, 0 and 1, or numbers)."""

    columns: ClassVar[tuple[str, ...]] = ("prompt", "completions", "labels")
    between: ClassVar[str] = "\n"

    format: Literal["trl"] = "trl"

    def solutions(self, cells: Cells) -> Iterator[StatedSolution]:
        """Yield the row's solution."""
        yield _listed(cells, "prompt", "completions", "labels")


class UnPrm(StatedFormat):
    """UnPRM's rows: `prompt`, `answer`, `completions`, `label`."""

    columns: ClassVar[tuple[str, ...]] = ("prompt", "completions", "label")
    kind: ClassVar[LabelKind] = "automatic"

    format: Literal["unprm"] = "unprm"

    def solutions(self, cells: Cells) -> Iterator[StatedSolution]:
        """Yield the row's solution."""
        yield _listed(cells, "prompt", "completions", "label")


class Fover(StatedFormat):
    """FoVer's rows: `problem`, `solution_steps`, `error_labels`, which are true where right."""

    columns: ClassVar[tuple[str, ...]] = ("problem", "solution_steps", "error_labels")
    kind: ClassVar[LabelKind] = "automatic"

    format: Literal["fover"] = "fover"

    def solutions(self, cells: Cells) -> Iterator[StatedSolution]:
        """Yield the row's solution."""
        yield _listed(cells, "problem", "solution_steps", "error_labels")


class ActPrm(StatedFormat):
    """ActPRM's rows: `question`, `steps`, `hard_labels`, `soft_labels`.

    The soft labels are taken; a row whose hard ones say otherwise is rejected.
    """

    columns: ClassVar[tuple[str, ...]] = ("question", "steps", "hard_labels", "soft_labels")
    kind: ClassVar[LabelKind] = "automatic"

    format: Literal["actprm"] = "actprm"

    def solutions(self, cells: Cells) -> Iterator[StatedSolution]:
        """Yield the row's solution."""
        soft = _listed(cells, "question", "steps", "soft_labels")
        for hard, grade in zip(marks(cells["hard_labels"], soft.steps), soft.stated, strict=True):
            if None not in (hard.label, grade.label) and (hard.label == 1) != (
                (grade.label or 0) >= _RIGHT_FROM
            ):
                raise BadCellError("hard and soft label disagree", f"{hard.said}, {grade.said}")
        yield soft


class Skywork(StatedFormat):
    """Skywork-o1-PRM's rows: `problem`, `response` with a step a line, `labels`."""

    columns: ClassVar[tuple[str, ...]] = ("problem", "response", "labels")
    between: ClassVar[str] = "\n"

    format: Literal["skywork"] = "skywork"

    def solutions(self, cells: Cells) -> Iterator[StatedSolution]:
        """Yield the row's solution."""
        lines = plain(cells.get("response")).split("\n")
        steps = checked(line for line in lines if line.strip())
        yield StatedSolution(
            question=question(cells, "problem"),
            answer=gold(cells, "answer"),
            steps=steps,
            stated=marks(cells.get("labels"), steps),
        )


class AlphaMath(StatedFormat):
    """AlphaMath's rows (2405.03553): `question`, and `response` with a `step` and its `Q` each.

    Q is a value of MCTS in [-1, 1]; it becomes a number in [0, 1].
    """

    columns: ClassVar[tuple[str, ...]] = ("question", "response")
    kind: ClassVar[LabelKind] = "automatic"
    between: ClassVar[str] = "\n"

    format: Literal["alphamath"] = "alphamath"

    @classmethod
    def fits(cls, cells: Cells) -> bool:
        """Tell whether each item of the response has a step and its value."""
        found = cells.get("response")
        items = found if isinstance(found, list | tuple) and "question" in cells else ()
        return bool(items) and all(
            isinstance(one, Mapping) and {"step", "Q"} <= one.keys() for one in items
        )

    def solutions(self, cells: Cells) -> Iterator[StatedSolution]:
        """Yield the row's solution."""
        if not self.fits(cells):
            raise BadCellError("no list of steps with their Q")
        found = cast(Sequence[Cells], cells["response"])
        steps = steps_of([one["step"] for one in found])
        yield StatedSolution(
            question=question(cells, "question"),
            answer=gold(cells, "answer"),
            steps=steps,
            stated=tuple(_of_q(one["Q"]) for one in found),
        )


def _of_q(value: object) -> StepStatement:
    """Return the statement of a value in [-1, 1], in its own words."""
    if value is None:
        return UNSAID
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise BadCellError("a label is neither a sign nor a number", repr(value)[:40])
    said = number_text(value)
    return replace(mark((float(said) + 1) / 2), said=said)


class PaddleNlp(StatedFormat):
    """PaddleNLP's rows: `src`, `responses`, `labels` (signs)."""

    columns: ClassVar[tuple[str, ...]] = ("src", "responses", "labels")
    between: ClassVar[str] = "\n"

    format: Literal["paddlenlp"] = "paddlenlp"

    def solutions(self, cells: Cells) -> Iterator[StatedSolution]:
        """Yield the row's solution."""
        yield _listed(cells, "src", "responses", "labels")


class Counts(StatedFormat):
    """Counts of rollouts that another run of stepmint exported: `correct` of `decided` a step.

    They become numbers that are stated: the rollouts themselves are not here.
    """

    columns: ClassVar[tuple[str, ...]] = ("question", "steps", "correct", "decided", "stop_rule")
    kind: ClassVar[LabelKind] = "automatic"
    between: ClassVar[str] = ""

    format: Literal["counts"] = "counts"

    def solutions(self, cells: Cells) -> Iterator[StatedSolution]:
        """Yield the row's solution."""
        steps = steps_of(cells.get("steps"))
        correct, decided = (fitting(cells.get(name), steps) for name in ("correct", "decided"))
        yield StatedSolution(
            question=question(cells, "question"),
            answer=gold(cells, "answer"),
            steps=steps,
            stated=tuple(_share(*pair) for pair in zip(correct, decided, strict=True)),
            outcome=outcome(cells.get("outcome")),
        )


def _share(correct: object, decided: object) -> StepStatement:
    count, of = whole(correct), whole(decided)
    if not 0 <= count <= of:
        raise BadCellError("more rollouts correct than decided", f"{count} of {of}")
    return StepStatement(label=count / of, said=f"{count}/{of}") if of else UNSAID


def _listed(cells: Cells, asked: str, steps: str, labels: str) -> StatedSolution:
    found = steps_of(cells.get(steps))
    return StatedSolution(
        question=question(cells, asked),
        answer=gold(cells, "answer"),
        steps=found,
        stated=marks(cells.get(labels), found),
        id=named(cells, "id"),
    )
