"""What one solution shows by itself: its steps, how sure its label is, how hard its problem."""

from typing import Literal

from pydantic import Field, model_validator

from exporters.filters.seam import Candidate, Filter, Scope, Sieve
from schemas import Outcome


class NumSteps(Filter):
    """Keeps solutions of at least and at most so many steps, labelled or not."""

    kind: Literal["num_steps"] = "num_steps"

    at_least: int = Field(default=1, ge=1)
    """Steps a solution has at least."""
    at_most: int | None = Field(default=None, ge=1)
    """Steps a solution has at most; None: no limit."""

    @model_validator(mode="after")
    def _in_order(self) -> "NumSteps":
        if self.at_most is not None and self.at_most < self.at_least:
            raise ValueError(
                f"at_least={self.at_least} and at_most={self.at_most} leave nothing: swap them"
            )
        return self

    def sieve(self, scope: Scope) -> Sieve:
        """Return the filter at work."""
        return _NumSteps(self)


class _NumSteps(Sieve):
    def __init__(self, settings: NumSteps) -> None:
        self._settings = settings

    def reason(self, candidate: Candidate) -> str | None:
        count, settings = len(candidate.solution.steps), self._settings
        if count < settings.at_least:
            return f"fewer than {settings.at_least} steps"
        if settings.at_most is not None and count > settings.at_most:
            return f"more than {settings.at_most} steps"
        return None


class Answered(Filter):
    """Keeps solutions whose final answer was judged right or wrong, as 2408.03314 does.

    Out are those without an answer, those that were cut, and those the verifier could not decide.
    """

    kind: Literal["answered"] = "answered"

    def sieve(self, scope: Scope) -> Sieve:
        """Return the filter at work."""
        return _Answered()


class _Answered(Sieve):
    def reason(self, candidate: Candidate) -> str | None:
        judged = candidate.solution.outcome in (Outcome.CORRECT, Outcome.INCORRECT)
        return None if judged else "its answer was not judged"


class Difficulty(Filter):
    """Keeps problems that the policy solves neither too often nor too rarely.

    By the Monte Carlo value of the question itself: the share of whole solutions that were correct.
    """

    kind: Literal["difficulty"] = "difficulty"

    at_least: float = Field(default=0.0, ge=0, le=1)
    """Share of correct solutions a problem has at least."""
    at_most: float = Field(default=1.0, ge=0, le=1)
    """Share of correct solutions a problem has at most."""
    unknown: Literal["keep", "take_out"] = "keep"
    """What becomes of problems of which no solution was sampled and decided."""

    @model_validator(mode="after")
    def _in_order(self) -> "Difficulty":
        if self.at_most < self.at_least:
            raise ValueError(
                f"at_least={self.at_least} and at_most={self.at_most} leave nothing: swap them"
            )
        return self

    def sieve(self, scope: Scope) -> Sieve:
        """Return the filter at work."""
        return _Difficulty(self)


class _Difficulty(Sieve):
    def __init__(self, settings: Difficulty) -> None:
        self._settings = settings

    def reason(self, candidate: Candidate) -> str | None:
        value, settings = candidate.solution.root.mc_value, self._settings
        if value is None:
            unknown = settings.unknown == "take_out"
            return "no whole solution was sampled and decided" if unknown else None
        if value < settings.at_least:
            return f"solved less often than {settings.at_least:g}"
        if value > settings.at_most:
            return f"solved more often than {settings.at_most:g}"
        return None


class Confidence(Filter):
    """Keeps solutions whose labeler is sure of the first error, or that there is none.

    By the posterior probability that it gives to its own conclusion.
    """

    kind: Literal["confidence"] = "confidence"

    at_least: float = Field(gt=0, le=1)
    """Probability of the labeler's conclusion, at least."""
    unknown: Literal["keep", "take_out"] = "take_out"
    """What becomes of solutions whose labeler gave no posterior, or concluded nothing."""

    def sieve(self, scope: Scope) -> Sieve:
        """Return the filter at work."""
        return _Confidence(self)


class _Confidence(Sieve):
    def __init__(self, settings: Confidence) -> None:
        self._settings = settings

    def reason(self, candidate: Candidate) -> str | None:
        settings, solution = self._settings, candidate.solution
        if solution.first_error is None or not solution.posterior:
            return "no posterior" if settings.unknown == "take_out" else None
        if solution.posterior[solution.first_error] < settings.at_least:
            return f"less sure than {settings.at_least:g}"
        return None
