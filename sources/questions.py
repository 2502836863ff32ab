"""The questions of a dataset alone: rows need no gold where a list is only looked at."""

from collections.abc import Iterator, Mapping, Sequence

from schemas import SourceError
from sources.cells import lookup, optional_text
from sources.layout import Columns, Layout, column_names, find_layout
from sources.problems import is_worked, question_of
from sources.rows import BadCellError, Row
from sources.table_source import TableSource
from sources.windows import with_layout


def questions_of(source: TableSource) -> Iterator[tuple[str, str | None]]:
    """Yield the question of each row that has one, with a worked solution where it has that too.

    Raises SourceError, while iterating, where the rows cannot be read or none asks anything.
    """
    found = 0
    columns: list[str] = []
    for row, layout in with_layout(source.rows(), lambda rows: _layout(rows, source.columns)):
        if not isinstance(row, Row):
            continue
        columns = columns or column_names([row.cells])
        if layout is None:
            continue
        try:
            question = question_of(row.cells, layout, source.remove)
            solution = _solution(row.cells, layout)
        except BadCellError:
            continue
        found += 1
        yield question, solution
    if not found:
        raise SourceError(
            f"{source.origin}: no row asks a question; name the column that does, one of: "
            f"{', '.join(columns) or 'none'}"
        )


def _layout(rows: Sequence[Mapping[str, object]], named: Columns) -> Layout | None:
    """Return the layout of rows by their question; any column will do for a gold nobody reads."""
    answer = named.answer or tuple(column_names(rows)[:1])
    return find_layout(rows, named) or find_layout(
        rows, named.model_copy(update={"answer": answer})
    )


def _solution(cells: Mapping[str, object], layout: Layout) -> str | None:
    """Return a worked solution: its own column's, or a gold's that states one whole."""
    if layout.solution:
        value = lookup(cells, layout.solution)
        return optional_text(value) if isinstance(value, str) else None
    stated = lookup(cells, layout.answer[0])
    return optional_text(stated) if isinstance(stated, str) and is_worked(stated) else None
