"""Counts of verdicts at a prefix: what labels are views of."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from schemas.rollouts import Outcome


class StopRule(StrEnum):
    """The rule that ended sampling at a prefix. A ratio means little without it."""

    NOT_SAMPLED = "not_sampled"
    """No rollout was asked for; the counts are all zero."""
    FIXED = "fixed"
    """A number of rollouts fixed in advance: correct ÷ decided is an unbiased estimate."""
    FIRST_SUCCESS = "first_success"
    """Stopped at the first correct rollout: the ratio is biased upward, the likelihood is not."""
    ADAPTIVE = "adaptive"
    """The labeler decided from what it had seen so far; use the likelihood."""
    TERMINAL = "terminal"
    """A complete solution: one verdict on its own final answer, no rollout."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Verdicts counted at one prefix, with the rule that stopped sampling.

    *decided* = correct + incorrect + no answer. Truncated and undecided rollouts are recorded
    and count as nothing, neither for the prefix nor against it.
    """

    correct: int = 0
    incorrect: int = 0
    no_answer: int = 0
    truncated: int = 0
    undecided: int = 0
    stop_rule: StopRule = StopRule.NOT_SAMPLED

    @classmethod
    def of(cls, outcomes: Iterable[Outcome], stop_rule: StopRule) -> "Evidence":
        """Count outcomes."""
        counts = dict.fromkeys(Outcome, 0)
        for outcome in outcomes:
            counts[outcome] += 1
        return cls(**{outcome.value: n for outcome, n in counts.items()}, stop_rule=stop_rule)

    @property
    def decided(self) -> int:
        """Rollouts that count."""
        return self.correct + self.incorrect + self.no_answer

    @property
    def total(self) -> int:
        """Rollouts paid for."""
        return self.decided + self.truncated + self.undecided

    @property
    def mc_value(self) -> float | None:
        """Monte Carlo value: correct ÷ decided rollouts, in [0, 1]; None where none decided."""
        return self.correct / self.decided if self.decided else None
