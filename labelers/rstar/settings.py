"""How an rStar tree is grown: the published code's numbers are the defaults."""

from pydantic import Field, field_validator

from labelers.rstar.actions import ALL, Action
from schemas import Settings


class RStarTree(Settings):
    """The search's constants."""

    rollouts: int = Field(default=16, ge=1)
    """Ways from the question to a leaf, one after another: so many trajectories of each problem."""
    depth: int = Field(default=5, ge=1)
    """Actions of a way at most; one that ends there without an answer is worth 0."""
    exploration: float = Field(default=2.0, ge=0)
    """Weight of exploration in UCT; values lie between 0 and 1."""
    actions: tuple[Action, ...] = ALL
    """Which of the five are taken; `rest` always is, for it alone is sure to end a way."""
    steps: int = Field(default=3, ge=1)
    """Samples of the next step (A1); equal ones are one child."""
    votes: int = Field(default=32, ge=1)
    """Samples of the rest (A2), and of the answer to a sub-question that ends a way: they vote, and
    a text of the majority is the child."""
    subquestions: int = Field(default=3, ge=1)
    """Samples of the next sub-question (A3); equal ones are one child."""
    subanswer_votes: int = Field(default=10, ge=1)
    """Samples of the answer to a sub-question (A3, A4), which vote."""

    @field_validator("actions")
    @classmethod
    def _ends(cls, actions: tuple[Action, ...]) -> tuple[Action, ...]:
        if Action.REST not in actions:
            raise ValueError(f"actions={[one.value for one in actions]}: add rest, which ends ways")
        return tuple(one for one in ALL if one in actions)
