"""First-error search as noisy bisection with a posterior; it says where to look and when not to."""

from labelers.posterior.anchoring import anchor
from labelers.posterior.confidence import Confidence, Gain, gain
from labelers.posterior.cues import Cue, Cues, Readings
from labelers.posterior.fitting import fit
from labelers.posterior.inference import Belief, Observation, believe, information
from labelers.posterior.labeler import PosteriorLabeler
from labelers.posterior.model import Model

__all__ = [
    "Belief",
    "Confidence",
    "Cue",
    "Cues",
    "Gain",
    "Model",
    "Observation",
    "PosteriorLabeler",
    "Readings",
    "anchor",
    "believe",
    "fit",
    "gain",
    "information",
]
