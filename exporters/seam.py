"""The seam behind which a trainer's row lives: labelled steps go in, one row comes out."""

from abc import abstractmethod
from typing import ClassVar, Literal

import pyarrow as pa
from pydantic import Field, field_validator

from exporters.filters import AnyFilter
from exporters.records import NO_SEPARATOR, LabelledSteps, Refused, Tokenizer, TrainingRow
from exporters.steps import labelled_steps
from schemas import LabelledSolution, Problem, Settings
from schemas.views import AnyView


class Exporter(Settings):
    """How a run's evidence becomes training rows of one format; recorded in `export.json`.

    A member of `AnyExporter` by its `format`, a literal.
    """

    columns: ClassVar[pa.Schema]
    """Of a row; those that name its solution come before them."""
    separators: ClassVar[tuple[str, ...]] = NO_SEPARATOR
    """Strings that may mark a step's end, best first; the steps of an export contain none of it."""
    reads_view: ClassVar[bool] = True
    """Whether a view makes the labels; else rows say verdicts or counts as they are."""
    takes_grades: ClassVar[bool] = False
    """Whether labels may be numbers in [0, 1]; trainers that take hard labels cast 0.9 to 0."""

    format: str
    view: AnyView | None = None
    """How evidence becomes labels; its kind names the export's folder. None: what the run's labeler
    itself concludes, `hard` for counts of rollouts, `first_error` for a search; of an import
    `stated`."""
    separator: str | None = Field(default=None, min_length=1)
    """The string the trainer puts behind each step. None: the format's first that no step
    contains, else the one that refuses the fewest rows."""
    validation_ratio: float = Field(default=0.05, ge=0, lt=1)
    """Share of problems whose rows go to validation, by a hash of the problem id."""
    max_length: int | None = Field(default=1024, ge=1)
    """The trainer's limit in tokens; measured where a tokenizer is given. None: no limit."""
    tokenizer: str | None = None
    """Folder or hub name of the trainer's tokenizer; None: lengths go unchecked."""
    long_rows: Literal["refuse", "shorten"] = "refuse"
    """A row above the limit is refused, or loses its last steps, whole ones, until it fits."""
    filters: tuple[AnyFilter, ...] = ()
    """What else keeps a solution from being a row, asked in this order; see docs/filters.md."""
    folder: str | None = Field(
        default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100
    )
    """The export's folder within the run; None: its format and its view's kind, e.g. `trl-hard`."""

    @property
    def name(self) -> str:
        """The export's folder within the run."""
        return self.folder or (f"{self.format}-{self.view.kind}" if self.view else self.format)

    @field_validator("separator")
    @classmethod
    def _has_one(cls, separator: str | None) -> str | None:
        if separator is not None and cls.separators == NO_SEPARATOR:
            raise ValueError("this format puts nothing between steps: leave it out")
        return separator

    @field_validator("view")
    @classmethod
    def _labels_as_the_format_takes_them(cls, view: AnyView | None) -> AnyView | None:
        if view is not None and not cls.reads_view:
            raise ValueError("this format reads verdicts and counts, no view: leave it out")
        if view is not None and view.grades and not cls.takes_grades:
            raise ValueError(
                f"the labels of view {view.kind!r} are soft, and this format casts them to 0 or 1: "
                "choose a view that decides, e.g. hard, or a format that takes grades, "
                "e.g. actprm"
            )
        return view

    def labelled(
        self, problem: Problem, solution: LabelledSolution, view: AnyView
    ) -> LabelledSteps | Refused:
        """Return the decided steps of a solution with their labels, or why it makes no row."""
        return labelled_steps(problem, solution, view)

    @abstractmethod
    def row(self, steps: LabelledSteps, separator: str) -> TrainingRow | Refused:
        """Return the row of labelled steps, or why they make none."""

    def length(self, steps: LabelledSteps, separator: str, tokenizer: Tokenizer) -> int:
        """Return the tokens the trainer will make of the row.

        Those of question and steps, where the format does not say what stands between them.
        """
        texts = (steps.problem.question, *steps.steps)
        return int(tokenizer.adds_bos) + sum(map(tokenizer.count, texts))
