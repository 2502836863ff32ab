"""Steps stated behind their prefixes, brought together to solutions.

Where a set rates several continuations of one prefix its solutions are a tree: each leaf is one
solution, with what is stated of every step on its way. Nothing is combined that the set did not
rate in that very place, and equal steps behind equal prefixes are one.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from schemas import StepStatement
from sources.stated.marks import UNSAID

_OR = " or "
"""Stands between the words of people who do not agree."""
Path = tuple[tuple[str, StepStatement], ...]
"""Steps from the first on, each with what is stated of it."""


@dataclass(slots=True)
class _Node:
    stated: StepStatement = UNSAID
    rated: bool = False
    after: dict[str, "_Node"] = field(default_factory=dict)


class StepTree:
    """The steps of one problem's solutions."""

    def __init__(self) -> None:
        self._root = _Node()

    def add(self, prefix: Sequence[str], step: str, stated: StepStatement) -> None:
        """Add a step behind a prefix; where it was stated otherwise before it has no label then."""
        node = self._root
        for one in (*prefix, step):
            node = node.after.setdefault(one, _Node())
        if stated == UNSAID:
            return
        node.stated = _agreed(node.stated, stated) if node.rated else stated
        node.rated = True

    def paths(self) -> Iterator[Path]:
        """Yield the way to each last step of which something is stated, in their order."""
        # No recursion: a chain of thought may have a thousand steps.
        left: list[tuple[_Node, Path]] = [(self._root, ())]
        while left:
            node, path = left.pop()
            for step, inner in reversed(node.after.items()):
                left.append((inner, (*path, (step, inner.stated))))
            if path and node.rated and not any(map(_says, node.after.values())):
                yield path


def _agreed(one: StepStatement, other: StepStatement) -> StepStatement:
    """Return the first of two statements that agree; of others both words, and no label.

    Right and neutral agree that it is no error: neutral.
    """
    if (one.label, one.neutral) == (other.label, other.neutral):
        return one
    if all(each.neutral or each.label == 1 for each in (one, other)):
        return one if one.neutral else other
    if other.said in one.said.split(_OR):
        return one
    return StepStatement(said=f"{one.said}{_OR}{other.said}")


def _says(node: _Node) -> bool:
    """Tell whether anything is stated of a step, or of one behind it."""
    left = [node]
    while left:
        one = left.pop()
        if one.rated:
            return True
        left.extend(one.after.values())
    return False


def chains(texts: Iterable[str]) -> Iterator[list[str]]:
    """Yield, for each text that is no beginning of another, the texts it begins with, and itself.

    Distinct texts, in alphabetical order; linear in them but for their sorting.
    """
    ordered = sorted(set(texts))
    above: list[str] = []
    for place, text in enumerate(ordered):
        while above and not text.startswith(above[-1]):
            above.pop()
        above.append(text)
        if place + 1 == len(ordered) or not ordered[place + 1].startswith(text):
            yield list(above)


def pieces(chain: Sequence[str]) -> list[str]:
    """Return what each text of a chain has more than the one before it."""
    befores = ["", *chain[:-1]]
    return [text[len(before) :] for before, text in zip(befores, chain, strict=True)]
