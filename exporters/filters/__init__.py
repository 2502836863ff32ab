"""What may leave a run as training rows. A new filter is a `Filter` and a name below."""

from typing import Annotated

from pydantic import Field

from exporters.filters.seam import Candidate, Filter, ReadList, Reference, Scope, Sieve, no_lists
from exporters.filters.shape import Difficulty, NumSteps
from exporters.filters.sifting import FilterCount, Sifting

AnyFilter = Annotated[Difficulty | NumSteps, Field(discriminator="kind")]
"""The registry of filters: pydantic picks by `kind` and names the valid ones on a typo."""

__all__ = [
    "AnyFilter",
    "Candidate",
    "Difficulty",
    "Filter",
    "FilterCount",
    "NumSteps",
    "ReadList",
    "Reference",
    "Scope",
    "Sieve",
    "Sifting",
    "no_lists",
]
