"""Algorithms: a problem's evidence becomes step labels.

A labeler of sampled solutions is a `SolutionLabeler` (labelers/solutions.py): settings with a
`kind` that conclude something of each solution; one name more in `AnyLabeler` and it can be used.
"""

from typing import Annotated

from pydantic import Field

from labelers.answer_likelihood import AnswerLikelihood
from labelers.double_search import DoubleSearch
from labelers.math_shepherd import MathShepherd
from labelers.omega_prm import OmegaPRM
from labelers.outcome import OutcomeLabeler
from labelers.posterior import PosteriorLabeler
from labelers.seam import Labeler
from labelers.solutions import Concluded, Conclusion, Screen, SolutionLabeler, Start
from labelers.uct import UCT

AnyLabeler = Annotated[
    AnswerLikelihood
    | DoubleSearch
    | MathShepherd
    | OmegaPRM
    | OutcomeLabeler
    | PosteriorLabeler
    | UCT,
    Field(discriminator="kind"),
]
"""The registry of labelers: pydantic picks by `kind` and names the valid ones on a typo."""

__all__ = [
    "UCT",
    "AnswerLikelihood",
    "AnyLabeler",
    "Concluded",
    "Conclusion",
    "DoubleSearch",
    "Labeler",
    "MathShepherd",
    "OmegaPRM",
    "OutcomeLabeler",
    "PosteriorLabeler",
    "Screen",
    "SolutionLabeler",
    "Start",
]
