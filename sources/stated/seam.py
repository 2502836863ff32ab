"""The seam behind which a labelled set of others lives: rows go in, stated solutions come out."""

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from schemas import Outcome, Settings, StepStatement

Cells = Mapping[str, object]
LabelKind = Literal["human", "automatic", "synthetic", "unknown"]
"""Who labelled a set: people; rollouts or models; whoever put the errors in; not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedSolution:
    """One solution with what a set states of each of its steps; all texts untrusted."""

    question: str
    answer: str = ""
    """The gold answer; empty where the set has none."""
    steps: tuple[str, ...]
    """As the set has them: not joined yet, not blank."""
    stated: tuple[StepStatement, ...]
    """One per step."""
    outcome: Outcome = Outcome.UNDECIDED
    """What the set says of the final answer; undecided where it says nothing."""
    id: str = ""
    """As the set names it; empty: it is called after its row."""
    reference: str | None = None
    """A worked solution of the problem, where the set has one."""
    level: str | None = None
    subject: str | None = None


class StatedFormat(Settings):
    """How rows of one form are read; a member of `AnyStated` by its `format`, a literal."""

    columns: ClassVar[tuple[str, ...]]
    """Columns that every row of the form has; by them it is found where none is named."""
    kind: ClassVar[LabelKind] = "unknown"
    """Who labelled the published sets of this form."""
    rows_are_steps: ClassVar[bool] = False
    """Whether a row is one step rated behind accepted ones: the steps of a solution stand in
    several rows, and are brought together."""
    between: ClassVar[str] = "\n\n"
    """What stands between steps where neither has white space there."""

    format: str
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,39}$")] | None = None
    """What problems say they are from; part of their ids. None: the format's name."""
    labels: LabelKind | None = None
    """Who labelled the set, for its record and card; None: as the published sets of the form."""

    @property
    def source(self) -> str:
        """What problems say they are from."""
        return self.name or self.format

    @property
    def labelled_by(self) -> LabelKind:
        """Who labelled the set."""
        return self.labels or self.kind

    @classmethod
    def fits(cls, cells: Cells) -> bool:
        """Tell whether a row looks like one of this form, by its columns and their types."""
        return all(name in cells for name in cls.columns)

    @abstractmethod
    def solutions(self, cells: Cells) -> Iterable[StatedSolution]:
        """Yield the solutions of a row, each whole; raises BadCellError where it states none.

        Where `rows_are_steps`, yield accepted steps and behind them the rated one, whose statement
        alone is read.
        """

    def assembled(self, parts: Iterable[StatedSolution]) -> Iterator[StatedSolution]:
        """Yield the whole solutions of one problem; the parts themselves unless rows are steps."""
        yield from parts
