"""Rates with intervals, percentiles, and tables of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt


@dataclass(frozen=True, slots=True)
class Rate:
    """k of n, with its 95% Wilson interval."""

    k: int
    n: int

    @property
    def interval(self) -> tuple[float, float]:
        """Return the Wilson score interval (Wilson 1927) at 95%."""
        if not self.n:
            return 0.0, 1.0
        z, p = 1.959964, self.k / self.n
        centre = p + z * z / (2 * self.n)
        spread = z * sqrt(p * (1 - p) / self.n + z * z / (4 * self.n**2))
        scale = 1 + z * z / self.n
        return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)

    def __str__(self) -> str:
        if not self.n:
            return "-"
        low, high = self.interval
        return f"{self.k}/{self.n} = {self.k / self.n:.2%} [{low:.2%}, {high:.2%}]"

    @property
    def brief(self) -> str:
        """The share and its interval in percent, e.g. `97.4% [96.6, 98.1]`."""
        if not self.n:
            return "-"
        low, high = (100 * end for end in self.interval)
        return f"{100 * self.k / self.n:.1f}% [{low:.1f}, {high:.1f}]"

    def as_json(self) -> dict[str, float]:
        """Return the figures."""
        low, high = self.interval
        return {"k": self.k, "n": self.n, "low": low, "high": high}


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which this share of the values lies; 0 for none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def table(title: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a plain-text table."""
    cells = [list(header), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) for row in cells]
    rule = "  ".join("-" * width for width in widths)
    return "\n".join(
        [f"\n{title}", lines[0].rstrip(), rule, *(line.rstrip() for line in lines[1:])]
    )
