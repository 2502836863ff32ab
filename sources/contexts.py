"""What a question needs beside its own text: passages and tables, and images nobody can read."""

import re
from collections.abc import Mapping, Sequence

from sources.cells import MISSING, long_text, lookup, scalar_text
from sources.layout import Layout, is_image
from sources.rows import BadCellError

_IMAGE = re.compile(
    r"!\[[^\]\n]{0,200}\]\((?:https?:|data:|[^)\n]{0,300}\.(?:png|jpe?g|gif|svg|webp|bmp)\b)"
    r"|<image[\s_-]{0,4}\d{0,4}>|<img\b|\\includegraphics\b",
    re.IGNORECASE,
)
_MARKS = ("![", "<image", "<img", "\\includegraphics")
_HOLE = re.compile(r"\bN_00\b")
"""How MAWPS writes the first of the numbers that its column `Numbers` holds."""


def refuse_holes(cells: Mapping[str, object], layout: Layout) -> None:
    """Raise BadCellError where the row fills a column that the question needs and is not read."""
    for name in layout.needed:
        if _states(cells.get(name)):
            raise BadCellError(f"needs its column {name}", _remedy(name, layout))
    for name in layout.unused:
        if name not in layout.ignored and _is_media(cells.get(name)):
            raise BadCellError(f"needs its column {name}", _NO_IMAGE.format(name=name))


_NO_IMAGE = (
    "no prompt here shows an image: leave the row out, or name the column in columns.ignore "
    "([{name}]) where its question is whole without it"
)


def _remedy(name: str, layout: Layout) -> str:
    if is_image(name):
        return _NO_IMAGE.format(name=name)
    context = ", ".join((*layout.context, name))
    return (
        f"put it before the question with columns.context: [{context}], or name it in "
        f"columns.ignore ([{name}]) where the question is whole without it"
    )


def _is_media(cell: object) -> bool:
    """Return whether a cell is an image or a sound, as `datasets` stores them, or several."""
    if isinstance(cell, list) and cell:
        cell = cell[0]
    return isinstance(cell, dict) and cell.keys() == {"bytes", "path"} and _states(cell)


def _states(cell: object, *, deep: int = 3) -> bool:
    """Return whether a cell holds anything; what is nested deeper than a table's cells does."""
    if isinstance(cell, Mapping):
        cell = list(cell.values())
    if isinstance(cell, list | tuple):
        return deep == 0 or any(_states(inner, deep=deep - 1) for inner in cell)
    if isinstance(cell, str):
        return cell.strip().lower() not in ("", "none", "null", "nan", "n/a", "[]", "{}")
    return cell is not None and cell is not False


def refuse_gaps(question: str) -> None:
    """Raise BadCellError for a question that shows an image, or whose numbers stand elsewhere."""
    small = question.lower()
    # Looked for first: the pattern is slow, and nearly all questions show nothing.
    if any(mark in small for mark in _MARKS) and (found := _IMAGE.search(question)):
        raise BadCellError(
            "needs an image",
            f"{found[0][:80]} in the question, which no prompt here can show: "
            "leave the row out, or cut that text out with remove where nothing hangs on it",
        )
    if "N_00" in question and _HOLE.search(question):
        raise BadCellError("needs its numbers", "N_00 in the question stands for one")


def context_texts(cells: Mapping[str, object], layout: Layout) -> list[str]:
    """Return what stands before the question, in order."""
    values = (lookup(cells, path) for path in layout.context)
    return [text for value in values if value is not MISSING and (text := _text(value))]


def _text(value: object) -> str:
    """Return a passage as it is, a table with one line a row and ` | ` between its cells."""
    if _is_media(value):
        raise BadCellError("wrong type", "an image or a sound where text was expected")
    rows = _table(value)
    if rows is None:
        return long_text(value)
    return "\n".join(" | ".join(map(scalar_text, row)) for row in rows)


def _table(value: object) -> Sequence[Sequence[object]] | None:
    """Return the rows of a table given as rows, as records, or as columns."""
    if isinstance(value, Mapping):
        columns = list(value.values())
        if columns and all(isinstance(column, list | tuple) for column in columns):
            return [list(value), *zip(*columns, strict=False)]
        return [[name, cell] for name, cell in value.items()]
    if not isinstance(value, list | tuple) or not value:
        return None
    if all(isinstance(row, list | tuple) for row in value):
        return value
    if all(isinstance(row, Mapping) for row in value):
        names = list(dict.fromkeys(name for row in value for name in row))
        return [names, *([row.get(name) for name in names] for row in value)]
    return None
