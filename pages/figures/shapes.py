"""Shapes of counts that several figures have, each count with the address of its rows."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from pages.charts import Count, Tone

To = Callable[..., str]
"""Where the list is that a figure leads to, asked for what the arguments say."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Rows of a kind: how it looks, and what the list is asked for to see them."""

    label: str
    count: int
    tone: Tone
    sign: str
    value: str | int


def by_kind(kinds: Iterable[Kind], to: To, name: str) -> tuple[Count, ...]:
    """Return a count per kind; `name` is what a kind is the value of in the address."""
    return tuple(
        Count(
            label=one.label,
            count=one.count,
            tone=one.tone,
            sign=one.sign,
            href=to(**{name: one.value}),
        )
        for one in kinds
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """How rows are counted by a number."""

    first: int
    """The least number."""
    most: int
    """Numbers that have a column of their own; all later ones share one, such as `13+`."""
    tone: Tone
    marked: int | None = None
    """The number to be told apart."""

    def of(self, counts: Sequence[int], to: To, name: str) -> Iterator[Count]:
        """Yield the columns; `counts` are those of `first` and the numbers behind it."""
        for number, count in enumerate(counts[: self.most], self.first):
            yield self._column(str(number), count, to(**{name: number}), number == self.marked)
        if later := sum(counts[self.most :]):
            label = f"{self.first + self.most}+"
            yield self._column(label, later, to(**{name: label}))

    def _column(self, label: str, count: int, href: str, marked: bool = False) -> Count:
        return Count(label=label, count=count, tone=self.tone, href=href, marked=marked)
