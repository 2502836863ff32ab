"""What a caller gets back of one solution."""

from dataclasses import dataclass

from rollouts import Costs
from schemas import LabelledSolution, Problem
from schemas.views import Label


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLabels:
    """One solution's labels, and all that they rest on."""

    problem: Problem
    solution: LabelledSolution | None
    """Its steps, the evidence at each, its outcome; None where it was set aside."""
    labels: tuple[Label, ...]
    """One per step as the view reads the evidence; None where it decides nothing."""
    set_aside: str
    """Why there are no labels, e.g. a gold that no answer can be compared with; else empty."""
    costs: Costs
    """What its problem has taken in this call, for all its solutions together."""

    @property
    def steps(self) -> tuple[str, ...]:
        """The steps that are labelled; joined they are the solution's text."""
        return self.solution.steps if self.solution else ()

    @property
    def first_error(self) -> int | None:
        """0-based index of the first wrong step; -1: none; None: the labeler does not say."""
        return self.solution.first_error if self.solution else None
