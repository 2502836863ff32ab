"""What a set of critiques came to, as its record says: what could be read, and how it agrees."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from reports.standing import standing
from reports.text import compact, plain
from schemas import Placed
from schemas.critique_folder import CritiqueFolder

_ROWS = {"with_error": "an error", "without_error": "no error"}
_COLUMNS = {
    Placed.SAME: "same",
    Placed.EARLIER: "earlier",
    Placed.LATER: "later",
    Placed.NONE: "none",
}


def critique_page(made: CritiqueFolder) -> RenderableType:
    """Return the page of a set of critiques; of one that was not counted yet its name alone."""
    record = made.record()
    status = standing(record.get("status"), made.lock)
    head = Text.assemble((f"critiques {plain(made.name)}", "bold"), (f"  {status}", "dim"))
    policy = Text(plain(str(record.get("policy", ""))), style="cyan")
    try:
        counted = [*_counts(record["counts"], record["costs"]), *_agreement(record["agreement"])]
    except (KeyError, TypeError, ValueError, AttributeError):  # not counted yet, or a stranger's
        counted = []
    return Group("", head, policy, *counted)


def _counts(counts: Mapping[str, Any], costs: Mapping[str, Any]) -> Iterator[RenderableType]:
    critiques, read = counts["critiques"], counts["read"]
    yield Text(
        f"{critiques:,} critiques of {counts['solutions']:,} solutions, {read:,} read, "
        f"{counts['with_verdicts']:,} with a verdict on each step; "
        f"{compact(costs['completion_tokens'])} tokens written, "
        f"{compact(costs['prompt_tokens'])} read"
    )
    for reason, count in sorted(counts["unread"].items(), key=lambda item: -item[1]):
        yield Text(f"  {count:,} not read: {plain(reason)}", style="yellow")


def _agreement(agreement: Mapping[str, Any]) -> Iterator[RenderableType]:
    table = Table(title="first error: label and critiques", title_justify="left")
    table.add_column("label")
    for name in _COLUMNS.values():
        table.add_column(name, justify="right")
    table.add_column("agree", justify="right")
    for row, name in _ROWS.items():
        placed = {where: agreement[row].get(where.value, 0) for where in Placed}
        total = sum(placed.values())
        share = f"{placed[Placed.SAME] / total:.1%}" if total else "-"
        table.add_row(name, *(f"{placed[where]:,}" for where in _COLUMNS), share)
    yield table
    yield Text(
        f"{agreement['agreed']:,} of {agreement['judged']:,} labelled solutions have most of "
        "their critiques agree"
    )
    if agreement["unlabelled"]:
        yield Text(f"{agreement['unlabelled']:,} critiques are of solutions without a label")
