"""How much memory the rows of an Arrow batch take once decoded, known before they are.

A dictionary of one long text and a thousand indices is a small file and a thousand long texts.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

_FIXED = 16
"""Bytes counted for a value of fixed width."""

Sizes = npt.NDArray[np.int64]


def row_sizes(batch: Any) -> Sizes:
    """Return the bytes that each row of a record batch takes when it is decoded by itself."""
    return sum(map(_sizes, batch.columns), np.zeros(batch.num_rows, dtype=np.int64))


def batch_size(batch: Any) -> int:
    """Return the bytes that a record batch takes when equal values of dictionaries are shared."""
    return sum(
        int(_sizes(column.dictionary)[_used(column)].sum())
        if pa.types.is_dictionary(column.type)
        else int(_sizes(column).sum())
        for column in batch.columns
    )


def _used(column: Any) -> Any:
    return pc.unique(column.indices.drop_null()).to_numpy(zero_copy_only=False)


def _sizes(array: Any) -> Any:
    kind = array.type
    if pa.types.is_dictionary(kind):
        lengths = np.append(_sizes(array.dictionary), 0)  # a null is -1: the last
        indices = array.indices.cast(pa.int64())
        return lengths[pc.fill_null(indices, -1).to_numpy(zero_copy_only=False)]
    if pa.types.is_struct(kind):
        return sum(map(_sizes, array.flatten()), np.full(len(array), _FIXED, dtype=np.int64))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        ends = np.concatenate([[0], np.cumsum(_sizes(array.values))])
        offsets = array.offsets.to_numpy()
        return ends[offsets[1:]] - ends[offsets[:-1]] + _FIXED
    if _has_length(kind):
        lengths = pc.fill_null(pc.binary_length(array), 0).to_numpy(zero_copy_only=False)
        return lengths.astype(np.int64) + _FIXED
    if kind in (pa.string_view(), pa.binary_view()):
        return _view_lengths(array) + _FIXED
    if pa.types.is_primitive(kind) or pa.types.is_null(kind) or pa.types.is_decimal(kind):
        return np.full(len(array), _FIXED, dtype=np.int64)
    # Of other kinds (maps, views of lists, run-end encoded) any row may be all there is.
    return np.full(len(array), array.nbytes, dtype=np.int64)


def _view_lengths(array: Any) -> Sizes:
    # pyarrow has no kernel for it: a view is four 32-bit numbers, the first its length.
    views = np.frombuffer(array.buffers()[1], dtype="<i4").reshape(-1, 4)
    lengths = views[array.offset : array.offset + len(array), 0].astype(np.int64)
    return np.where(array.is_valid().to_numpy(zero_copy_only=False), lengths, 0)


def _has_length(kind: Any) -> bool:
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
    )
