"""The seam of recipes: frozen settings with a `kind` that make data products in a folder."""

from typing import Any, Protocol

from schemas.recipe_folder import RecipeFolder
from tasks.recipes.board import RecipeBoard


class Recipe(Protocol):
    """Makes data products of solutions; one name more in `AnyRecipe` and it can be asked for.

    Its settings are those of `RecipeSettings`, or of `SolvingSettings` where it samples.
    """

    @property
    def kind(self) -> str:
        """What it is."""
        ...

    async def make(self, made: RecipeFolder, board: RecipeBoard) -> dict[str, Any]:
        """Write what is not there yet, and return what it came to, as JSON.

        The folder is held; what was asked of a policy before is not asked again. Raises BudgetOver
        where the budget is reached, else StepmintErrors that name value and remedy.
        """
        ...

    def last_words(self, made: RecipeFolder) -> list[str]:
        """Return what a user may do with the products: commands, one a line."""
        ...
