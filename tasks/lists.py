"""The lists of problems that filters hold a run against: files, and datasets of hubs."""

import re
from collections.abc import Iterator

from exporters.filters import Reference
from schemas import ExportError, SourceError
from sources import Columns, FileSource, HubSource, TableSource
from sources.questions import questions_of
from tasks.sources import located

_HUB = re.compile(r"(?P<hub>hf|ms):(?P<dataset>[\w.-]+(?:/[\w.-]+)?)(?::(?P<split>[\w.\[\]:%-]+))?")
_HUBS = {"hf": "huggingface", "ms": "modelscope"}


def read_list(name: str, column: str | None) -> Iterator[Reference]:
    """Yield the problems of a list: a file, a folder, a glob, or `hf:org/name:split`.

    The split is `test` where none is named. `column` has the questions, where its name does not
    tell. Raises ExportError where nothing can be read.
    """
    try:
        for question, solution in questions_of(located(source_of(name, column))):
            yield Reference(question=question, solution=solution)
    except SourceError as error:
        raise ExportError(f"the list {name}: {error}") from error


def source_of(name: str, column: str | None) -> TableSource:
    """Return the source of a list by its name."""
    columns = Columns(problem=column)
    named = _HUB.fullmatch(name)
    if named is None:
        return FileSource(path=name, columns=columns)
    return HubSource.model_validate(
        {
            "kind": "hub",
            "hub": _HUBS[named["hub"]],
            "dataset": named["dataset"],
            "split": named["split"] or "test",
            "columns": columns,
        }
    )
