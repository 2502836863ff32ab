"""What every labeler begins with: root rollouts, the screen, the solutions worth labelling."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import Field, model_validator

from rollouts.seam import Rollouts
from schemas import (
    ROOT,
    Evidence,
    Labelling,
    Node,
    Outcome,
    Prefix,
    Problem,
    Rollout,
    Settings,
    StopRule,
)


class Screen(Settings):
    """Sets aside problems that teach nothing: solved by (almost) all root rollouts or by none.

    The rollouts it asks for are not lost: they are the solutions, and the root's evidence.
    OmegaPRM (2406.06592) keeps 0 < share < 1 of 32, the defaults' meaning with 16.
    """

    num_rollouts: int = Field(default=16, ge=1)
    """Root rollouts to decide by."""
    min_correct_share: float = Field(default=0.0, ge=0, le=1)
    """A share of correct among decided root rollouts must lie above this ..."""
    max_correct_share: float = Field(default=1.0, ge=0, le=1)
    """... and below this."""

    @model_validator(mode="after")
    def _leaves_room(self) -> "Screen":
        if self.min_correct_share >= self.max_correct_share:
            raise ValueError(
                f"min_correct_share={self.min_correct_share} leaves nothing below "
                f"max_correct_share={self.max_correct_share}: give a smaller minimum"
            )
        return self

    def reason(self, root: Evidence) -> str:
        """Return why the screen sets a problem aside; empty if it lets it pass."""
        if root.mc_value is None:
            return f"screen: none of {root.total} root rollouts decided"
        if self.min_correct_share < root.mc_value < self.max_correct_share:
            return ""
        return f"screen: {root.correct} of {root.decided} correct"


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """A root rollout worth labelling, cut into its cumulative prefixes."""

    rollout: Rollout
    prefixes: tuple[Prefix, ...]
    """One per step, at least one; the last is the whole solution."""

    @property
    def terminal(self) -> Evidence:
        """The verdict on the solution's own answer, as the evidence of its last step."""
        return Evidence.of([self.rollout.verdict.outcome], StopRule.TERMINAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A problem's root evidence and its solutions, or why there are none."""

    root: Evidence
    solutions: tuple[Solution, ...]
    set_aside: str
    """Empty if there are solutions."""


async def solve(rollouts: Rollouts, *, num_solutions: int, screen: Screen | None) -> Start:
    """Take root rollouts, screen the problem, and return the first solutions worth labelling.

    All root rollouts count as root evidence. The first `num_solutions` of them are the solutions,
    but for: texts that occurred before, truncated ones (their last step is torn and no verdict
    was reached) and empty ones. No other rollout takes their place, so what is labelled does not
    depend on what was drawn.
    """
    count = max(num_solutions, screen.num_rollouts if screen else 0)
    taken = await rollouts.sample(ROOT, count=count)
    root = Evidence.of((one.verdict.outcome for one in taken), StopRule.FIXED)
    reason = screen.reason(root) if screen else ""
    if reason:
        return Start(root=root, solutions=(), set_aside=reason)
    cut = ((one, rollouts.prefixes(one)) for one in _worth_labelling(taken[:num_solutions]))
    solutions = tuple(Solution(rollout=one, prefixes=parts) for one, parts in cut if parts)
    reason = "" if solutions else f"no solution among {num_solutions} root rollouts: " + _say(root)
    return Start(root=root, solutions=solutions, set_aside=reason)


def _worth_labelling(rollouts: Iterable[Rollout]) -> list[Rollout]:
    distinct: dict[str, Rollout] = {}
    for one in rollouts:
        if one.verdict.outcome is not Outcome.TRUNCATED:
            distinct.setdefault(one.text, one)
    return list(distinct.values())


def _say(root: Evidence) -> str:
    counts = {outcome.value: getattr(root, outcome.value) for outcome in Outcome}
    return ", ".join(f"{n} {name}" for name, n in counts.items() if n)


def labelling_without_solutions(problem: Problem, start: Start) -> Labelling:
    """Return the labelling of a problem that was set aside; its root evidence stays."""
    return Labelling(
        problem_id=problem.id,
        solutions=(),
        nodes=(Node(prefix=ROOT, evidence=start.root),),
        set_aside=start.set_aside,
    )


def distinct_prefixes(solutions: Sequence[Solution]) -> dict[str, Prefix]:
    """Return the proper prefixes of all solutions by key, in order of solution and step."""
    distinct: dict[str, Prefix] = {}
    for solution in solutions:
        for prefix in solution.prefixes[:-1]:
            distinct.setdefault(prefix.key, prefix)
    return distinct
