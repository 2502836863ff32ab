"""Figures of solutions and their steps: what was found, labels, where first errors are."""

from functools import partial

from pages.charts import Chart
from pages.figures.shapes import Columns, Kind, by_kind
from pages.links import Links
from reports.summary import RunSummary
from reports.text import many

_POSITIONS = Columns(first=1, most=12, tone="bad")


def conclusions(summary: RunSummary, links: Links) -> Chart:
    """Return what was found in solutions."""
    to = partial(links.to, "solutions")
    left_open = "left open" if summary.imported else "abstained"
    kinds = (
        Kind("no error", summary.without_error, "good", "✓", "none"),
        Kind("a first error", summary.with_error, "bad", "✗", "error"),
        Kind(left_open, summary.abstained, "open", "?", "abstained"),
    )
    return Chart(
        name="conclusions",
        title="What was found in solutions",
        form="parts",
        counts=by_kind(kinds, to, "found"),
        counted=many(summary.solutions, "solution"),
        href=to(),
    )


def labels(summary: RunSummary, links: Links) -> Chart:
    """Return how many steps are right and wrong."""
    to, counts = partial(links.to, "solutions"), summary.labels
    kinds = (
        Kind("right", counts.get(True, 0), "good", "✓", "right"),
        Kind("wrong", counts.get(False, 0), "bad", "✗", "wrong"),
        Kind("no label", counts.get(None, 0), "open", "·", "unlabelled"),
    )
    return Chart(
        name="labels",
        title="Balance of step labels",
        form="parts",
        counts=by_kind(kinds, to, "label"),
        counted=many(summary.steps, "step"),
        note="All that is stated." if summary.imported else "None behind a first error.",
        href=to(),
    )


def first_errors(summary: RunSummary, links: Links) -> Chart:
    """Return how many solutions go wrong first in step 1, 2, ..."""
    to, found = partial(links.to, "solutions"), summary.first_errors
    counts = [found.get(step, 0) for step in range(max(found, default=-1) + 1)]
    return Chart(
        name="first-errors",
        title="Where the first error is",
        form="columns",
        counts=tuple(_POSITIONS.of(counts, to, "first_error")),
        counted=f"{many(summary.with_error, 'solution')} with a first error",
        axis="step of the first error",
        href=to(found="error"),
    )
