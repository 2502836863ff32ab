"""Figures of problems: how hard they are, and what was left out before labelling."""

from collections.abc import Iterable, Mapping
from functools import partial

from pages.charts import Chart, Count
from pages.figures.shapes import Kind, by_kind
from pages.links import Links
from reports.summary import BINS, RunSummary
from reports.text import many, one_line


def pass_rates(summary: RunSummary, links: Links) -> Chart:
    """Return how many problems there are per tenth of the pass rate."""
    to = partial(links.to, "problems")
    kinds = (
        Kind(f"{tenth * 100 // BINS}", count, "accent", "", tenth)
        for tenth, count in enumerate(summary.difficulty)
    )
    return Chart(
        name="pass-rates",
        title="How hard the problems are",
        form="columns",
        counts=by_kind(kinds, to, "tenth"),
        counted=f"{many(sum(summary.difficulty), 'problem')} with solutions",
        axis="pass rate of whole solutions, % and up",
        href=to(),
    )


def left_out(summary: RunSummary, links: Links) -> Chart:
    """Return why problems were set aside, and why rows of the source are no problems."""
    to = partial(links.to, "problems")
    aside = (
        Kind(one_line(reason, 80), count, "cut", "", reason)
        for reason, count in _commonest(summary.set_aside)
    )
    rejected = (
        Count(label=f"no problem: {one_line(reason, 80)}", count=count, tone="open")
        for reason, count in _commonest(summary.rejected)
    )
    return Chart(
        name="left-out",
        title="Left out before labelling",
        form="bars",
        counts=(*by_kind(aside, to, "aside"), *rejected),
        counted=f"{many(summary.problems, 'problem')} and rejected.jsonl",
        href=to(aside="*"),
    )


def _commonest(reasons: Mapping[str, int]) -> Iterable[tuple[str, int]]:
    return sorted(reasons.items(), key=lambda item: (-item[1], item[0]))[:6]
