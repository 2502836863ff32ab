"""Charts as data: what a template draws as bars or columns, each with the rows behind it.

A chart is a list of links with a bar beside each, so that it reads well without its picture.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

Tone = Literal["good", "bad", "none", "cut", "open", "ink", "accent"]
"""What a colour says: right, wrong, no answer, truncated, undecided; else nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """One count."""

    label: str
    count: int
    tone: Tone = "ink"
    sign: str = ""
    """What says the same as the colour."""
    href: str = ""
    """Where the rows behind it are; empty: nowhere."""
    marked: bool = False
    """Whether it is one to be told apart, such as the number that was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar(Count):
    """A count as it is drawn."""

    share: float
    """Of all counts of the chart, in [0, 1]."""
    height: float
    """Of the greatest count of the chart, in [0, 1]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A figure of a page: a title, counts, and what they were counted from."""

    name: str
    """Unique on its page: a fragment of its address."""
    title: str
    form: Literal["bars", "columns", "parts"]
    counts: Sequence[Count]
    counted: str
    """What it was counted from, e.g. `1,234 rollouts`."""
    axis: str = ""
    """What the labels of columns are."""
    note: str = ""
    href: str = ""
    """Where all rows behind it are."""

    @property
    def bars(self) -> tuple[Bar, ...]:
        """The counts, each beside their sum and the greatest."""
        total = sum(one.count for one in self.counts) or 1
        most = max((one.count for one in self.counts), default=0) or 1
        return tuple(
            Bar(**asdict(one), share=one.count / total, height=one.count / most)
            for one in self.counts
        )
