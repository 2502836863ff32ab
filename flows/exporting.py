"""`stepmint export`: a run's labels as training rows, and what was left out."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from exporters import AnyExporter, Exporter
from exporters.runs import ExportReport
from flows.config import with_overrides
from flows.messages import checked
from tasks.commits import check_shards
from tasks.exports import export


def export_here(
    run: Path, out: Console, *, format: str, view: str | None, overrides: Sequence[str]
) -> ExportReport:
    """Export a run as the options say and print what came of it."""
    asked = {"format": format} | ({"view": {"kind": view}} if view else {})
    values = with_overrides(asked, overrides)
    exporter: Exporter = checked(AnyExporter, values, where="the export")
    check_shards(run)  # a run that exports at its end has just been checked
    report = export(run, exporter)
    out.print("\n".join(_lines(report)), highlight=False, soft_wrap=True, markup=False)
    return report


def _lines(report: ExportReport) -> list[str]:
    rows = ", ".join(f"{count:,} {split}" for split, count in report.rows.items())
    between = f"separator {report.separator!r}" if report.separator else "nothing between them"
    lines = [f"{rows} rows in {report.folder}"]
    if report.right_steps or report.wrong_steps:  # a format may have no labels
        lines.append(
            f"labels: {report.right_steps:,} right, {report.wrong_steps:,} wrong; {between}"
        )
    lines += [f"left out {count:,}: {reason}" for reason, count in report.refused.items()]
    for number, one in enumerate(report.filters, start=1):
        lines.append(f"filter {number}, {one.kind}: {one.left:,} of {one.seen:,} left")
        lines += [f"  taken out {count:,}: {reason}" for reason, count in one.taken.items()]
    if report.shortened:
        lines.append(f"shortened {report.shortened:,} rows to the length limit")
    if report.unlabelled:
        lines.append(
            f"partial: {report.unlabelled:,} problems of the run are not labelled yet; finish it "
            "with `stepmint label`, and export again"
        )
    if not report.lengths_measured:
        lines.append("lengths were not measured: name the trainer's with --set tokenizer=NAME")
    return lines
