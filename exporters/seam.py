"""The seam behind which a trainer's rows live: what a run says of a problem goes in, rows come out.

Most formats have a row per solution (`SolutionExporter`); some need all that is known of a problem
for their rows (`ProblemExporter`).
"""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import ClassVar, Literal

import pyarrow as pa
from pydantic import Field, field_validator

from exporters.filters import AnyFilter
from exporters.measure import fit
from exporters.records import (
    NO_SEPARATOR,
    LabelledSteps,
    Made,
    Refused,
    Settled,
    Taken,
    Tokenizer,
    TrainingRow,
)
from exporters.steps import clashes, labelled_steps, leading_steps
from schemas import ExportError, LabelledSolution, Node, Problem, Settings
from schemas.rows import SolutionRow
from schemas.views import AnyView, Concludes, own_view


class Exporter(Settings):
    """How a run's evidence becomes training rows of one format; recorded in `export.json`.

    A member of `AnyExporter` by its `format`, a literal.
    """

    key_columns: ClassVar[pa.Schema] = pa.schema({"problem_id": pa.string()})
    """The columns that say what a row is of; they come first."""
    columns: ClassVar[pa.Schema]
    """The format's own columns."""
    reads_view: ClassVar[bool] = True
    """Whether a view makes the labels; else rows say verdicts or counts as they are."""
    takes_grades: ClassVar[bool] = False
    """Whether labels may be numbers in [0, 1]; trainers that take hard labels cast 0.9 to 0."""
    takes_decisions: ClassVar[bool] = True
    """Whether labels may be True and False."""
    reads_nodes: ClassVar[bool] = False
    """Whether rows are also made of sampled prefixes that no solution holds."""
    reads_rollouts: ClassVar[bool] = False
    """Whether rows are made of the rollouts themselves: `Settled.rollouts`."""
    usage: ClassVar[str] = ""
    """How a trainer takes `rows`, a loaded export, as Python for a dataset's card; `{separator}`
    and `{max_length}` stand for those of the export. Empty: there is no more to it than loading."""

    format: str
    view: AnyView | None = None
    """How evidence becomes labels; its kind names the export's folder. None: what the run's labeler
    itself concludes, `hard` for counts of rollouts, `first_error` for a search; of an import
    `stated`."""
    validation_ratio: float = Field(default=0.05, ge=0, lt=1)
    """Share of problems whose rows go to validation, by a hash of the problem id."""
    max_length: int | None = Field(default=1024, ge=1)
    """The trainer's limit in tokens; measured where a tokenizer is given. None: no limit."""
    tokenizer: str | None = None
    """Folder or hub name of the trainer's tokenizer; None: lengths go unchecked."""
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

    @property
    def critique_sets(self) -> frozenset[str]:
        """The sets of the run's critiques that are read, by filters too."""
        own = frozenset({self.rows_of_critiques} if self.rows_of_critiques else ())
        return own.union(*(one.critique_sets for one in self.filters))

    @property
    def rows_of_critiques(self) -> str | None:
        """The set of critiques that rows are made of; None where rows are made of solutions."""
        return None

    @field_validator("view")
    @classmethod
    def _labels_as_the_format_takes_them(cls, view: AnyView | None) -> AnyView | None:
        if view is None:
            return None
        if not cls.reads_view:
            raise ValueError("this format reads verdicts and counts, no view: leave it out")
        if view.grades and not cls.takes_grades:
            raise ValueError(
                f"the labels of view {view.kind!r} are soft, and this format casts them to 0 or 1: "
                "choose a view that decides, e.g. hard, or a format that takes grades, "
                "e.g. actprm"
            )
        if not view.grades and not cls.takes_decisions:
            raise ValueError(
                f"the labels of view {view.kind!r} are right and wrong, and this format states "
                "values: choose a view that grades, e.g. soft or beta"
            )
        return view

    def own_view(self, concludes: Concludes) -> AnyView:
        """Return the view of a run whose labeler concludes this, where none is chosen."""
        return own_view(concludes)

    def used(self, separator: str) -> str:
        """Return `usage` for an export with this separator."""
        fitted = self.usage.replace("{separator}", repr(separator))
        return fitted.replace("{max_length}", repr(self.max_length)).strip()

    @field_validator("filters")
    @classmethod
    def _filters_find_what_they_read(cls, filters: tuple[AnyFilter, ...]) -> tuple[AnyFilter, ...]:
        for one in filters:
            if one.reads_steps and not cls.reads_view:
                raise ValueError(
                    f"filter {one.kind!r} reads the labels of steps, and rows of this format have "
                    "none: leave it out"
                )
        return filters

    def separator_of(self, solutions: Callable[[], Iterable[SolutionRow]], view: AnyView) -> str:
        """Return the string that marks steps' ends in an export of these solutions."""
        return ""

    def too_long(self, settled: Settled, length: Callable[[Tokenizer], int]) -> bool:
        """Tell whether so many tokens exceed the trainer's limit; no where none are measured."""
        tokenizer, limit = settled.tokenizer, self.max_length
        return tokenizer is not None and limit is not None and length(tokenizer) > limit

    @abstractmethod
    def taken(
        self, problem: Problem, solution: LabelledSolution, settled: Settled
    ) -> Taken | Refused:
        """Return what a solution brings to the rows of its problem, or why it brings nothing.

        Filters are asked of what it brings, before rows are made.
        """

    @abstractmethod
    def rows(
        self, problem: Problem, taken: Sequence[Taken], nodes: Sequence[Node], settled: Settled
    ) -> Iterator[Made | Refused]:
        """Yield a problem's rows, and why what might be one is none.

        `taken` is what its solutions bring, at least one; `nodes` are its sampled prefixes, or
        nothing for a format that does not read them.
        """


