"""Labels are views of evidence: counts stay on disk, each view derives its labels at export.

A view gives one label per step: True/False (a right or wrong step) from the views that decide,
a number in [0, 1] from those that grade, None where the evidence decides nothing. A new one is a
file with a `View` or a `Decides`, and a name in the union `AnyView`.
"""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Literal

from pydantic import Field

from schemas.labels import LabelledSolution
from schemas.views.concluded import FirstError, NetInformation, Posterior
from schemas.views.counted import (
    Beta,
    Hard,
    Ratio,
    Recovered,
    RootNormalised,
    Soft,
    Threshold,
)
from schemas.views.outcome import ByOutcome
from schemas.views.seam import (
    Concludes,
    Decides,
    Label,
    View,
    first_hard_error,
    first_wrong,
    hard_label,
)
from schemas.views.stated import Stated, StatedGrades

AnyView = Annotated[
    Hard
    | Recovered
    | Soft
    | Threshold
    | Beta
    | RootNormalised
    | Ratio
    | FirstError
    | Posterior
    | NetInformation
    | ByOutcome
    | Stated
    | StatedGrades,
    Field(discriminator="kind"),
]
"""The registry of views: pydantic picks by `kind` and names the valid ones on a typo."""


def own_view(
    concludes: Concludes, *, after_error: Literal["drop", "keep"] = "drop"
) -> Hard | FirstError | Stated:
    """Return the view that says what a run itself concludes: `hard`, `first_error` or `stated`."""
    views: Mapping[Concludes, type[Hard | FirstError | Stated]] = {
        "counts": Hard,
        "first_error": FirstError,
        "stated": Stated,
    }
    return views[concludes](after_error=after_error)


@cache
def told_view(concludes: Concludes) -> Hard | FirstError | Stated:
    """Return the view in which a run is shown, and by which its labelled steps are counted.

    What the run itself concludes, nothing behind a first error; of an import all that is stated.
    """
    return own_view(concludes, after_error="keep" if concludes == "stated" else "drop")


def count_labelled(solution: LabelledSolution, concludes: Concludes) -> int:
    """Return how many steps have a label in the view in which a run is shown."""
    return sum(label is not None for label in told_view(concludes).labels(solution))


__all__ = [
    "AnyView",
    "Beta",
    "ByOutcome",
    "Concludes",
    "Decides",
    "FirstError",
    "Hard",
    "Label",
    "NetInformation",
    "Posterior",
    "Ratio",
    "Recovered",
    "RootNormalised",
    "Soft",
    "Stated",
    "StatedGrades",
    "Threshold",
    "View",
    "count_labelled",
    "first_hard_error",
    "first_wrong",
    "hard_label",
    "own_view",
    "told_view",
]
