"""What every labeler begins and ends with: the solutions worth labelling, and their rows.

A labeler is a `SolutionLabeler` with a `kind` and a `conclude`: between the two it says of each
solution what it saw and where the first error is, by its counts or by its own reasoning.
"""

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from pydantic import Field, model_validator

from rollouts.seam import Rollouts
from schemas import (
    ROOT,
    ConfigError,
    Evidence,
    LabelledSolution,
    Labelling,
    Node,
    Outcome,
    Prefix,
    Problem,
    Rollout,
    Settings,
    StepCheck,
    StepReading,
    StopRule,
)
from schemas.views import Concludes, first_hard_error


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
    """A root rollout or a given solution worth labelling, cut into its cumulative prefixes."""

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

    roots: tuple[Rollout, ...]
    root: Evidence
    """The counts of `roots`."""
    solutions: tuple[Solution, ...]
    set_aside: str
    """Empty if there are solutions."""

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The root, where it was sampled."""
        return (Node(prefix=ROOT, evidence=self.root),) if self.roots else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """What a labeler concludes of one solution."""

    solution: Solution
    evidence: Sequence[Evidence]
    """At each proper prefix; the last step's is the solution's own verdict."""
    first_error: int | None
    """As in `LabelledSolution`."""
    number: int | None = None
    """Of a solution that a search found behind a prefix; None: its sample index at the root."""
    steps: tuple[str, ...] | None = None
    """None: the solution's steps as they were split."""
    posterior: tuple[float, ...] = ()
    checks: tuple[StepCheck, ...] = ()
    readings: tuple[StepReading, ...] = ()

    @classmethod
    def counted(cls, solution: Solution, evidence: Sequence[Evidence]) -> "Conclusion":
        """Conclude what the counts say, and no more, as a labeler that `concludes` counts does."""
        error = first_hard_error((*evidence, solution.terminal))
        return cls(solution=solution, evidence=evidence, first_error=error)


Concluded = tuple[Iterable[Conclusion], Iterable[Node]]
"""What is labelled, and the prefixes that were probed behind the root, in any order."""


