"""What a recipe came to, as its record says: a column a round, and its counts."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from reports.text import compact, one_line, plain
from schemas.recipe_folder import RecipeFolder


def recipe_page(made: RecipeFolder) -> RenderableType:
    """Return the page of a recipe: what it came to, and its products."""
    record = made.record()
    name, status = made.path.resolve().name, str(record.get("status", "unknown"))
    head = Text.assemble(
        (f"recipe {plain(str(record.get('recipe', '')))} {plain(name)}", "bold"),
        (f"  {plain(status)}", "dim"),
    )
    models = dict.fromkeys(map(str, [*_policies(record).values(), record.get("prm", "")]))
    parts: list[RenderableType] = [head]
    parts += [Text(plain(model), style="cyan") for model in models if model]
    try:
        parts += [*_paid(record), *recipe_tables(record)]
    except (KeyError, TypeError, ValueError, AttributeError):  # not counted yet, or a stranger's
        parts.append(Text("its record holds no counts that can be shown", style="yellow"))
    if record.get("status") == "failed" and record.get("error"):
        parts.append(Text(one_line(str(record["error"])), style="red"))
    products = sorted(made.path.glob("*.parquet")) + sorted(made.path.glob("round-*/*.parquet"))
    parts += [
        Text(f"  {plain(str(path.relative_to(made.path)))}", style="dim") for path in products
    ]
    return Group(*parts)


def recipe_tables(record: Mapping[str, Any]) -> Iterator[Table]:
    """Yield what a recipe came to: its rounds, and its counts."""
    rounds, counts = record.get("rounds") or [], record.get("counts") or {}
    if rounds:
        yield _rounds(rounds)
    if counts:
        table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
        for name, value in counts.items():
            if value:
                table.add_row(_text(name), _cell(value))
        yield table


def _rounds(rounds: Sequence[Mapping[str, Any]]) -> Table:
    names = dict.fromkeys(key for one in rounds for key in one)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("round")
    for one in rounds:
        table.add_column(str(one["round"]), justify="right")
    for name in names:
        if name not in ("round", "policy"):
            table.add_row(_text(name), *(_cell(one.get(name)) for one in rounds))
    return table


def _policies(record: Mapping[str, Any]) -> Mapping[str, Any]:
    policies = record.get("policies")
    return policies if isinstance(policies, dict) else {}


def _paid(record: Mapping[str, Any]) -> Iterator[Text]:
    paid = record.get("paid") or {}
    if paid.get("rollouts"):
        yield Text(f"{paid['rollouts']:,} completions, {compact(paid['tokens'])} tokens written")


def _text(name: str) -> Text:
    return Text(plain(name.replace("_", " ")))


def _cell(value: Any) -> Text:
    if isinstance(value, dict):
        return Text(plain(", ".join(f"{count:,} {name}" for name, count in value.items())))
    return Text("" if value is None else f"{value:,}")
