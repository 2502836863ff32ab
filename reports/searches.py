"""What a search at test time came to, as its record says."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from reports.text import compact, plain
from schemas.search_folder import SearchFolder

_BY_FIFTHS = ("majority_vote", "prm_last_vote")
"""The selectors shown by fifths: without the reward model, and as 2408.03314 chooses."""
_SHOWN = ("majority_vote", "prm_last_max", "prm_last_vote")
"""Those shown at equal tokens."""
_SPENT = {
    "samples": "samples",
    "tokens written": "tokens",
    "tokens read": "prm_tokens",
}


def search_page(made: SearchFolder) -> RenderableType:
    """Return the page of a search; of one that was not counted yet its name alone."""
    record = made.record()
    name, status = made.path.resolve().name, str(record.get("status", "unknown"))
    head = Text.assemble((f"search {plain(name)}", "bold"), (f"  {plain(status)}", "dim"))
    models = (plain(str(record.get(what, ""))) for what in ("policy", "prm"))
    try:
        counted = list(_counted(record["figures"]))
    except (KeyError, TypeError, ValueError, AttributeError):  # not counted yet, or a stranger's
        counted = []
    return Group("", head, *(Text(model, style="cyan") for model in models), *counted)


def _counted(figures: Mapping[str, Any]) -> Iterator[RenderableType]:
    costs, aside = figures["costs"], figures["set_aside"]
    yield Text(
        f"{figures['problems']:,} problems"
        + (f" ({aside:,} more set aside: gold answers that cannot be judged against)" * bool(aside))
        + f"; {compact(costs['completion_tokens'])} tokens written, "
        f"{compact(figures['prm_tokens'])} read by the reward model"
    )
    rows = figures["rows"]
    yield _accuracy([row for row in rows if not row["as_much_as"]])
    if any(row["as_much_as"] for row in rows):
        yield _matched(rows)
    if figures["fifths"]:
        yield from _fifths(figures["fifths"], apart=figures["apart"])


def _accuracy(rows: Sequence[Mapping[str, Any]]) -> Table:
    searches = list(dict.fromkeys(row["search"] for row in rows))
    table = _table("% of problems right [95%]; means of a problem", "chosen by", *searches)
    for selector in dict.fromkeys(row["selector"] for row in rows):
        found = {row["search"]: row for row in rows if row["selector"] == selector}
        table.add_row(selector, *(_right(found.get(search)) for search in searches))
    spent = {row["search"]: row for row in reversed(rows) if row["samples"]}
    for what, column in _SPENT.items():
        told = (f"{spent[one][column]:,.0f}" if one in spent else "-" for one in searches)
        table.add_row(what, *told)
    return table


def _matched(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Return each search above best of N with as many tokens as it wrote, problem by problem."""
    table = _table("% right at equal tokens", "search", *_SHOWN, "tokens")
    for other in dict.fromkeys(row["as_much_as"] for row in rows if row["as_much_as"]):
        own = [row for row in rows if (row["search"], row["as_much_as"]) == (other, "")]
        best = [row for row in rows if row["as_much_as"] == other]
        _add(table, other, own)
        _add(table, f"  {best[0]['search']} instead", best)
    return table


def _add(table: Table, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    found = {row["selector"]: row for row in rows}
    shares = (_right(found.get(selector)) for selector in _SHOWN)
    table.add_row(plain(name), *shares, f"{found[_SHOWN[0]]['tokens']:,.0f}")


def _fifths(rows: Sequence[Mapping[str, Any]], *, apart: bool) -> Iterator[Table]:
    whose = "samples apart" if apart else "the samples of best of N"
    for by in dict.fromkeys(row["by"] for row in rows):
        own = [row for row in rows if row["by"] == by and row["selector"] in _BY_FIFTHS]
        fifths = sorted({row["fifth"] for row in own})
        table = _table(
            f"% right by fifths of {by} of {whose}, 1 the easiest",
            "search",
            "chosen by",
            *(f"{fifth} (n={_most(own, fifth)})" for fifth in fifths),
        )
        for search in dict.fromkeys(row["search"] for row in own):
            for selector in _BY_FIFTHS:
                found = {
                    row["fifth"]: row
                    for row in own
                    if (row["search"], row["selector"]) == (search, selector)
                }
                shares = (_share(found.get(fifth)) for fifth in fifths)
                table.add_row(plain(search), selector, *shares)
        yield table


def _most(rows: Sequence[Mapping[str, Any]], fifth: int) -> int:
    return max(int(row["problems"]) for row in rows if row["fifth"] == fifth)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=f"\n{title}", title_justify="left", box=None, pad_edge=False)
    for column in columns:
        left = column in (columns[0], "chosen by")
        table.add_column(plain(column), justify="left" if left else "right")
    return table


def _right(row: Mapping[str, Any] | None) -> str:
    """Return a share with its interval, as `83.3 [44-97]`."""
    if row is None or not row["problems"]:
        return "-"
    low, high = row["interval"]
    return f"{_share(row)} [{100 * low:.0f}-{100 * high:.0f}]"


def _share(row: Mapping[str, Any] | None) -> str:
    return f"{100 * row['right'] / row['problems']:.1f}" if row and row["problems"] else "-"
