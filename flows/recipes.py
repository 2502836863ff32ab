"""`stepmint recipe`: a data product of a seed's system; its progress, and what came of it."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from flows.config import CONFIGS, find_config, find_model, read_yaml, with_overrides
from flows.lines import followed, over, replayed, written
from flows.messages import checked
from flows.saying import say
from reports.grids import drawn
from reports.recipes import recipe_grids
from schemas.recipe_folder import RecipeFolder
from tasks.recipes import AnyRecipe, RecipeBoard, make

READY = CONFIGS / "recipes"


def recipe_here(
    config: str, out: Console, err: Console, *, overrides: Sequence[str], resume: str
) -> dict[str, Any]:
    """Make a recipe's products and print what came of it; return its record.

    Raises Interrupted, after saying how to resume, when a signal stopped it.
    """
    recipe = load_recipe(find_recipe(config), overrides)
    board = RecipeBoard()
    record = followed(
        partial(make, recipe, recipe),
        board,
        err,
        line=_line,
        session=_spent,
        kept="every completion that came back",
        resume=resume,
    )
    for grid in recipe_grids(record):
        out.print(drawn(grid))
    if board.reached:
        say(out, over(board, resume))
        return record
    for line in recipe.last_words(RecipeFolder(recipe.folder)):
        say(out, line)
    return record


def find_recipe(name: str) -> Path:
    """Return the file of a configuration given by path, or by name in `configs/recipes`."""
    return find_config(name, folder=READY, what="recipe's configuration")


def load_recipe(path: Path, overrides: Sequence[str] = ()) -> AnyRecipe:
    """Return the recipe that a YAML file and overrides describe; the file's name is its own.

    Raises ConfigError that names every field that cannot work.
    """
    values: Mapping[str, Any] = with_overrides({"name": path.stem} | read_yaml(path), overrides)
    find_model(values.get("policy"))
    recipe: AnyRecipe = checked(AnyRecipe, values, where=str(path))
    return recipe


def _line(board: RecipeBoard) -> str:
    done = f"{board.done:,} of {board.problems:,} problems, " if board.problems else ""
    return f"{done}{_spent(board)}"


def _spent(board: RecipeBoard) -> str:
    costs = board.costs
    return f"{costs.sampled:,} completions sampled, {written(costs, board.since)}{replayed(costs)}"
