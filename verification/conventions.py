"""Where people differ about what counts as the same answer, one field each.

Everything else is mathematics and has no setting. The defaults are the conventions under which the
MATH and GSM8K families publish their golds; each default is the reading that a reader of the
problem would take, never the one that accepts most.
"""

from fractions import Fraction
from typing import Literal

from pydantic import Field

from schemas.settings import Settings


class Conventions(Settings):
    """How two final answers are held against each other. Deterministic, part of a verdict's key."""

    percent: Literal["optional", "strict"] = "optional"
    r"""`20\%` against a bare `20`, and `75\%` against `\frac34`. *optional*: where only one side
    carries the sign, equal if the numbers are equal with or without the division by 100. *strict*:
    `\%` always divides by 100."""

    units: Literal["optional", "required", "ignored"] = "optional"
    """`5 cm` against `5`. *optional*: a unit may be missing on one side, but two known units must
    agree (`3 m` is not `3 km`, `12 m` is not `12 m^2`). *required*: a known unit on one side must
    stand on the other. *ignored*: units are dropped."""

    degrees: Literal["optional", "strict"] = "optional"
    r"""`60^\circ` against `60`. *optional*: the sign may be missing on one side. *strict*: it may
    not. Under both, `60^\circ` equals `\frac{\pi}{3}`: radians are what the sign converts to."""

    currency: Literal["optional", "strict"] = "optional"
    r"""`\$5` against `5`. Two different known currencies never agree."""

    relative_tolerance: Fraction = Field(default=Fraction(0), ge=0, lt=1)
    r"""Largest relative difference at which two closed real numbers still agree; 0 is exact: `0.33`
    is not `\frac13`. A tolerance accepts neighbours (`20000` and `20001` at 1e-4): leave it at 0
    unless the golds themselves were rounded."""

    log_base: Literal["either", "ten", "e"] = "either"
    r"""What `\log` without a base means. *either*: equal under base 10 on both sides or under base
    e on both sides; `\log 2` still is not `\ln 2`."""

    brackets: Literal["strict", "lenient"] = "strict"
    """`(a,b)` against `[a,b]`. *strict*: openness counts, and a point is not a closed interval.
    *lenient*: `[1,2]` may be written for the point `(1,2)`, never for a half-open interval."""

    tuple_order: Literal["strict", "free"] = "strict"
    r"""Whether `(1,2)` differs from `(2,1)`. Lists and sets (`1,2`, `\{2,1\}`) have no order."""

    assignments: Literal["optional", "strict"] = "optional"
    """`x = 5` against `5`, `f(x) = x^2` against `x^2`, `a=1, b=2` against `(1,2)`. *strict*: a name
    on one side must stand on the other."""

    intervals_as_inequalities: bool = True
    r"""Whether `x \ge 8` equals `[8,\infty)`."""

    letter_case: Literal["strict", "ignored"] = "strict"
    r"""Whether the variables `R` and `r` differ. Words (`\text{Even}`) never mind their case."""

    choice_case: Literal["ignored", "strict"] = "ignored"
    """Whether `a` and `(A)` choose the same option. A lone letter up to h, or any letter up to J
    that is upper case or in brackets, is taken for a choice."""

    dropped_base: Literal["different", "same"] = "different"
    """`1101_2` against `1101`. *same*: the subscript may be missing on one side; two different
    bases never agree under either."""

    other_base: Literal["different", "same"] = "different"
    """`1101_2` against `13_{10}` or `D_{16}`, the same number written in another base. The base is
    usually what was asked for."""

    unreduced: Literal["same", "different"] = "same"
    r"""`\frac{2}{4}` against `\frac{1}{2}`. *different*: a plain fraction must be in lowest terms
    wherever the gold is."""

    ratio_as_fraction: bool = False
    r"""Whether `1:2` equals `\frac12`; `3:4` and `6:8` agree under `unreduced=same`."""

    decimal_comma: bool = False
    """Whether a comma between digits that cannot group thousands is a decimal point: `3,5` is then
    3.5, otherwise the two answers 3 and 5. `1,234` groups thousands in either case."""

    number_words: bool = True
    r"""Whether `\text{four}` equals `4`."""

    missing_half_of_day: Literal["optional", "strict"] = "strict"
    """`4:30` against `4:30 p.m.`. *strict*: cannot be told."""


DEFAULTS = Conventions()
"""The conventions a run has unless it states others."""
