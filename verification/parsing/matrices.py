r"""Matrices and determinants in their LaTeX environments."""

from verification.parsing.cursor import Cursor
from verification.tree.bounds import MAX_ENTRIES, UnparsedError
from verification.tree.syntax import Call, Expression, Matrix

_ENVIRONMENTS = {"pmatrix", "bmatrix", "matrix", "array", "smallmatrix", "Bmatrix", "tabular"}
_DETERMINANTS = {"vmatrix", "Vmatrix"}


def read_matrix(parser: Cursor) -> Expression:
    r"""Read `\begin{pmatrix} ... \end{pmatrix}` and its likes."""
    environment = parser.next().text
    if environment not in _ENVIRONMENTS | _DETERMINANTS:
        raise UnparsedError(f"the environment {environment[:20]}")
    rows: list[tuple[Expression, ...]] = []
    while parser.peek().kind != "end":
        row = [parser.expression()]
        while parser.sees("&"):
            parser.at += 1
            row.append(parser.expression())
        rows.append(tuple(row))
        while parser.sees("\\\\"):
            parser.at += 1
        if len(rows) * len(row) > MAX_ENTRIES:
            raise UnparsedError(f"a matrix of more than {MAX_ENTRIES} entries")
    if parser.next().text != environment or not rows or len({len(row) for row in rows}) != 1:
        raise UnparsedError("a matrix with a hole or without an end")
    matrix = Matrix(tuple(rows))
    return Call("det", (matrix,)) if environment in _DETERMINANTS else matrix
