"""How far a recipe has come in this process, for a display."""

from dataclasses import dataclass

from tasks.progress import WorkBoard


@dataclass(slots=True)
class RecipeBoard(WorkBoard):
    """Written by the recipe, read by whoever draws; `done` counts problems of the stage."""

    problems: int = 0
    """Problems of the stage."""

    def begins(self, phase: str, problems: int = 0) -> None:
        """Say what comes next."""
        self.phase, self.problems, self.done = phase, problems, 0
