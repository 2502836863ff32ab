"""Collections of answers held against each other without order."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from verification.bounds import MAX_ITEMS, TooLargeError, UndecidedError, UndefinedError
from verification.numeric import NumericEvaluator
from verification.reading import Reading
from verification.syntax import Answer, Value
from verification.terms import Budget, some
from verification.traits import traits_of

_CLOSE = 1e-9


Item = TypeVar("Item", bound=Answer)


def same_items(
    left: Sequence[Item], right: Sequence[Item], same: Callable[[Item, Item], bool]
) -> bool:
    """Say whether every item equals one on the other side, in both directions (as sets)."""
    if max(len(left), len(right)) > MAX_ITEMS:
        raise UndecidedError(f"more than {MAX_ITEMS} items")
    near = [_approximation(item) for item in left]
    close = [_approximation(item) for item in right]
    undecided: UndecidedError | None = None
    for items, others, marks, opposite in ((left, right, near, close), (right, left, close, near)):
        for item, mark in zip(items, marks, strict=True):
            candidates = (o for o, m in zip(others, opposite, strict=True) if _may_agree(mark, m))
            try:
                if not some(same, ((item, other) for other in candidates)):
                    return False
            except UndecidedError as error:
                undecided = undecided or error
    if undecided:
        raise undecided
    return True


def _approximation(item: Answer) -> complex | None:
    """Return about the value of a plain closed number, to skip hopeless pairs; None for others."""
    if not isinstance(item, Value) or (item.unit and item.unit.factors):
        return None
    traits = traits_of(item.expression)
    if traits.variables or traits.percent or traits.degrees or traits.infinite or traits.matrix:
        return None
    if "log" in traits.functions or traits.plus_minus:
        return None
    try:
        evaluator = NumericEvaluator({}, Reading(), budget=Budget(500), digits=60)
        return complex(evaluator.value(item.expression))
    except (UndefinedError, UndecidedError, TooLargeError, OverflowError):
        return None


def _may_agree(left: complex | None, right: complex | None) -> bool:
    if left is None or right is None:
        return True
    return abs(left - right) <= _CLOSE * max(abs(left), abs(right))
