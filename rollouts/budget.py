"""What a run and each of its problems may spend, and what was spent."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field

from rollouts.costs import Costs
from schemas import Settings


def _whole(value: Any) -> Any:
    """Read `1e9`, which YAML takes for a text, as the whole number it is."""
    try:
        number = float(value) if isinstance(value, str) else value
    except ValueError:
        return value
    return int(number) if isinstance(number, float) and number.is_integer() else value


Amount = Annotated[int, BeforeValidator(_whole), Field(ge=1)]


class ProblemBudget(Settings):
    """What one problem may take; one that needs more is set aside, with this as the reason.

    Counts what is taken, whoever paid for it, so that reuse and resuming change no row.
    """

    tokens: Amount | None = None
    """Tokens written in all its rollouts."""
    rollouts: Amount | None = None
    """Its rollouts, solutions included."""

    @property
    def reason(self) -> str:
        """Why a problem that needs more is set aside."""
        limits = {"rollouts": self.rollouts, "tokens": self.tokens}
        told = " or ".join(f"{limit:,} {name}" for name, limit in limits.items() if limit)
        return f"budget: it needs more than {told}"

    def allows(self, *, rollouts: int, tokens: int) -> bool:
        """Tell whether a problem may have taken so much."""
        return within(rollouts, self.rollouts) and within(tokens, self.tokens)


class Budget(Settings):
    """What a run may spend before it ends with what is whole; a larger one goes on from there."""

    free: ClassVar[frozenset[str]] = frozenset({"tokens", "rollouts", "hours", "session_tokens"})

    tokens: Amount | None = None
    """Tokens the policy writes, a segmenter too, and those read for scores, in all sessions of the
    run. What was in flight when it is reached may come on top, as far as it was longer than
    expected."""
    rollouts: Amount | None = None
    """Rollouts the policy writes in all sessions of the run; never one more."""
    hours: float | None = Field(default=None, gt=0)
    """Hours of one session, from its start: the same command goes on for as many again."""
    session_tokens: Amount | None = None
    """Tokens of one session, as `tokens` counts them: the same command goes on with as many."""
    problem: ProblemBudget = ProblemBudget()
    """Shapes rows, so it stays as it was when a run is resumed."""

    def in_session(self, before: "Spent") -> "Budget":
        """Return the budget of a session before which so much was spent in others."""
        if self.session_tokens is None:
            return self
        until = before.tokens + self.session_tokens
        return self.model_copy(update={"tokens": min(self.tokens or until, until)})


class OverBudgetError(Exception):
    """A problem asks for more than `budget.problem` allows; a reason to set it aside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What was paid for: not replayed, not taken from other runs."""

    rollouts: int = 0
    tokens: int = 0
    """Written, by a segmenter too, or read for scores."""

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(rollouts=self.rollouts + other.rollouts, tokens=self.tokens + other.tokens)

    @classmethod
    def of(cls, costs: Costs) -> "Spent":
        """Return what a run paid for rollouts and scores, in this session and earlier ones."""
        tokens = costs.completion_tokens - costs.reused_tokens + costs.scored_tokens
        tokens += costs.segment_tokens
        return cls(rollouts=costs.sampled + costs.replayed, tokens=tokens)

    @classmethod
    def now(cls, costs: Costs) -> "Spent":
        """Return what this session paid; of scored tokens, in proportion to the texts."""
        fresh = costs.scored - costs.replayed_scores
        tokens = costs.written_tokens + costs.scored_tokens * fresh // max(costs.scored, 1)
        tokens += costs.segment_tokens - costs.replayed_segment_tokens
        return cls(rollouts=costs.sampled, tokens=tokens)


def within(amount: float, limit: int | None) -> bool:
    """Tell whether a limit, if there is one, allows an amount."""
    return limit is None or amount <= limit
