"""Labelled solutions become training rows."""

from collections.abc import Mapping

from exporters.math_shepherd import MATH_SHEPHERD, to_math_shepherd_row
from exporters.seam import LabelledSteps, Refused, Row, RowFormat, Tokenizer
from exporters.settings import ExportSettings
from exporters.trl import TRL, TrlRow, to_trl_row

EXPORTERS: Mapping[str, RowFormat] = {
    "trl": TRL,
    "math_shepherd": MATH_SHEPHERD,
}

__all__ = [
    "EXPORTERS",
    "ExportSettings",
    "LabelledSteps",
    "Refused",
    "Row",
    "RowFormat",
    "Tokenizer",
    "TrlRow",
    "to_math_shepherd_row",
    "to_trl_row",
]
