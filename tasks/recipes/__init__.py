"""Recipes: data products made of problems, policies, verdicts and the journal, in a folder.

A recipe is frozen settings with `kind`, `make()` and `last_words()` (tasks/recipes/seam.py); one
name more in `AnyRecipe` and `stepmint recipe` makes it.
"""

from typing import Annotated

from pydantic import Field

from tasks.recipes.active import ActiveSelection
from tasks.recipes.best_of_n import BestOfNChoice
from tasks.recipes.board import RecipeBoard
from tasks.recipes.making import make
from tasks.recipes.rstar import RStar
from tasks.recipes.self_refine import SelfRefine
from tasks.recipes.star import Star, VStar
from tasks.recipes.stepwise import StepwiseBestOfN
from tasks.recipes.votes import SelfConsistency, Votes
from tasks.recipes.workflow import AgentWorkflow

AnyRecipe = Annotated[
    Star
    | VStar
    | SelfConsistency
    | Votes
    | BestOfNChoice
    | StepwiseBestOfN
    | RStar
    | SelfRefine
    | AgentWorkflow
    | ActiveSelection,
    Field(discriminator="kind"),
]
"""Settings of any recipe; pydantic picks by `kind`."""

__all__ = [
    "ActiveSelection",
    "AgentWorkflow",
    "AnyRecipe",
    "BestOfNChoice",
    "RStar",
    "RecipeBoard",
    "SelfConsistency",
    "SelfRefine",
    "Star",
    "StepwiseBestOfN",
    "VStar",
    "Votes",
    "make",
]