class SolutionExporter(Exporter):
    """A format with a row per solution."""

    key_columns: ClassVar[pa.Schema] = pa.schema(
        {"problem_id": pa.string(), "solution_index": pa.int32()}
    )
    separators: ClassVar[tuple[str, ...]] = NO_SEPARATOR
    """Strings that may mark a step's end, best first; the steps of an export contain none of it."""

    separator: str | None = Field(default=None, min_length=1)
    """The string the trainer puts behind each step. None: the format's first that no step
    contains, else the one that refuses the fewest rows."""
    long_rows: Literal["refuse", "shorten"] = "refuse"
    """A row above the limit is refused, or loses its last steps, whole ones, until it fits."""

    @field_validator("separator")
    @classmethod
    def _has_one(cls, separator: str | None) -> str | None:
        if separator is not None and cls.separators == NO_SEPARATOR:
            raise ValueError("this format puts nothing between steps: leave it out")
        return separator

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

    def separator_of(self, solutions: Callable[[], Iterable[SolutionRow]], view: AnyView) -> str:
        """Return the one asked for, else the format's first that refuses the fewest solutions."""
        if self.separator is not None or len(self.separators) == 1:
            return self.separator or self.separators[0]
        refused = dict.fromkeys(self.separators, 0)
        for one in solutions():
            steps = self.labelled(one.problem, one.solution, view)
            if not isinstance(steps, Refused):
                for separator in self.separators:
                    refused[separator] += clashes(steps, separator)
        return min(self.separators, key=lambda separator: refused[separator])

    def taken(
        self, problem: Problem, solution: LabelledSolution, settled: Settled
    ) -> Taken | Refused:
        """Return the solution's row with its steps, or why it makes none."""
        whole = self.labelled(problem, solution, settled.view)
        if isinstance(whole, Refused):
            return whole
        grades = not all(isinstance(label, bool) for label in whole.labels)
        if grades and not self.takes_grades:
            raise ExportError(
                f"view {settled.view.kind!r} gives grades though it says that it decides, and this "
                "format casts them to 0 or 1: mend the view, or choose another"
            )
        steps = self._fitted(whole, settled)
        if isinstance(steps, Refused):
            return steps
        row = self.row(steps, settled.separator)
        if isinstance(row, Refused):
            return row
        return Taken(steps=steps, row=row, shortened=len(steps.steps) < len(whole.steps))

    def rows(
        self, problem: Problem, taken: Sequence[Taken], nodes: Sequence[Node], settled: Settled
    ) -> Iterator[Made | Refused]:
        """Yield the row that each solution has brought."""
        for one in taken:
            row = {"solution_index": one.steps.solution.solution_index, **one.row}
            yield Made(row=row, labels=one.steps.labels, shortened=one.shortened)

    def _fitted(self, steps: LabelledSteps, settled: Settled) -> LabelledSteps | Refused:
        tokenizer, separator = settled.tokenizer, settled.separator
        if tokenizer is None:
            return steps
        return fit(
            steps,
            tokenizer,
            limit=self.max_length,
            length=lambda some: self.length(some, separator, tokenizer),
            shorten=self.long_rows == "shorten",
        )


class ProblemExporter(Exporter):
    """A format whose rows are made of all that is known of a problem."""

    reads_nodes: ClassVar[bool] = True

    def taken(
        self, problem: Problem, solution: LabelledSolution, settled: Settled
    ) -> Taken | Refused:
        """Return the solution; as labelled count its steps before the first undecided one."""
        return Taken(steps=leading_steps(problem, solution, settled.view))
