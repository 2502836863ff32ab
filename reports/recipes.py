"""What a recipe came to, as its record says: a column a round, and its counts."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from reports.grids import Grid, drawn
from reports.sentence import short_model
from reports.text import compact, many, one_line, plain
from schemas.recipe_folder import RecipeFolder


def recipe_page(made: RecipeFolder) -> RenderableType:
    """Return the page of a recipe: what it came to, and its products."""
    record = made.record()
    name, status = made.path.resolve().name, str(record.get("status", "unknown"))
    head = Text.assemble(
        (f"recipe {plain(str(record.get('recipe', '')))} {plain(name)}", "bold"),
        (f"  {plain(status)}", "dim"),
    )
    parts: list[RenderableType] = [head]
    parts += [Text(plain(model), style="cyan") for model in models_of(record)]
    try:
        parts += [*_paid(record), *map(drawn, recipe_grids(record))]
    except (KeyError, TypeError, ValueError, AttributeError):  # not counted yet, or a stranger's
        parts.append(Text("its record holds no counts that can be shown", style="yellow"))
    if record.get("status") == "failed" and record.get("error"):
        parts.append(Text(one_line(str(record["error"])), style="red"))
    products = sorted(made.path.glob("*.parquet")) + sorted(made.path.glob("round-*/*.parquet"))
    parts += [
        Text(f"  {plain(str(path.relative_to(made.path)))}", style="dim") for path in products
    ]
    return Group(*parts)


_DID: Mapping[str, str] = {
    "rstar": "grew a tree of typed actions for each of",
    "star": "solved, and was taught by its own right solutions of,",
    "v_star": "solved, and was taught by its own right solutions of,",
    "self_consistency": "solved by vote",
    "votes": "solved by vote",
    "best_of_n": "chose the best of its solutions of",
    "stepwise_best_of_n": "wrote step by step, the best of some alternatives each, solutions of",
    "self_refine": "drafted, reviewed and revised solutions of",
    "workflow": "planned, worked off and concluded",
    "active_selection": "chose which solutions to label next, of",
}
_RIGHT: Mapping[str, Sequence[str]] = {
    "the answer that was chosen is right for": ("winner_right", "chosen_correct"),
    "the one with most votes for": ("majority_right", "majority_correct"),
    "some answer for": ("oracle_right", "any_correct"),
}
"""What counts say of answers, by the names they have."""


def recipe_sentence(record: Mapping[str, Any]) -> str:
    """Say in one sentence what a recipe did, as far as it has come."""
    models, counts, paid = models_of(record), _mapping(record, "counts"), _mapping(record, "paid")
    who = short_model(models[0]) if models else "A run's policy"
    did = _DID.get(str(record.get("recipe", "")), "worked on")
    told = (
        f"{who} {did} {many(counts['problems'], 'problem') if 'problems' in counts else 'problems'}"
    )
    if paid.get("rollouts"):
        told += f", by {many(paid['rollouts'], 'completion')} and {compact(paid['tokens'])} tokens"
    right = (
        f"{words} {counts[name]:,}"
        for words, names in _RIGHT.items()
        for name in names
        if name in counts
    )
    found = ", ".join(right)
    return f"{told}; {found}." if found else f"{told}."


def recipe_grids(record: Mapping[str, Any]) -> Iterator[Grid]:
    """Yield what a recipe came to: its rounds, and its counts."""
    rounds, counts = record.get("rounds") or [], record.get("counts") or {}
    if rounds:
        yield _rounds(rounds)
    if counts:
        yield Grid(rows=[(_name(name), _cell(value)) for name, value in counts.items() if value])


def _rounds(rounds: Sequence[Mapping[str, Any]]) -> Grid:
    names = dict.fromkeys(key for one in rounds for key in one)
    return Grid(
        header=("round", *(str(one["round"]) for one in rounds)),
        rows=[
            (_name(name), *(_cell(one.get(name)) for one in rounds))
            for name in names
            if name not in ("round", "policy")
        ],
    )


def models_of(record: Mapping[str, Any]) -> list[str]:
    """Return the models that worked on a recipe, each once."""
    named = (record.get(name) for name in ("policy", "second_policy", "prm"))
    found = dict.fromkeys((*_mapping(record, "policies").values(), *named))
    return [str(model) for model in found if model]


def _mapping(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = record.get(name)
    return found if isinstance(found, dict) else {}


def _paid(record: Mapping[str, Any]) -> Iterator[Text]:
    paid = _mapping(record, "paid")
    if paid.get("rollouts"):
        yield Text(f"{paid['rollouts']:,} completions, {compact(paid['tokens'])} tokens written")


def _name(name: str) -> str:
    return name.replace("_", " ")


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{count:,} {name}" for name, count in value.items())
    return "" if value is None else f"{value:,}"
