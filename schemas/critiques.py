"""What a critic wrote of a labelled solution, and what could be read in it."""

from dataclasses import dataclass
from enum import StrEnum

from schemas.rollouts import Completion


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a critique says of a solution's steps, as it was read."""

    verdicts: tuple[bool, ...] = ()
    """verdicts[i] is true where it calls steps[i] right; there may be fewer than steps behind an
    error, and none where it names the first error alone."""
    first_error: int | None = None
    """0-based index of the first wrong step; -1: none; None: the critique cannot be read."""
    unread: str = ""
    """Why it cannot be read, a short category; empty where it can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Critique:
    """One sampled critique of one labelled solution."""

    problem_id: str
    solution_index: int
    sample_index: int
    """Position among the critiques of this solution, from 0."""
    key: str
    """The journal's key, 32 hex digits: equal for what was sampled once."""
    completion: Completion
    """As the critic wrote it; untrusted."""
    judgement: Judgement


class Placed(StrEnum):
    """Where a critique puts the first error, seen from the label."""

    SAME = "same"
    """In the same step, or both find none."""
    EARLIER = "earlier"
    """In a step before it, or in any step where the label finds none."""
    LATER = "later"
    NONE = "none"
    """It finds none, and the label does."""

    @classmethod
    def of(cls, theirs: int, ours: int) -> "Placed":
        """Compare two first errors, -1 for none."""
        if theirs == ours:
            return cls.SAME
        if theirs < 0:
            return cls.NONE
        return cls.EARLIER if ours < 0 or theirs < ours else cls.LATER
