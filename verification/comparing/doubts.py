"""What was not understood on either side of a difference: it is then undecided, never wrong.

A difference counts where everything that could make up for it was read: numbers, known units,
variables, the words we know. A foreign word may be a unit that converts, an ellipsis any series, a
phrase the gold in other words, `T_s` what the gold calls `T_{star}`.
"""

import re
from collections.abc import Iterator

from verification.comparing.notations import phrases_of
from verification.parsing.vocabulary import KNOWN_WORDS
from verification.tree.syntax import (
    Answer,
    Collection,
    Number,
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
_PROGRESSION = 4
"""Items of a list with an ellipsis in canonical form: two numbers, the dots, the last item."""
_SHORT = 3
"""Words of the longest phrase that is a name, not a sentence."""
_ALIKE = 4
"""Letters in common from which two words may be forms of one."""


def doubt(gold: Answer, answer: Answer) -> str | None:
    """Return what of the sides may explain away a difference, None if all was understood."""
    sides = [list(_leaves(gold)), list(_leaves(answer))]
    dots = None if _is_progression(gold) and _is_progression(answer) else _ellipsis(*sides)
    return dots or _units(*sides) or _words(*sides) or _names(*sides)


def _is_progression(answer: Answer) -> bool:
    r"""Say whether a list goes on as its first two numbers say: `1, 3, \ldots, 2n-1`."""
    trees = [x.expression if isinstance(x, Value) else None for x in _leaves(answer)]
    dotted = len(trees) == _PROGRESSION and trees[2] == Symbol("...")
    return dotted and isinstance(trees[0], Number) and isinstance(trees[1], Number)


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
    """Sentences may say the same; short names differ where they share no word or stem."""
    ours = [phrase for x in left if isinstance(x, Words) for phrase in phrases_of(x.text)]
    theirs = [phrase for x in right if isinstance(x, Words) for phrase in phrases_of(x.text)]
    if not all(map(_is_short, (*ours, *theirs))):
        return "words that are not understood"
    numbers = any(isinstance(x, Value) for x in (*left, *right))
    if numbers and bool(ours) != bool(theirs) and not all(map(_is_known, (*ours, *theirs))):
        return "a word that is not understood"
    if any(_may_be_one(one, other) for one in ours for other in theirs):
        return "words that may be forms of one"
    return None


def _may_be_one(left: str, right: str) -> bool:
    """Say whether two unlike phrases share a word or stem, without a number that differs."""
    if left == right or re.search(r"\d", left + right) or (_is_known(left) and _is_known(right)):
        return False
    stems = [{word[:_ALIKE] for word in phrase.split()} for phrase in (left, right)]
    return bool(stems[0] & stems[1]) and "not" not in stems[0] ^ stems[1]


def _is_short(phrase: str) -> bool:
    return _is_known(phrase) or (phrase.isascii() and len(phrase.split()) <= _SHORT)


def _is_known(phrase: str) -> bool:
    phrase = phrase.removeprefix("not ")
    return phrase in KNOWN_WORDS or all(w.isdigit() or w in KNOWN_WORDS for w in phrase.split())


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
