"""Charts as data: what a template draws as bars or columns, each with the rows behind it.

A chart is a list of links with a bar beside each, so that it reads well without its picture.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Tone = Literal["good", "bad", "none", "cut", "open", "ink", "accent"]
"""What a colour says: right, wrong, no answer, truncated, undecided; else nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One count."""

    label: str
    count: int
    share: float
    """Of all counts of the chart, in [0, 1]."""
    height: float
    """Of the greatest count of the chart, in [0, 1]."""
    tone: Tone = "ink"
    sign: str = ""
    """What says the same as the colour."""
    href: str = ""
    """Where the rows behind it are; empty: nowhere."""
    marked: bool = False
    """Whether it is one to be told apart, such as the number that was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A figure of a page: a title, bars, and what they were counted from."""

    name: str
    """Unique on its page: a fragment of its address."""
    title: str
    form: Literal["bars", "columns", "parts"]
    bars: Sequence[Bar]
    counted: str
    """What it was counted from, e.g. `1,234 rollouts`."""
    axis: str = ""
    """What the labels of columns are."""
    note: str = ""
    href: str = ""
    """Where all rows behind it are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """A count before it is drawn."""

    label: str
    count: int
    tone: Tone = "ink"
    sign: str = ""
    href: str = ""
    marked: bool = False


def bars(counts: Iterable[Count]) -> tuple[Bar, ...]:
    """Return counts as bars, each beside the sum and the greatest."""
    taken = tuple(counts)
    total = sum(one.count for one in taken) or 1
    most = max((one.count for one in taken), default=0) or 1
    return tuple(
        Bar(
            label=one.label,
            count=one.count,
            share=one.count / total,
            height=one.count / most,
            tone=one.tone,
            sign=one.sign,
            href=one.href,
            marked=one.marked,
        )
        for one in taken
    )
