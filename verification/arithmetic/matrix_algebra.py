r"""The arithmetic of matrices, which leaves a matrix or a number.

`2A + B`, `AB`, `A^{-1}`, `A^T`, `\det A` on matrices of expressions are carried out entry by entry
on the tree, so the comparison meets either one matrix or one number. Inverses and determinants
stop at 4 x 4, powers at 12: the entries of symbolic ones grow with n!.
"""

from fractions import Fraction

from verification.tree.bounds import MAX_ENTRIES, UndecidedError
from verification.tree.syntax import (
    Call,
    Expression,
    FunctionName,
    Matrix,
    Negative,
    Number,
    Power,
    Product,
    Quotient,
    Sum,
    Symbol,
)

_MAX_INVERSE = 4
_MAX_POWER = 12
_ONE = Number(Fraction(1))

Rows = tuple[tuple[Expression, ...], ...]


def has_matrix(tree: Expression) -> bool:
    """Say whether a matrix occurs in the expression."""
    match tree:
        case Matrix():
            return True
        case Sum(parts) | Product(parts) | Call(_, parts):
            return any(map(has_matrix, parts))
        case Quotient(a, b) | Power(a, b):
            return has_matrix(a) or has_matrix(b)
        case Negative(of):
            return has_matrix(of)
    return False


def reduced(tree: Expression) -> Expression:
    """Return the tree with all matrix arithmetic carried out: one matrix, or no matrix.

    Raises UndecidedError where sizes do not fit or the work is above the caps.
    """
    if not has_matrix(tree):
        return tree
    match tree:
        case Matrix(rows):
            return Matrix(tuple(tuple(map(reduced, row)) for row in rows))
        case Sum(terms):
            return _added([reduced(term) for term in terms])
        case Negative(of):
            return _scaled(Number(Fraction(-1)), reduced(of))
        case Product(factors):
            return _multiplied([reduced(factor) for factor in factors])
        case Quotient(top, bottom) if not has_matrix(bottom):
            return _scaled(Quotient(_ONE, bottom), reduced(top))
        case Power(base, exponent):
            return _raised(reduced(base), exponent)
        case Call(function, (argument,)):
            return _called(function, reduced(argument))
    raise UndecidedError("matrix arithmetic outside sums, products, powers and determinants")


def _rows(tree: Expression) -> Rows:
    if not isinstance(tree, Matrix):
        raise UndecidedError("a number added to a matrix")
    return tree.rows


def _added(terms: list[Expression]) -> Expression:
    if not any(isinstance(term, Matrix) for term in terms):
        return Sum(tuple(terms))
    tables = [_rows(term) for term in terms]
    if len({(len(table), len(table[0])) for table in tables}) != 1:
        raise UndecidedError("matrices of different sizes added")
    return Matrix(
        tuple(
            tuple(Sum(tuple(entries)) for entries in zip(*rows, strict=True))
            for rows in zip(*tables, strict=True)
        )
    )


def _scaled(factor: Expression, tree: Expression) -> Expression:
    if not isinstance(tree, Matrix):
        return Product((factor, tree))
    return Matrix(tuple(tuple(Product((factor, entry)) for entry in row) for row in tree.rows))


def _multiplied(factors: list[Expression]) -> Expression:
    product = factors[0]
    for factor in factors[1:]:
        if isinstance(product, Matrix) and isinstance(factor, Matrix):
            product = _matrix_product(product.rows, factor.rows)
        elif isinstance(factor, Matrix):
            product = _scaled(product, factor)
        else:
            product = _scaled(factor, product)
    return product


def _matrix_product(left: Rows, right: Rows) -> Expression:
    if len(left[0]) != len(right):
        if len(left[0]) == len(right[0]) == 1 and len(left) == len(right):  # a dot product
            pairs = zip(left, right, strict=True)
            return Sum(tuple(Product((a[0], b[0])) for a, b in pairs))
        raise UndecidedError("matrices whose sizes do not fit multiplied")
    if len(left) * len(right[0]) * len(right) > MAX_ENTRIES:
        raise UndecidedError("a large matrix product")
    columns = tuple(zip(*right, strict=True))
    rows = tuple(
        tuple(
            Sum(tuple(Product((a, b)) for a, b in zip(row, column, strict=True)))
            if len(row) > 1
            else Product((row[0], column[0]))
            for column in columns
        )
        for row in left
    )
    return rows[0][0] if len(rows) == len(columns) == 1 else Matrix(rows)


def _raised(base: Expression, exponent: Expression) -> Expression:
    if not isinstance(base, Matrix):
        return Power(base, exponent)
    if exponent in (Symbol("T"), Symbol("top"), Symbol("t")):
        return Matrix(tuple(zip(*base.rows, strict=True)))
    if isinstance(exponent, Negative) and isinstance(exponent.of, Number):
        exponent = Number(-exponent.of.value)
    if not isinstance(exponent, Number) or exponent.value.denominator != 1:
        raise UndecidedError("a matrix to a power that is no integer")
    power = int(exponent.value)
    if len(base.rows) != len(base.rows[0]) or not 0 < abs(power) <= _MAX_POWER:
        raise UndecidedError("a high matrix power")
    if power < 0:
        base = _inverse(base.rows)
    if abs(power) > 1 and len(base.rows) > 3:
        raise UndecidedError("a power of a large matrix")
    result: Expression = base
    for _ in range(abs(power) - 1):
        result = _multiplied([result, base])
    return result


def _called(function: FunctionName, argument: Expression) -> Expression:
    if not isinstance(argument, Matrix):
        return Call(function, (argument,))
    rows = argument.rows
    if function == "transpose":
        return Matrix(tuple(zip(*rows, strict=True)))
    if function not in ("det", "trace") or len(rows) != len(rows[0]):
        raise UndecidedError(f"{function} of a matrix")
    if function == "trace":
        return Sum(tuple(row[k] for k, row in enumerate(rows))) if len(rows) > 1 else rows[0][0]
    return _determinant(rows)


def _minor(rows: Rows, at: int, column: int) -> Rows:
    kept = rows[:at] + rows[at + 1 :]
    return tuple(row[:column] + row[column + 1 :] for row in kept)


def _determinant(rows: Rows) -> Expression:
    if len(rows) > _MAX_INVERSE:
        raise UndecidedError("a large determinant")
    if len(rows) == 1:
        return rows[0][0]
    terms: list[Expression] = []
    for column, entry in enumerate(rows[0]):
        term = Product((entry, _determinant(_minor(rows, 0, column))))
        terms.append(Negative(term) if column % 2 else term)
    return Sum(tuple(terms))


def _inverse(rows: Rows) -> Matrix:
    """The adjugate over the determinant."""
    determinant = _determinant(rows)
    if len(rows) == 1:
        return Matrix(((Quotient(_ONE, rows[0][0]),),))
    size = range(len(rows))

    def cofactor(at: int, column: int) -> Expression:
        minor = _determinant(_minor(rows, at, column))
        return Quotient(Negative(minor) if (at + column) % 2 else minor, determinant)

    return Matrix(tuple(tuple(cofactor(column, at) for column in size) for at in size))
