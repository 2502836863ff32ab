"""What a labeler concludes of one problem."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from schemas.evidence import Evidence
from schemas.rollouts import Outcome, Prefix


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A prefix with its evidence."""

    prefix: Prefix
    evidence: Evidence


class Finding(StrEnum):
    """What became of the equalities that a step displays."""

    REFUTED = "refuted"
    """One is false."""
    PROVED = "proved"
    """All that could be decided are true."""
    SILENT = "silent"
    """None could be decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCheck:
    """What the symbolic check says of one step: evidence that costs no rollout."""

    finding: Finding
    equation: str = ""
    """The equality that decided: the refuted one, or the last that was proved."""
    reason: str = ""
    """One line for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepReading:
    """Numbers read off one step: evidence that costs no rollout."""

    regret: float | None = None
    """How far the step falls behind what the policy finds likeliest, in nats: the sum over its
    tokens of log p(likeliest token) - log p(token), at least 0. None where it was not scored."""
    net_information: float | None = None
    """MCNIG (2603.17815) of the prefix that ends with this step, in nats: log p of the likeliest
    right answer less that of the likeliest wrong one, less the same before the first step. None
    where it was not scored, as on the last step, which states an answer itself."""
    echo_of: int | None = None
    """The question's other right rollouts; None where echoes were not read, as on the last step."""
    echo: int | None = None
    """How many of these write this very step, case and spacing aside."""
    equation_echo: int | None = None
    """How many display all equations that this step displays; None where it displays none."""


NEUTRAL = "neutral"
"""What is `said` of a step that people found neither right nor wrong (0 of PRM800K)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStatement:
    """What a set that we did not make states of one step."""

    label: float | None = None
    """1 right, 0 wrong, a grade between; None where nothing is stated, or a neutral word."""
    said: str = ""
    """The label in the set's own words, e.g. `+`, `-1`, `0.625`, `first error`; `neutral`; empty
    where it says nothing of the step."""
    why: str = ""
    """The reason it gives, where it gives one; untrusted."""

    @property
    def neutral(self) -> bool:
        """Whether the set calls the step neither right nor wrong."""
        return self.label is None and self.said == NEUTRAL


def first_stated_error(stated: Sequence[StepStatement]) -> int | None:
    """Return the first step stated wrong; -1: none; None: the statements leave it open.

    They do where nothing is stated, or a grade between 0 and 1, before the first wrong step. A
    neutral step is no error (2305.20050).
    """
    for step, one in enumerate(stated):
        if one.label == 0:
            return step
        if one.label != 1 and not one.neutral:
            return None
    return -1 if stated else None


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledSolution:
    """One solution with the evidence at each of its steps."""

    problem_id: str
    solution_index: int
    """The sample index, at the root, of the rollout this solution is; of a given one its place,
    from 0, among those given with the problem. Those that a search found behind other prefixes are
    numbered on behind the problem's root rollouts, in the order in which they were met."""
    labeler: str
    """The `kind` of the labeler that concluded it."""
    steps: tuple[str, ...]
    outcome: Outcome
    """The verdict on the solution's own final answer."""
    root: Evidence
    """Evidence at the empty prefix: how hard the problem is for this policy."""
    evidence: tuple[Evidence, ...]
    """evidence[i] is the evidence at the prefix that ends with steps[i]; len == len(steps)."""
    first_error: int | None
    """0-based index of the first wrong step; -1: none; None: the labeler abstained."""
    posterior: tuple[float, ...] = ()
    """P(first error = 0), ..., P(first error = last step), P(none): len(steps) + 1 numbers that
    sum to 1; empty where the labeler computes none."""
    checks: tuple[StepCheck, ...] = ()
    """One per step; empty where the labeler does not check."""
    readings: tuple[StepReading, ...] = ()
    """One per step; empty where the labeler reads nothing."""
    given_id: str | None = None
    """The id that a given solution came with; None: the policy wrote it."""
    stated: tuple[StepStatement, ...] = ()
    """One per step of an imported solution; empty of our own: a statement is no counted rollout."""

    @property
    def recovered(self) -> tuple[bool, ...]:
        """Per step: whether no rollout from it was right, and the text comes right again later.

        That is: some later prefix had a right rollout, or the final answer is right.
        """
        right = (step for step, one in enumerate(self.evidence) if one.correct)
        last = max(right, default=-1)
        dead = (one.decided > 0 and not one.correct for one in self.evidence)
        return tuple(fails and step < last for step, fails in enumerate(dead))


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelling:
    """All that a labeler says of one problem."""

    problem_id: str
    solutions: tuple[LabelledSolution, ...]
    nodes: tuple[Node, ...]
    """Every distinct prefix that was sampled, the root included."""
    set_aside: str
    """Why the problem yields no solutions, e.g. `screen: 16 of 16 correct`; empty if it does."""
