"""What a search at test time came to, as its record says."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from reports.grids import Grid, drawn
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
    yield Text(search_sentence(figures))
    yield from map(drawn, search_grids(figures))


def search_sentence(figures: Mapping[str, Any]) -> str:
    """Say in one sentence what was searched, and what it cost."""
    costs, aside = figures["costs"], figures["set_aside"]
    return (
        f"{figures['problems']:,} problems"
        + (f" ({aside:,} more set aside: gold answers that cannot be judged against)" * bool(aside))
        + f"; {compact(costs['completion_tokens'])} tokens written, "
        f"{compact(figures['prm_tokens'])} read by the reward model"
    )


def search_grids(figures: Mapping[str, Any]) -> Iterator[Grid]:
    """Yield what a search came to: accuracy, at equal tokens, by fifths of the problems."""
    rows = figures["rows"]
    yield _accuracy([row for row in rows if not row["as_much_as"]])
    if any(row["as_much_as"] for row in rows):
        yield _matched(rows)
    if figures["fifths"]:
        yield from _fifths(figures["fifths"], apart=figures["apart"])


def _accuracy(rows: Sequence[Mapping[str, Any]]) -> Grid:
    searches = list(dict.fromkeys(row["search"] for row in rows))
    told = []
    for selector in dict.fromkeys(row["selector"] for row in rows):
        found = {row["search"]: row for row in rows if row["selector"] == selector}
        told.append((selector, *(_right(found.get(search)) for search in searches)))
    spent = {row["search"]: row for row in reversed(rows) if row["samples"]}
    for what, column in _SPENT.items():
        counts = (f"{spent[one][column]:,.0f}" if one in spent else "-" for one in searches)
        told.append((what, *counts))
    return Grid(
        title="% of problems right [95%]; means of a problem",
        header=("chosen by", *searches),
        rows=told,
    )


def _matched(rows: Sequence[Mapping[str, Any]]) -> Grid:
    """Return each search above best of N with as many tokens as it wrote, problem by problem."""
    told = []
    for other in dict.fromkeys(row["as_much_as"] for row in rows if row["as_much_as"]):
        own = [row for row in rows if (row["search"], row["as_much_as"]) == (other, "")]
        best = [row for row in rows if row["as_much_as"] == other]
        told.append(_equal(other, own))
        told.append(_equal(f"  {best[0]['search']} instead", best))
    return Grid(title="% right at equal tokens", header=("search", *_SHOWN, "tokens"), rows=told)


def _equal(name: str, rows: Sequence[Mapping[str, Any]]) -> Sequence[str]:
    found = {row["selector"]: row for row in rows}
    shares = (_right(found.get(selector)) for selector in _SHOWN)
    return (name, *shares, f"{found[_SHOWN[0]]['tokens']:,.0f}")


def _fifths(rows: Sequence[Mapping[str, Any]], *, apart: bool) -> Iterator[Grid]:
    whose = "samples apart" if apart else "the samples of best of N"
    for by in dict.fromkeys(row["by"] for row in rows):
        own = [row for row in rows if row["by"] == by and row["selector"] in _BY_FIFTHS]
        fifths = sorted({row["fifth"] for row in own})
        told = []
        for search in dict.fromkeys(row["search"] for row in own):
            for selector in _BY_FIFTHS:
                found = {
                    row["fifth"]: row
                    for row in own
                    if (row["search"], row["selector"]) == (search, selector)
                }
                told.append((search, selector, *(_share(found.get(fifth)) for fifth in fifths)))
        yield Grid(
            title=f"% right by fifths of {by} of {whose}, 1 the easiest",
            header=("search", "chosen by", *(f"{one} (n={_most(own, one)})" for one in fifths)),
            rows=told,
            words=2,
        )


def _most(rows: Sequence[Mapping[str, Any]], fifth: int) -> int:
    return max(int(row["problems"]) for row in rows if row["fifth"] == fifth)


def _right(row: Mapping[str, Any] | None) -> str:
    """Return a share with its interval, as `83.3 [44-97]`."""
    if row is None or not row["problems"]:
        return "-"
    low, high = row["interval"]
    return f"{_share(row)} [{100 * low:.0f}-{100 * high:.0f}]"


def _share(row: Mapping[str, Any] | None) -> str:
    return f"{100 * row['right'] / row['problems']:.1f}" if row and row["problems"] else "-"
