"""From evidence to steps a trainer can be given: hard labels, stripped text, nothing invented."""

from collections.abc import Sequence

from exporters.seam import LabelledSteps, Refused
from schemas import ExportError, LabelledSolution, Problem
from schemas.views import AnyView, Label


def labelled_steps(
    problem: Problem, solution: LabelledSolution, view: AnyView
) -> LabelledSteps | Refused:
    """Return the solution's decided steps with their hard labels.

    Undecided steps at the end are dropped. A solution with an undecided step before a decided
    one, with a blank step or with no decided step is refused. Raises ExportError for a soft view:
    trainers that take hard labels cast 0.9 to 0.
    """
    labels = _hard(view.labels(solution))
    while labels and labels[-1] is None:
        labels.pop()
    if not labels:
        return Refused(reason="no step is decided")
    decided = [label for label in labels if label is not None]
    if len(decided) < len(labels):
        return Refused(reason="an undecided step lies before a decided one")
    steps = tuple(step.strip() for step in solution.steps[: len(labels)])
    if not all(steps):
        return Refused(reason="a step is blank")
    return LabelledSteps(problem=problem, steps=steps, labels=tuple(decided))


def clashes(steps: LabelledSteps, separator: str) -> bool:
    """Return whether a step contains the string that is to mark the ends of steps."""
    return any(separator in step for step in steps.steps)


def _hard(labels: Sequence[Label]) -> list[bool | None]:
    hard: list[bool | None] = []
    for label in labels:
        if label is not None and not isinstance(label, bool):
            raise ExportError(
                f"label {label!r} is soft, and this format casts labels to 0 or 1: "
                "export a hard view, or one with a threshold, and read graded ones from the tables"
            )
        hard.append(label)
    return hard
