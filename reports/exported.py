"""The exports of a run, as `export.json` tells of them: rows, and what filters took out."""

from collections.abc import Iterator, Mapping

from pydantic import BaseModel, ValidationError
from rich.table import Table
from rich.text import Text

from reports.text import one_line
from schemas.run_folder import RunFolder


class Filtered(BaseModel):
    """What a filter of an export took out."""

    kind: str
    seen: int
    taken: Mapping[str, int]


class Exported(BaseModel):
    """What a page reads of an `export.json`, which may have come from anywhere."""

    rows: Mapping[str, int]
    refused: Mapping[str, int]
    filters: tuple[Filtered, ...] = ()


def exported(run: RunFolder) -> Iterator[tuple[str, Exported | None]]:
    """Yield the name of each export with what it says of itself; None: that is damaged."""
    for folder in run.exports:
        try:
            found = Exported.model_validate_json((folder / "export.json").read_bytes())
        except (OSError, ValidationError):
            yield folder.name, None
        else:
            yield folder.name, found


def exports_page(run: RunFolder) -> Table | None:
    """Return the run's exports, with what was left out of each; None where there is none."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("export", style="cyan", no_wrap=True)
    table.add_column("rows", justify="right")
    table.add_column("left out", overflow="fold")
    for name, found in exported(run):
        if found is None:
            table.add_row(one_line(name), "", Text("export.json is damaged", style="yellow"))
            continue
        rows = "\n".join(f"{count:,} {one_line(split)}" for split, count in found.rows.items())
        table.add_row(Text(one_line(name)), Text(rows), Text("\n".join(_left_out(found))))
    return table if table.row_count else None


def _left_out(found: Exported) -> Iterator[str]:
    for reason, count in found.refused.items():
        yield f"{count:,}: {one_line(reason)}"
    for one in found.filters:
        told = f"filter {one_line(one.kind)} {sum(one.taken.values()):,} of {one.seen:,}"
        reasons = [(one_line(why), count) for why, count in one.taken.items()]
        if len(reasons) > 1:
            counted = "; ".join(f"{count:,}: {why}" for why, count in reasons)
            yield f"{told} ({counted})"
        else:
            yield ": ".join((told, *(why for why, _ in reasons)))
