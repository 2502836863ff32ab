"""Algorithms: a problem's evidence becomes step labels."""

from typing import Annotated

from pydantic import Field

from labelers.answer_likelihood import AnswerLikelihood
from labelers.double_search import DoubleSearch
from labelers.math_shepherd import MathShepherd
from labelers.omega_prm import OmegaPRM
from labelers.outcome import OutcomeLabeler
from labelers.posterior import PosteriorLabeler
from labelers.seam import Labeler
from labelers.solutions import Screen

AnyLabeler = Annotated[
    AnswerLikelihood | DoubleSearch | MathShepherd | OmegaPRM | OutcomeLabeler | PosteriorLabeler,
    Field(discriminator="kind"),
]
"""The registry of labelers: pydantic picks by `kind` and names the valid ones on a typo."""

__all__ = [
    "AnswerLikelihood",
    "AnyLabeler",
    "DoubleSearch",
    "Labeler",
    "MathShepherd",
    "OmegaPRM",
    "OutcomeLabeler",
    "PosteriorLabeler",
    "Screen",
]