class SolutionLabeler(Settings):
    """A labeler of sampled or given solutions; in `AnyLabeler` by its `kind`, a literal."""

    concludes: ClassVar[Concludes] = "first_error"
    continues: ClassVar[bool] = True
    """Whether prefixes of solutions are sampled from, several times each."""
    needs_roots: ClassVar[bool] = True
    """Whether it learns from the question's own rollouts, beside the solutions it labels."""
    cannot_label_given: ClassVar[str] = ""
    """Why it labels no solutions but those it samples, and the remedy; empty where it does."""
    unscored: ClassVar[str] = ""
    """What it can do with a policy that cannot score, for people; empty where nothing."""

    kind: str
    num_solutions: int = Field(default=15, ge=1)
    """Root rollouts to label per problem; equal texts are labelled once. Of a problem with given
    solutions all of these are labelled, and so many root rollouts show how hard it is."""
    screen: Screen | None = None
    """Which problems are set aside once their solutions are sampled; null labels all of them."""

    @property
    def scores(self) -> bool:
        """Whether the policy has to be able to score."""
        return False

    @property
    def roots(self) -> int:
        """Root rollouts taken before anything else, where the policy writes the solutions."""
        return max(self.num_solutions, self.roots_to_screen)

    @property
    def roots_beside_given(self) -> int:
        """Root rollouts taken before anything else, where the solutions are given."""
        return self.roots if self.needs_roots else self.roots_to_screen

    @property
    def roots_to_screen(self) -> int:
        """Root rollouts that the screen decides by; 0 without one."""
        return self.screen.num_rollouts if self.screen else 0

    @abstractmethod
    async def conclude(self, problem: Problem, start: Start, rollouts: Rollouts) -> Concluded:
        """Conclude what is to be said of the problem's solutions, of which there is one at least.

        Solutions that are left out make no row.
        """

    async def label(self, problem: Problem, rollouts: Rollouts) -> Labelling:
        """Label the solutions of one problem; one that is set aside keeps its root evidence."""
        if self.scores and rollouts.cannot_score:
            # Before a rollout is paid.
            raise ConfigError(", ".join(filter(None, (rollouts.cannot_score, self.unscored))))
        if problem.given and self.cannot_label_given:
            raise ConfigError(self.cannot_label_given)
        start = await self._start(rollouts)
        concluded: Concluded = (), ()
        if start.solutions:
            concluded = await self.conclude(problem, start, rollouts)
        conclusions, nodes = concluded
        ordered = sorted(nodes, key=lambda node: (len(node.prefix.steps), node.prefix.key))
        return Labelling(
            problem_id=problem.id,
            solutions=tuple(self._row(one, problem, start.root) for one in conclusions),
            nodes=(*start.nodes, *ordered),
            set_aside=start.set_aside,
        )

    async def _start(self, rollouts: Rollouts) -> Start:
        given = await rollouts.given()
        return await solve(
            rollouts,
            count=self.roots_beside_given if given else self.roots,
            num_solutions=self.num_solutions,
            screen=self.screen,
            given=given,
        )

    def _row(self, concluded: Conclusion, problem: Problem, root: Evidence) -> LabelledSolution:
        solution = concluded.solution
        index = solution.rollout.sample_index if concluded.number is None else concluded.number
        place = -1 - index
        return LabelledSolution(
            problem_id=problem.id,
            solution_index=index if index >= 0 else place,
            given_id=None if index >= 0 else problem.given[place].id,
            labeler=self.kind,
            steps=concluded.steps or solution.prefixes[-1].steps,
            outcome=solution.rollout.verdict.outcome,
            root=root,
            evidence=(*concluded.evidence, solution.terminal),
            first_error=concluded.first_error,
            posterior=concluded.posterior,
            checks=concluded.checks,
            readings=concluded.readings,
        )


async def solve(
    rollouts: Rollouts,
    *,
    count: int,
    num_solutions: int,
    screen: Screen | None,
    given: Sequence[Rollout] = (),
) -> Start:
    """Take `count` root rollouts, screen the problem, and return the solutions worth labelling.

    All root rollouts count as root evidence. The first `num_solutions` of them are the solutions,
    but for: texts that occurred before, truncated ones (their last step is torn and no verdict
    was reached) and empty ones. No other rollout takes their place, so what is labelled does not
    depend on what was drawn.

    Where solutions were given, all of them are the solutions; none counts as root evidence, which
    tells how this policy fares.
    """
    taken = await rollouts.sample(ROOT, count=count) if count else ()
    rule = StopRule.FIXED if count else StopRule.NOT_SAMPLED
    root = Evidence.of((one.verdict.outcome for one in taken), rule)
    reason = screen.reason(root) if screen else ""
    if reason:
        return Start(roots=taken, root=root, solutions=(), set_aside=reason)
    worthy = given or _worth_labelling(taken[:num_solutions])
    await rollouts.segment(worthy)
    cut = ((one, rollouts.prefixes(one)) for one in worthy)
    solutions = tuple(Solution(rollout=one, prefixes=parts) for one, parts in cut if parts)
    reason = "" if solutions else f"no solution among {num_solutions} root rollouts: " + _say(root)
    if given and not solutions:
        reason = f"no text in the {len(given)} given solution{'s' if len(given) > 1 else ''}"
    return Start(roots=taken, root=root, solutions=solutions, set_aside=reason)


def _worth_labelling(rollouts: Iterable[Rollout]) -> list[Rollout]:
    distinct: dict[str, Rollout] = {}
    for one in rollouts:
        if one.verdict.outcome is not Outcome.TRUNCATED:
            distinct.setdefault(one.text, one)
    return list(distinct.values())


def _say(root: Evidence) -> str:
    counts = {outcome.value: getattr(root, outcome.value) for outcome in Outcome}
    return ", ".join(f"{n} {name}" for name, n in counts.items() if n)
