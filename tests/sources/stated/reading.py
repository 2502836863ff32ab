"""Rows of a labelled set, written to a file and read as the solutions they state."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from schemas import LabelledSolution, Problem, RejectedRow
from sources import FileSource
from sources.stated import AnyStated, StatedFormat
from sources.stated.sets import ImportedProblem, StatedReading, imported
from tests.sources.samples import jsonl

FORM: TypeAdapter[StatedFormat] = TypeAdapter(AnyStated)


class Read:
    """What a set came to."""

    def __init__(self, path: Path, format: str | None = None, **settings: Any) -> None:
        form = FORM.validate_python({"format": format, **settings}) if format else None
        self.reading = StatedReading()
        items = list(imported(FileSource(path=str(path)), form, reading=self.reading))
        found = [one for one in items if isinstance(one, ImportedProblem)]
        self.problems: list[Problem] = [one.problem for one in found]
        self.solutions: list[LabelledSolution] = [each for one in found for each in one.solutions]
        self.rejected = [one for one in items if isinstance(one, RejectedRow)]

    @property
    def form(self) -> str:
        """The form it was read as."""
        assert self.reading.form is not None
        return self.reading.form.format

    @property
    def only(self) -> LabelledSolution:
        """The one solution there is."""
        (one,) = self.solutions
        return one


def read(
    folder: Path, rows: Sequence[Mapping[str, object]], format: str | None = None, **settings: Any
) -> Read:
    """Return what rows come to."""
    return Read(jsonl(folder / "set.jsonl", rows), format, **settings)


def said(one: LabelledSolution) -> list[tuple[str, float | None]]:
    """Return the steps without the space around them, each with its label."""
    pairs = zip(one.steps, one.stated, strict=True)
    return [(step.strip(), stated.label) for step, stated in pairs]
