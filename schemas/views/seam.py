"""What all views share: a label for every step, then the rule for what follows the error."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Literal

from schemas.evidence import Evidence
from schemas.labels import LabelledSolution
from schemas.settings import Settings

Concludes = Literal["counts", "first_error", "stated"]
"""What a labeler says of a solution: its counts of rollouts, step by step, and what these imply; or
a first error that it found by reasoning of its own; or, of an import, what others state."""

Label = bool | float | None
"""One step's label; None where the evidence decides nothing."""


def hard_label(evidence: Evidence) -> bool | None:
    """Return whether any rollout was correct (Math-Shepherd eq. 3); None where none decided."""
    return evidence.correct > 0 if evidence.decided else None


def first_wrong(labels: Sequence[Label]) -> int | None:
    """Return the first step labelled False; -1: none; None: cannot be told.

    It cannot be told when a step without a label comes before the first wrong one, or anywhere in
    a solution without one: the first error might be there.
    """
    error = next((step for step, label in enumerate(labels) if label is False), len(labels))
    if None in labels[:error]:
        return None
    return error if error < len(labels) else -1


def first_hard_error(evidence: Sequence[Evidence]) -> int | None:
    """Return the first step whose decided rollouts all failed; -1: none; None: cannot be told."""
    return first_wrong([hard_label(one) for one in evidence])


class View(Settings):
    """A rule that reads labels off a solution; a member of `AnyView` by its `kind`, a literal."""

    grades: ClassVar[bool] = True
    """Whether labels are numbers in [0, 1]; a format that casts them to 0 or 1 refuses the view."""
    grades_counts: ClassVar[bool] = False
    """Whether a grade is read off the counts of its own step: then grades of steps whose sampling
    stopped by different rules are not to be compared."""

    after_error: Literal["drop", "keep", "wrong"] = "drop"
    """Labels behind the first step labelled wrong (grading views: whose decided rollouts all
    failed): dropped (None, as Qwen, 2501.07301), kept (as Math-Shepherd), or all wrong."""

    def labels(self, solution: LabelledSolution) -> tuple[Label, ...]:
        """Return one label per step. Raises ExportError where the stop rule forbids this view."""
        labels = self._labels(solution)
        error = self._error(solution, labels)
        if self.after_error == "keep" or error is None:
            return labels
        wrong = False if isinstance(labels[error], bool) else 0.0
        tail: Label = None if self.after_error == "drop" else wrong
        return (*labels[: error + 1], *([tail] * (len(labels) - error - 1)))

    @abstractmethod
    def _labels(self, solution: LabelledSolution) -> tuple[Label, ...]:
        """Return one label per step, whatever came before it."""

    def _error(self, solution: LabelledSolution, labels: Sequence[Label]) -> int | None:
        """Return the step behind which `after_error` applies."""
        failed = (hard_label(one) is False for one in solution.evidence)
        return next((step for step, fails in enumerate(failed) if fails), None)


class Decides(View):
    """A view whose labels are True and False."""

    grades: ClassVar[bool] = False

    def _error(self, solution: LabelledSolution, labels: Sequence[Label]) -> int | None:
        return next((step for step, label in enumerate(labels) if label is False), None)
