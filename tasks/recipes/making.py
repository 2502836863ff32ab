"""One recipe from its folder's lock to its last count; the same call goes on where one ended."""

import asyncio
from dataclasses import asdict
from typing import Any

from tasks.recipes.board import RecipeBoard
from tasks.recipes.folder import opened, spent_by
from tasks.recipes.sampling import BudgetOver
from tasks.recipes.seam import Recipe
from tasks.recipes.settings import RecipeSettings
from tasks.record_folder import update


async def make(recipe: Recipe, settings: RecipeSettings, board: RecipeBoard) -> dict[str, Any]:
    """Make a recipe's products; return its record, as `recipe.json` has it.

    Where the budget is reached (`board.reached`) the record says so, and what was paid for is kept.
    """
    with opened(settings, recipe.kind) as made:
        changes: dict[str, Any] = {"status": "finished"}
        try:
            changes["counts"] = await recipe.make(made, board)
        except BudgetOver:
            changes["status"] = "budget reached"
        board.begins("done")
        paid = await asyncio.to_thread(spent_by, made)
        update(made, changes | {"paid": asdict(paid)})
        return made.record()
