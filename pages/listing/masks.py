"""Which rows of a table something holds of."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Mask = npt.NDArray[np.bool_]


def bools(column: pa.ChunkedArray) -> Mask:
    """Return a column of booleans as a mask; null is false."""
    kept: Mask = np.asarray(pc.fill_null(column, False), dtype=np.bool_)
    return kept


def all_of(masks: Iterable[Mask], *, rows: int) -> Mask:
    """Return where all masks hold; everywhere where there is none."""
    kept: Mask = np.logical_and.reduce([np.ones(rows, dtype=np.bool_), *masks])
    return kept


def holding(table: pa.Table, text: str) -> Mask:
    """Return where a text stands in a column, case aside; lists of texts are read as one text."""
    columns = (_texts(column) for column in table.columns)
    found = [bools(pc.match_substring(one, text, ignore_case=True)) for one in columns]
    kept: Mask = np.logical_or.reduce(found)
    return kept


def _texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pa.types.is_list(column.type):
        return column
    return pc.binary_join(column.cast(pa.list_(pa.string())), "")


def reaches(numbers: npt.NDArray[Any], wanted: str, *, less: int = 0) -> Mask:
    """Return where numbers are the wanted one, or of `13+` 13 or more; both `less` so many."""
    least = int(wanted.rstrip("+")) - less
    kept: Mask = numbers >= least if wanted.endswith("+") else numbers == least
    return kept


def any_reaches(lists: pa.ChunkedArray, wanted: str) -> Mask:
    """Return where some number of a list is the wanted one, or reaches it."""
    owners = pc.list_parent_indices(lists.combine_chunks()).to_numpy()
    hits = reaches(pc.list_flatten(lists).to_numpy(), wanted)
    kept = np.zeros(len(lists), dtype=np.bool_)
    kept[owners[hits]] = True
    return kept
