"""Collections of answers held against each other without order."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from verification.arithmetic.marks import Marks
from verification.arithmetic.numeric import NumericEvaluator
from verification.arithmetic.terms import Budget, some
from verification.tree.bounds import MAX_ITEMS, TooLargeError, UndecidedError, UndefinedError
from verification.tree.syntax import Answer, Value
from verification.tree.traits import traits_of

_CLOSE = 1e-9
_FEW = 12
"""Longer lists without a repeated spelling are not searched for repeated values."""


Item = TypeVar("Item", bound=Answer)


def same_items(
    left: Sequence[Item],
    right: Sequence[Item],
    same: Callable[[Item, Item], bool],
    *,
    counted: bool = False,
) -> bool:
    """Say whether every item equals one on the other side, in both directions.

    `counted` lists of one length also repeat their items equally often: `1, 1, 2` is not
    `1, 2, 2`, though either may be shortened to `1, 2`.
    """
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
        ours, theirs = _unmatched(left, right, same), _unmatched(right, left, same)
        fewer = 0 < len(ours) < len(left) and 0 < len(theirs) < len(right)
        if fewer and not same_items(ours, theirs, same, counted=counted):
            return False  # beside what stands on both sides
        raise undecided
    return not counted or len(left) != len(right) or _equally_often(left, right, same)


def _unmatched(
    items: Sequence[Item], others: Sequence[Item], same: Callable[[Item, Item], bool]
) -> list[Item]:
    """Return the items that are not known to equal any of the others."""
    return [i for i in items if i not in others and not any(surely(i, o, same) for o in others)]


def _equally_often(
    left: Sequence[Item], right: Sequence[Item], same: Callable[[Item, Item], bool]
) -> bool:
    """Pair off items that are equal; equality being transitive, the first match will do."""
    if len(set(left)) == len(left) and len(set(right)) == len(right) and len(left) > _FEW:
        return True
    rest = list(right)
    for item in left:
        match = next((k for k, other in enumerate(rest) if surely(item, other, same)), None)
        if match is None:
            return False
        del rest[match]
    return True


def surely(item: Item, other: Item, same: Callable[[Item, Item], bool]) -> bool:
    """Say whether two items are known to be equal."""
    try:
        return same(item, other)
    except UndecidedError:
        return False


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
        evaluator = NumericEvaluator({}, Marks(), budget=Budget(500), digits=60)
        return complex(evaluator.value(item.expression))
    except (UndefinedError, UndecidedError, TooLargeError, OverflowError):
        return None


def _may_agree(left: complex | None, right: complex | None) -> bool:
    if left is None or right is None:
        return True
    return abs(left - right) <= _CLOSE * max(abs(left), abs(right))
