"""The registry of splitters."""

from typing import Annotated

from pydantic import Field

from rollouts.segmenter import Segmenter
from rollouts.steps import BlankLine, MarkerWords, Newline, Packed, Regex, Sentence, StepMarker

AnySplitter = Annotated[
    BlankLine | Newline | StepMarker | Sentence | Packed | MarkerWords | Regex | Segmenter,
    Field(discriminator="kind"),
]
"""Pydantic picks by `kind` and names the valid ones on a typo."""
