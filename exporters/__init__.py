"""Labelled solutions become training rows. A new format is an `Exporter` and a name below."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from exporters.chat import QwenExporter, RlhflowExporter
from exporters.counts import CountsExporter
from exporters.critiques import CritiqueDpoExporter, CritiqueExporter
from exporters.listed import ActPrmExporter, FoverExporter, Prm800kExporter, SkyworkExporter
from exporters.math_aps import MathApsExporter, MathApsTreeExporter
from exporters.math_shepherd import MathShepherdExporter
from exporters.outcome import OrmExporter, SftExporter
from exporters.preference import OutcomePreferenceExporter, PreferenceExporter
from exporters.records import LabelledSteps, Refused, Tokenizer, TrainingRow
from exporters.revision import RevisionExporter
from exporters.seam import Exporter, SolutionExporter
from exporters.tagged import (
    OpenRExporter,
    OpenRlhfExporter,
    OpenRlhfSoftExporter,
    PaddleNlpExporter,
)
from exporters.traces import TopTracesExporter
from exporters.tree_edges import TreeEdgesExporter
from exporters.trl import StepmintExporter, TrlExporter
from exporters.verifier import VerifierExporter


def _trl_unless_named(value: Any) -> Any:
    return {"format": "trl", **value} if isinstance(value, dict) else value


AnyExporter = Annotated[
    TrlExporter
    | StepmintExporter
    | RlhflowExporter
    | QwenExporter
    | MathShepherdExporter
    | OpenRlhfExporter
    | OpenRlhfSoftExporter
    | OpenRExporter
    | PaddleNlpExporter
    | Prm800kExporter
    | ActPrmExporter
    | FoverExporter
    | SkyworkExporter
    | MathApsExporter
    | MathApsTreeExporter
    | TreeEdgesExporter
    | TopTracesExporter
    | PreferenceExporter
    | OutcomePreferenceExporter
    | CountsExporter
    | OrmExporter
    | SftExporter
    | VerifierExporter
    | RevisionExporter
    | CritiqueExporter
    | CritiqueDpoExporter,
    Field(discriminator="format"),
    BeforeValidator(_trl_unless_named),
]
"""The registry of formats: pydantic picks by `format` and names the valid ones on a typo."""

__all__ = [
    "AnyExporter",
    "Exporter",
    "LabelledSteps",
    "MathShepherdExporter",
    "Refused",
    "SolutionExporter",
    "StepmintExporter",
    "Tokenizer",
    "TrainingRow",
    "TrlExporter",
]
