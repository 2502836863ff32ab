"""What exporters speak of: labelled steps, rows, refusals, and the trainer's tokenizer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from rollouts import PromptTemplate
from schemas import Critique, LabelledSolution, Outcome, Problem
from schemas.critique_folder import SolutionKey
from schemas.views import AnyView

NO_SEPARATOR = ("",)
"""The `separators` of a format in which nothing stands between steps."""

TrainingRow = Mapping[str, object]
"""One training row; its keys are the columns of its format's schema."""


class Tokenizer(Protocol):
    """What measuring a row needs of the trainer's tokenizer."""

    @property
    def adds_bos(self) -> bool:
        """Whether the tokenizer has a beginning-of-sequence token, which TRL puts first."""
        ...

    def count(self, text: str) -> int:
        """Return the number of tokens of `text`, special tokens not added."""
        ...

    def ids(self, text: str) -> list[int]:
        """Return the tokens of `text`, special tokens not added."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledSteps:
    """The decided steps of one solution as a trainer may see them: stripped text, and labels."""

    problem: Problem
    solution: LabelledSolution
    """The solution they are the first steps of, or one step that is all of it."""
    steps: tuple[str, ...]
    labels: tuple[bool | float, ...]
    """labels[i] is true where steps[i] is right, or its grade where the format takes grades;
    len(labels) == len(steps) > 0. A format without labels has none here, and one of whole problems
    may have no steps either."""

    def first(self, count: int) -> "LabelledSteps":
        """Return the first `count` steps."""
        return replace(self, steps=self.steps[:count], labels=self.labels[:count])


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """What formats of trees read of a rollout."""

    prefix_steps: tuple[str, ...]
    """The steps it was sampled behind."""
    text: str
    """The whole solution: prefix and completion."""
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What a run settles of what an exporter leaves open."""

    view: AnyView
    separator: str
    """Empty where nothing stands between steps."""
    tokenizer: Tokenizer | None
    """None: lengths are not measured."""
    critiques: Mapping[SolutionKey, Sequence[Critique]] = field(default_factory=dict)
    """Those of the solutions at hand, in formats that read them."""
    critique_template: PromptTemplate | None = None
    """How the critic was asked, in formats that read critiques."""
    rollouts: Mapping[str, Sequence[Sampled]] = field(default_factory=dict)
    """Those of the problems at hand, by problem id, in formats that read them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What one solution brings to the rows of its problem: what filters decide about."""

    steps: LabelledSteps
    row: TrainingRow = field(default_factory=dict)
    """Its own row; empty in formats whose rows are made of several solutions."""
    shortened: bool = False
    """Whether its row lost steps to fit the length limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A row, with what an export's report counts of it."""

    row: TrainingRow
    """Without its problem's id."""
    labels: tuple[bool | float, ...] = ()
    shortened: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """What makes no row, with the reason: counted, never raised."""

    reason: str
    """A short category, equal for rows refused alike, e.g. `a step contains the separator`."""
