"""What one comparison is held to: its conventions and its budget; and three-valued all and any."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from verification.conventions import Conventions
from verification.tree.bounds import MAX_WORK, UndecidedError

A = TypeVar("A")
B = TypeVar("B")


class Budget:
    """Steps of arithmetic that one comparison may still take."""

    def __init__(self, steps: int = MAX_WORK):
        self._steps = steps

    def spend(self, steps: int = 1) -> None:
        """Take steps off; raises UndecidedError when none are left."""
        self._steps -= steps
        if self._steps < 0:
            raise UndecidedError(f"more than {MAX_WORK} steps of arithmetic")


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of one comparison."""

    conventions: Conventions
    budget: Budget = field(default_factory=Budget)


def every(holds: Callable[[A, B], bool], pairs: Iterable[tuple[A, B]]) -> bool:
    """Say whether all pairs hold; one that fails settles it, even beside an undecided one."""
    undecided: UndecidedError | None = None
    for left, right in pairs:
        try:
            if not holds(left, right):
                return False
        except UndecidedError as error:
            undecided = undecided or error
    if undecided:
        raise undecided
    return True


def some(holds: Callable[[A, B], bool], pairs: Iterable[tuple[A, B]]) -> bool:
    """Say whether any pair holds; one that does settles it."""
    undecided: UndecidedError | None = None
    for left, right in pairs:
        try:
            if holds(left, right):
                return True
        except UndecidedError as error:
            undecided = undecided or error
    if undecided:
        raise undecided
    return False
