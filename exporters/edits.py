"""How far apart two texts are, as far as it matters."""


def differ_by(left: str, right: str, edits: int) -> bool:
    """Tell whether it takes at least so many inserted, deleted or replaced characters.

    Levenshtein's table, of which the band is kept that fewer edits can reach (Ukkonen 1985): time
    grows with the length times `edits`, which is at least 1.
    """
    if abs(len(left) - len(right)) >= edits:
        return True
    reach = edits - 1
    row = {column: column for column in range(min(reach, len(right)) + 1)}
    for at, char in enumerate(left, start=1):
        first = max(at - reach, 0)
        above, row = row, {}
        for column in range(first, min(at + reach, len(right)) + 1):
            changed = above.get(column - 1, edits) + (column == 0 or char != right[column - 1])
            gone = min(above.get(column, edits), row.get(column - 1, edits)) + 1
            row[column] = at if column == 0 else min(changed, gone)
        if min(row.values()) >= edits:
            return True
    return row[len(right)] >= edits
