"""How far a recipe has come in this process, for a display."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from rollouts import Costs


@dataclass(slots=True)
class RecipeBoard:
    """Written by the recipe, read by whoever draws."""

    phase: str = "starting"
    problems: int = 0
    """Problems of the stage."""
    done: int = 0
    """Of these, those whose completions are all there, those of earlier sessions included."""
    since: float = field(default_factory=time.monotonic)
    spent: Costs = field(default_factory=Costs)
    """Of the shards that are done."""
    reached: str = ""
    """The limit of the budget that was reached, and how far; empty while there is none."""
    notes: list[str] = field(default_factory=list)
    """What a person should know at the end."""
    spending: dict[str, Callable[[], Costs]] = field(default_factory=dict)

    @property
    def costs(self) -> Costs:
        """What this session's completions cost so far; asked from the thread that draws."""
        return sum((costs() for costs in tuple(self.spending.values())), self.spent)

    def begins(self, phase: str, problems: int = 0) -> None:
        """Say what comes next."""
        self.phase, self.problems, self.done = phase, problems, 0

    def shard_ended(self, shard: str) -> None:
        """Keep what a shard spent."""
        self.spent += self.spending.pop(shard)()
