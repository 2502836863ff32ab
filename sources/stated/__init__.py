"""Everybody's labelled sets become problems with labelled solutions of ours.

A form of rows is frozen settings with a `format` and `solutions(cells)`; pydantic picks it from
the union by `format`, and where none is named it is found by the columns of the first rows. A new
one is a `StatedFormat` in a file of its own if it likes, and its name in `AnyStated`: the first
that fits is taken, so forms with telling columns come before those whose columns others have too.
"""

from collections.abc import Sequence
from typing import Annotated, get_args

from pydantic import Field

from schemas import SourceError
from sources.stated.chats import QwenPrm, Rlhflow
from sources.stated.first_errors import (
    BigBenchMistake,
    Hard2Verify,
    LateBench,
    MrGsm8k,
    ProcessBench,
    VerifyCot,
)
from sources.stated.listed import ActPrm, AlphaMath, Counts, Fover, PaddleNlp, Skywork, Trl, UnPrm
from sources.stated.math_aps import MathAps
from sources.stated.perturbed import PrmBench, ReasonEval
from sources.stated.prm800k import Prm800k, Prm800kCritic
from sources.stated.seam import Cells, LabelKind, StatedFormat, StatedSolution
from sources.stated.searches import Searched
from sources.stated.tagged import Distilabel, MathShepherd, OpenR, OpenRlhf

AnyStated = Annotated[
    ProcessBench
    | Prm800k
    | Prm800kCritic
    | PrmBench
    | MrGsm8k
    | ReasonEval
    | BigBenchMistake
    | Hard2Verify
    | VerifyCot
    | LateBench
    | MathAps
    | MathShepherd
    | OpenRlhf
    | OpenR
    | Distilabel
    | Trl
    | UnPrm
    | Fover
    | ActPrm
    | Counts
    | AlphaMath
    | Skywork
    | PaddleNlp
    | QwenPrm
    | Rlhflow
    | Searched,
    Field(discriminator="format"),
]
"""The registry of forms: pydantic picks by `format` and names the valid ones on a typo."""

FORMS: tuple[type[StatedFormat], ...] = get_args(get_args(AnyStated)[0])


def form_of(rows: Sequence[Cells]) -> StatedFormat | None:
    """Return the form that fits most of the rows, of several the first; None: none fits any."""
    count, form = max(
        ((sum(map(one.fits, rows)), one) for one in FORMS), key=lambda found: found[0]
    )
    return form.model_validate({}) if count else None


def form_named(name: str) -> StatedFormat | None:
    """Return the form of this name with its usual settings; None: there is none."""
    return next((form.model_validate({}) for form in FORMS if _name(form) == name), None)


def _name(form: type[StatedFormat]) -> str:
    return str(get_args(form.model_fields["format"].annotation)[0])


def unknown_form(name: str, columns: Sequence[str]) -> SourceError:
    """Return that the rows of a set are of no form we know."""
    known = ", ".join(map(_name, FORMS))
    return SourceError(
        f"{name}: its columns ({', '.join(columns) or 'none'}) are those of no labelled set we "
        f"know: name the form with --format, one of {known}"
    )


__all__ = [
    "FORMS",
    "AnyStated",
    "LabelKind",
    "StatedFormat",
    "StatedSolution",
    "form_named",
    "form_of",
    "unknown_form",
]
