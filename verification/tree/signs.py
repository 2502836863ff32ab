r"""`\pm` and `\mp`: one expression that stands for two values."""

from dataclasses import replace
from itertools import product

from verification.tree.bounds import UndecidedError
from verification.tree.syntax import (
    Answer,
    Applied,
    Binder,
    Call,
    Degrees,
    Expression,
    Matrix,
    Negative,
    Percent,
    PlusMinus,
    Power,
    Product,
    Quotient,
    Sum,
    Tuple,
    Value,
)
from verification.tree.traits import traits_of

_MAX_SIGNS = 6


def signed_readings(tree: Expression) -> tuple[Expression, ...]:
    r"""Return the values the expression stands for: all its signs switch together.

    `1 \pm \sqrt2 \mp x` is `1 + \sqrt2 - x` and `1 - \sqrt2 + x`. Without a sign, the tree itself.
    """
    count = traits_of(tree).plus_minus
    if not count:
        return (tree,)
    if count > _MAX_SIGNS:
        raise UndecidedError(f"more than {_MAX_SIGNS} double signs")
    return _with_sign(tree, upper=True), _with_sign(tree, upper=False)


def signed_points(point: Tuple) -> list[tuple[Answer, ...]]:
    r"""Return the points that `(\pm a, \pm b)` may stand for: signs together, and each alone."""
    values = [item.expression if isinstance(item, Value) else None for item in point.items]
    signed = [v is not None and traits_of(v).plus_minus > 0 for v in values]
    if not any(signed):
        return [(point,)]
    if len(signed) > _MAX_SIGNS:
        raise UndecidedError(f"more than {_MAX_SIGNS} double signs")
    choices = [
        [Value(tree, item.unit) for tree in signed_readings(item.expression)]
        if isinstance(item, Value)
        else [item]
        for item in point.items
    ]
    together = tuple(
        replace(point, items=tuple(c[min(k, len(c) - 1)] for c in choices)) for k in (0, 1)
    )
    alone = tuple(replace(point, items=items) for items in product(*choices))
    return [together] if sum(signed) == 1 else [together, alone]


def _with_sign(tree: Expression, *, upper: bool) -> Expression:
    def all_of(parts: tuple[Expression, ...]) -> tuple[Expression, ...]:
        return tuple(_with_sign(part, upper=upper) for part in parts)

    match tree:
        case PlusMinus(of, flipped):
            signed = _with_sign(of, upper=upper)
            return signed if upper != flipped else Negative(signed)
        case Sum(parts) | Product(parts):
            return type(tree)(all_of(parts))
        case Call(function, parts):
            return Call(function, all_of(parts))
        case Quotient(left, right) | Power(left, right):
            return type(tree)(*all_of((left, right)))
        case Negative(of) | Degrees(of) | Percent(of):
            return type(tree)(*all_of((of,)))
        case Applied() | Binder() | Matrix():
            if traits_of(tree).plus_minus:
                raise UndecidedError("a double sign inside an operator or matrix")
    return tree
