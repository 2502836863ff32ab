"""Figures of exports: rows, and what was not taken."""

from collections.abc import Iterator

from pages.charts import Chart, Count
from reports.exported import Exported, exported
from reports.text import one_line
from schemas.run_folder import RunFolder


def exports(run: RunFolder) -> Iterator[Chart]:
    """Yield a figure per export that is not damaged."""
    for name, found in exported(run):
        if found is not None:
            yield Chart(
                name=f"export-{name}",
                title=f"Export {one_line(name, 60)}",
                form="bars",
                counts=tuple(_taken(found)),
                counted=f"exports/{one_line(name, 60)}/export.json",
            )


def _taken(found: Exported) -> Iterator[Count]:
    """Yield the rows of an export, then what was not taken and why."""
    for split, count in found.rows.items():
        yield Count(label=f"rows, {one_line(split)}", count=count, tone="good")
    for reason, count in found.refused.items():
        yield Count(label=one_line(reason, 80), count=count, tone="cut")
    for one in found.filters:
        for reason, count in one.taken.items():
            label = f"filter {one_line(one.kind)}: {one_line(reason, 60)}"
            yield Count(label=label, count=count, tone="none")
