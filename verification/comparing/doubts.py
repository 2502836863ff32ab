"""What was not understood on either side of a difference: it is then undecided, never wrong.

A difference counts where everything that could make up for it was read: numbers, known units,
variables, the words we know. A foreign word may be a unit that converts, an ellipsis any series, a
phrase the gold in other words, `T_s` what the gold calls `T_{star}`.
"""

import re
from collections.abc import Iterator

from verification.parsing.vocabulary import KNOWN_WORDS
from verification.tree.syntax import (
    Answer,
    Collection,
    Ratio,
    Relation,
    SetBuilder,
    SetOperation,
    Symbol,
    Tuple,
    Value,
    Words,
)
from verification.tree.traits import walk

_NAME = re.compile(r"(\\?[a-zA-Z]+)(?:_(\w+))?'*")
_ALIKE = 4
"""Letters in common from which two words may be forms of one."""


def doubt(gold: Answer, answer: Answer) -> str | None:
    """Return what of the sides may explain away a difference, None if all was understood."""
    sides = [list(_leaves(gold)), list(_leaves(answer))]
    return (
        _ellipsis(*sides)
        or _units(*sides)
        or _words(*sides)
        or _names(*sides)
    )


def _leaves(answer: Answer) -> Iterator[Answer]:
    """Yield the values and words that an answer is made of."""
    match answer:
        case Tuple(_, items) | Collection(items) | SetOperation(_, items):
            for item in items:
                yield from _leaves(item)
        case Relation(sides):
            for side in sides:
                if side.answer is not None:
                    yield from _leaves(side.answer)
        case SetBuilder():
            yield from _leaves(answer.condition)
        case Ratio(parts):
            yield from (Value(part) for part in parts)
        case _:
            yield answer


def _symbols(leaves: list[Answer]) -> set[str]:
    return {
        node.name
        for leaf in leaves
        if isinstance(leaf, Value)
        for node in walk(leaf.expression)
        if isinstance(node, Symbol)
    }


def _ellipsis(left: list[Answer], right: list[Answer]) -> str | None:
    dotted = "..." in _symbols(left) or "..." in _symbols(right)
    return "an ellipsis that is not understood" if dotted else None


def _units(left: list[Answer], right: list[Answer]) -> str | None:
    """An unknown unit may convert into the known one opposite: `2 docks` and `48 hours`."""
    for ours, theirs in ((left, right), (right, left)):
        unknown = [x for x in ours if isinstance(x, Value) and x.unit and not x.unit.known]
        known = [x for x in theirs if isinstance(x, Value) and x.unit and x.unit.factors]
        if unknown and known:
            return "a unit that is not known"
    return None


def _words(left: list[Answer], right: list[Answer]) -> str | None:
    """Phrases may say the same; of single words, only unlike ones certainly differ."""
    ours = [x.text for x in left if isinstance(x, Words)]
    theirs = [x.text for x in right if isinstance(x, Words)]
    for text in (*ours, *theirs):
        if not _is_understood(text):
            return "words that are not understood"
    numbers = any(isinstance(x, Value) for x in left)
    if theirs and numbers and not ours and not all(map(_is_known, theirs)):
        return "a word that is not understood"
    for one in ours:
        for other in theirs:
            if one == other or re.search(r"\d", one + other):
                continue
            if one[:_ALIKE] == other[:_ALIKE]:
                return "words that may be forms of one"
    return None


def _is_understood(text: str) -> bool:
    return _is_known(text) or (text.isascii() and text.removeprefix("not ").isalpha())


def _is_known(text: str) -> bool:
    return text in KNOWN_WORDS or all(w.isdigit() or w in KNOWN_WORDS for w in text.split())


def _names(left: list[Answer], right: list[Answer]) -> str | None:
    r"""`k_B` may be what the other side calls `k` or `k_{\text{Boltzmann}}`."""
    ours, theirs = _symbols(left), _symbols(right)
    for one in ours - theirs:
        for other in theirs - ours:
            a, b = _NAME.fullmatch(one), _NAME.fullmatch(other)
            if not a or not b or a[1] != b[1] or one[-1:] == "'" or other[-1:] == "'":
                continue
            numbered = (a[2] or "").isdigit() or (b[2] or "").isdigit()
            if not numbered:
                return "names that may be one"
    return None
