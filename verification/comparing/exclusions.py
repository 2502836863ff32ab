"""Words that exclude each other: of a small closed vocabulary, another member is another answer.

Any other words may say the same: `red` and `crimson`, `parallel` and `they never meet`. What is not
known to exclude is therefore no difference.
"""

import re
from collections import Counter

from verification.parsing.vocabulary import GIVEN_NAMES, MONTHS, NUMBER_WORDS, WEEKDAYS

_GROUPS = [
    set(group.split())
    for group in (
        "yes no", "true false", "yes false", "no true", "even odd neither",
        "positive negative zero", "increasing decreasing constant neither",
        "increase decrease", "rises falls", "north south east west", "left right", "up down",
        "above below", "inside outside", "clockwise counterclockwise", "horizontal vertical",
        "maximum minimum", "max min", "before after", "always sometimes never",
        "converges diverges", "convergent divergent", "consistent inconsistent",
        "dependent independent", "stable unstable", "linear quadratic cubic exponential",
        "injective surjective bijective", "rational irrational", "prime composite",
        "parallel perpendicular skew", "parallel intersecting skew", "acute obtuse right",
        "scalene isosceles equilateral", "circle ellipse parabola hyperbola line point",
        "square rectangle rhombus trapezoid triangle pentagon hexagon octagon circle",
        "heads tails", "absolutely conditionally", "both neither", "either neither", "all none",
        "more less fewer same", "larger smaller same", "morning afternoon evening",
        "red blue green yellow black white purple orange pink brown gray",
        "first second third fourth fifth sixth seventh eighth ninth tenth last",
        "spring summer autumn winter", "penny nickel dime quarter",
        "cat dog horse cow sheep goat pig duck rabbit fish lion tiger elephant",
        "apple pear banana cherry lemon peach plum grape orange strawberry watermelon",
    )
] + [set(WEEKDAYS), set(MONTHS)]  # fmt: skip

_STEM = 3
_LONGEST_PHRASE = 4
_EMPTY_WORDS = {"the", "a", "an", "is", "are", "it", "they", "this", "that", "was", "were", "s"}
_NEGATIONS = {"not", "no", "never", "neither", "without", "cannot", "isn", "aren", "doesn", "non"}
_BARE = _NEGATIONS | {"or", "and", "but", "except", "unless"}
_LABELS = re.compile(r"(?!.*(.).*\1)[a-h]{2,8}")
_NUMBERED = re.compile(r"\d+")


def exclude_each_other(left: str, right: str) -> bool:
    """Say whether two phrases certainly say different things."""
    ours, theirs = _words(left), _words(right)
    if Counter(ours) == Counter(theirs):
        return left != right and _NUMBERED.findall(left) != _NUMBERED.findall(right)
    if _is_negated(ours, theirs) or _is_negated(theirs, ours):
        return True
    if (_BARE & {*ours, *theirs} and len(ours) + len(theirs) > 2) or len(ours) != len(theirs):
        return False
    apart = [(a, b) for a, b in zip(ours, theirs, strict=True) if a != b]
    if all(a.isdigit() and b.isdigit() for a, b in apart):
        return True
    return len(apart) == 1 and _are_apart(*apart[0])


def is_sentence(phrase: str) -> bool:
    """Say whether words tell so much that another wording cannot be told from a mistake."""
    return len(_words(phrase)) > _LONGEST_PHRASE


def excludes_numbers(phrase: str) -> bool:
    """Say whether a phrase is certainly no number: `even`, `Monday`, `not four`."""
    words = _words(phrase)
    if words[:1] == ["not"]:
        words = words[1:]
    elif phrase in ("does not exist", "infinitely many", "otherwise"):
        return True
    return len(words) == 1 and (words[0] in _NO_NUMBERS or words[0] in NUMBER_WORDS)


def _words(phrase: str) -> list[str]:
    return [w for w in re.findall(r"[^\W_]+", phrase.lower()) if w not in _EMPTY_WORDS]


def _is_negated(words: list[str], others: list[str]) -> bool:
    """Say whether the others are the words with a `not` more."""
    return (
        "not" in others
        and Counter(others) - Counter(words) == Counter(["not"])
        and not (Counter(words) - Counter(others))
    )


def _are_apart(left: str, right: str) -> bool:
    if any(left in group and right in group for group in _GROUPS):
        return True
    if {left, right} <= GIVEN_NAMES:
        return left[:_STEM] != right[:_STEM]
    if (left in _THINGS or right in _THINGS) and {left, right} <= _VOCABULARY:
        return left not in _TWOFOLD and right not in _TWOFOLD
    return bool(_LABELS.fullmatch(left)) and sorted(left) == sorted(right)


_ONE_OF = {"monday", "june", "red", "cat", "pear"}
_THINGS = GIVEN_NAMES.union(*(group for group in _GROUPS if group & _ONE_OF)) | {
    "circle", "ellipse", "parabola", "hyperbola", "rectangle", "rhombus", "trapezoid", "triangle",
}  # fmt: skip
"""What is of one kind only, so that a word of any other group is something else."""
_TWOFOLD = {"may", "orange", "april", "june", "august", "dawn", "grace", "penny", "rose"}
"""Names, months and things in one."""
_VOCABULARY = GIVEN_NAMES.union(*_GROUPS)
_QUANTITIES = {
    "even", "odd", "prime", "composite", "rational", "irrational", "positive", "negative",
    "zero", "all", "none", "both", "neither", "either", "always", "never", "sometimes", "first",
    "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "last",
    "quarter", "same", "more", "less", "fewer", "constant", "point", "may", "penny", "nickel",
    "dime",
}  # fmt: skip
"""Members that may stand for a number or be said of one: both of two, the third of May, a prime."""
_NO_NUMBERS = (set().union(*_GROUPS) | GIVEN_NAMES) - _QUANTITIES
