"""The seam behind which a problem's rollouts become step labels."""

from typing import ClassVar, Protocol

from rollouts.seam import Rollouts
from schemas import Labelling, Problem
from schemas.views import Concludes


class Labeler(Protocol):
    """An algorithm that decides which prefixes to probe and what the evidence says.

    A member of the union `AnyLabeler`: frozen settings, picked by `kind`. `SolutionLabeler` has all
    of it but what is concluded of the solutions.
    """

    concludes: ClassVar[Concludes]
    """What it says of a solution; the run records it, and is exported and shown accordingly."""

    async def label(self, problem: Problem, rollouts: Rollouts) -> Labelling:
        """Label solutions of one problem; pure but for the rollouts it asks for."""
        ...
