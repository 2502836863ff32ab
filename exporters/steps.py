"""From evidence to steps a trainer can be given: labels, stripped text, nothing invented."""

from exporters.records import LabelledSteps, Refused
from schemas import LabelledSolution, Problem
from schemas.views import AnyView


def labelled_steps(
    problem: Problem, solution: LabelledSolution, view: AnyView
) -> LabelledSteps | Refused:
    """Return the solution's decided steps with their labels.

    Undecided steps at the end are dropped. A solution with an undecided step before a decided
    one, with a blank step or with no decided step is refused. Raises ExportError where the view
    is not to be had of the evidence.
    """
    labels = list(view.labels(solution))
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
    return LabelledSteps(problem=problem, solution=solution, steps=steps, labels=tuple(decided))


def leading_steps(problem: Problem, solution: LabelledSolution, view: AnyView) -> LabelledSteps:
    """Return the solution's steps before the first undecided one, to the byte, with their labels.

    Raises ExportError as above.
    """
    labels = list[bool | float]()
    for label in view.labels(solution):
        if label is None:
            break
        labels.append(label)
    steps = solution.steps[: len(labels)]
    return LabelledSteps(problem=problem, solution=solution, steps=steps, labels=tuple(labels))


def clashes(steps: LabelledSteps, separator: str) -> bool:
    """Return whether a step contains the string that is to mark the ends of steps."""
    return any(separator in step for step in steps.steps)


def holds(steps: LabelledSteps, mark: str) -> bool:
    """Return whether question or steps contain a mark that readers count in both together."""
    return clashes(steps, mark) or mark in steps.problem.question


def signs(steps: LabelledSteps) -> list[str]:
    """Return + for each right step and - for each wrong one."""
    return ["+" if label else "-" for label in steps.labels]
