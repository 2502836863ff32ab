"""What may leave a run as training rows. A new filter is a `Filter` and a name below."""

from typing import Annotated

from pydantic import Field

from exporters.filters.balance import Balance, FirstError, PerProblem
from exporters.filters.consensus import Consensus
from exporters.filters.contamination import Contamination
from exporters.filters.duplicates import Duplicates
from exporters.filters.seam import Candidate, Filter, ReadList, Reference, Scope, Sieve, no_lists
from exporters.filters.shape import Answered, Confidence, Difficulty, NumSteps
from exporters.filters.sifting import FilterCount, Sifting
from exporters.filters.suspects import SuspectGolds

AnyFilter = Annotated[
    Duplicates
    | Contamination
    | SuspectGolds
    | Consensus
    | FirstError
    | Confidence
    | NumSteps
    | Answered
    | Difficulty
    | PerProblem
    | Balance,
    Field(discriminator="kind"),
]
"""The registry of filters: pydantic picks by `kind` and names the valid ones on a typo."""

__all__ = [
    "Answered",
    "AnyFilter",
    "Balance",
    "Candidate",
    "Confidence",
    "Consensus",
    "Contamination",
    "Difficulty",
    "Duplicates",
    "Filter",
    "FilterCount",
    "FirstError",
    "NumSteps",
    "PerProblem",
    "ReadList",
    "Reference",
    "Scope",
    "Sieve",
    "Sifting",
    "SuspectGolds",
    "no_lists",
]
