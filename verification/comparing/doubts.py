"""What was not understood on either side of a difference: it is then undecided, never wrong.

A difference counts where everything that could make up for it was read: numbers, known units,
variables, the words we know. A foreign word may be a unit that converts, an ellipsis any series, a
phrase the gold in other words, `T_s` what the gold calls `T_{star}`.
"""

import re
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from functools import partial

from verification.arithmetic.equality import same_expression
from verification.arithmetic.terms import Terms, every, some
from verification.comparing.ambiguities import ARTICLE, ambiguity, is_nothing
from verification.comparing.comparison import same_answer
from verification.comparing.exclusions import exclude_each_other, excludes_numbers
from verification.comparing.notations import phrases_of
from verification.comparing.several import letters_of
from verification.comparing.statement_doubts import doubt_of_statements
from verification.parsing.parsed import Parsed
from verification.tree.syntax import (
    Answer,
    Applied,
    Collection,
    Degrees,
    Expression,
    Negative,
    Number,
    Product,
    Ratio,
    Relation,
    Restricted,
    SetBuilder,
    SetOperation,
    Side,
    Sum,
    Symbol,
    Tuple,
    Value,
    Words,
)
from verification.tree.traits import traits_of, walk

_NAME = re.compile(r"(\\?[a-zA-Z]+)(?:_(\w+))?'*")
_PROGRESSION = 4
"""Items of a list with an ellipsis in canonical form: two numbers, the dots, the last item."""
_VERDICTS = {"yes", "no", "true", "false"}
_DECORATED = re.compile(r"(?:hat|tilde|vec):(.+)")


def doubt(gold: Parsed, answer: Parsed, sides: tuple[Answer, Answer], terms: Terms) -> str | None:
    """Return what may explain away a difference, None if all was understood.

    `sides` are the trees that were held against each other.
    """
    left, right = (list(_leaves(side)) for side in sides)
    dots = None if all(map(_is_progression, sides)) else _ellipsis(left, right)
    return (
        dots
        or _units(left, right)
        or _words(left, right)
        or _names(left, right)
        or _texts(gold, answer, left, right)
        or _nothing(gold, answer, sides)
        or doubt_of_statements(sides, terms)
        or _arguments(left, right, terms)
        or _loose_unit(gold, answer, terms)
        or _letters_against_unit((gold, left), (answer, right))
        or _gravity((gold, left), (answer, right))
    )


def _texts(gold: Parsed, answer: Parsed, left: list[Answer], right: list[Answer]) -> str | None:
    """Return what people may mean otherwise than the grammar reads it."""
    ways = ((gold, answer, left, right), (answer, gold, right, left))
    for one, other, own, opposite in ways:
        if own and all(isinstance(leaf, Words) for leaf in own):
            continue  # judged by their words
        number = len(opposite) == 1 and is_number(opposite[0])
        letters, others = (
            {char for name in _symbols(side) for char in name} for side in (own, opposite)
        )
        reason = ambiguity(one.normal, other.normal, letters, others, other_is_number=number)
        if reason and not (reason == ARTICLE and is_number(one.as_any_quantity)):
            return reason  # `490 a week` is read as a quantity
    return None


def _nothing(gold: Parsed, answer: Parsed, sides: tuple[Answer, Answer]) -> str | None:
    """`none` may be the number 0, or the empty set, where another word for it stands opposite."""
    nothing = (Value(Number(Fraction(0))), Collection((), braces=True))
    for one, opposite in ((gold, sides[1]), (answer, sides[0])):
        if is_nothing(one.normal) and opposite in nothing:
            return "a word for nothing"
    return None


def _arguments(left: list[Answer], right: list[Answer], terms: Terms) -> str | None:
    """`f(2x + 2)` and `f(2(x + 1))` are held for two names, and may be one."""
    ours, theirs = _applied(left), _applied(right)
    for one in ours - theirs:
        for other in theirs - ours:
            if one.name == other.name and _same_arguments(one, other, terms):
                return "arguments that are written in two ways"
    return None


def _same_arguments(left: Applied, right: Applied, terms: Terms) -> bool:
    r"""Say whether arguments are the same, or opposite ones of `\Phi`."""
    if len(left.arguments) != len(right.arguments):
        return False
    turned = [Negative(right.arguments[0])] if left.name == "\\Phi" else []
    same = partial(same_expression, terms=terms)
    return every(
        lambda a, b: some(same, [(a, other) for other in (b, *turned)]),
        zip(left.arguments, right.arguments, strict=True),
    )


def _applied(leaves: list[Answer]) -> set[Applied]:
    values = [leaf.expression for leaf in leaves if isinstance(leaf, Value)]
    return {node for tree in values for node in walk(tree) if isinstance(node, Applied)}


def is_number(answer: Answer | None) -> bool:
    """Say whether an answer is a number, perhaps with its unit."""
    return isinstance(answer, Value) and not traits_of(answer.expression).variables


def _loose_unit(gold: Parsed, answer: Parsed, terms: Terms) -> str | None:
    """In a gold, a letter close behind the number may be a variable or a unit: `300g`."""
    loose = gold.as_any_quantity if gold.as_quantity is None else None
    stated = answer.plain_tree
    if loose is None or stated is None or not is_number(last_side(stated)):
        return None
    return (
        "a letter that may be a unit or a variable" if same_answer(loose, stated, terms) else None
    )


def _letters_against_unit(
    left: tuple[Parsed, list[Answer]], right: tuple[Parsed, list[Answer]]
) -> str | None:
    """`5 li` may be a length, and `g` an acceleration, where one stands opposite."""
    for ours, theirs in ((left, right), (right, left)):
        if len(ours[1]) != 1 or len(theirs[1]) != 1:
            continue
        one, other = ours[0].as_quantity or ours[1][0], theirs[0].as_quantity or theirs[1][0]
        measured = isinstance(one, Value) and is_number(one) and _is_measured(one)
        if measured and isinstance(other, Value) and _is_number_and_letters(other.expression):
            return "letters that may be a unit"
    return None


def _gravity(left: tuple[Parsed, list[Answer]], right: tuple[Parsed, list[Answer]]) -> str | None:
    """`1 g` may be as much as a body weighs, or as fast as it falls."""
    for ours, theirs in ((left, right), (right, left)):
        grams = _factors(ours) == {"g": 1} and "gram" not in ours[0].normal.lower()
        if grams and _factors(theirs).get("s") == -2:
            return "a g that may be gravity"
    return None


def _factors(side: tuple[Parsed, list[Answer]]) -> dict[str, int]:
    parsed, leaves = side
    one = (parsed.as_quantity or leaves[0]) if len(leaves) == 1 else None
    return dict(one.unit.factors) if isinstance(one, Value) and one.unit else {}


def _is_number_and_letters(tree: Expression) -> bool:
    """Say whether a tree is letters, perhaps behind a number: `g`, `1 hp`."""
    match tree:
        case Product((Number(), *factors)):
            return letters_of(Product(tuple(factors))) is not None
    return letters_of(tree) is not None


def last_side(answer: Answer) -> Answer | None:
    """Return the last side of a relation, the answer itself where it is none."""
    return answer.sides[-1].answer if isinstance(answer, Relation) else answer


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
                if side.answer is not None and not _is_mere_name(side):
                    yield from _leaves(side.answer)
        case SetBuilder():
            yield from _leaves(answer.condition)
        case Restricted(stated, condition):
            yield from (*_leaves(stated), *_leaves(condition))
        case Ratio(parts):
            yield from (Value(part) for part in parts)
        case _:
            yield answer


def _is_mere_name(side: Side) -> bool:
    """Say whether a side is words that name the other: whether names agree is judged elsewhere."""
    return side.is_name and isinstance(side.answer, Words)


def _symbols(leaves: list[Answer]) -> set[str]:
    return {
        node.name
        for leaf in leaves
        if isinstance(leaf, Value)
        for node in walk(leaf.expression)
        if isinstance(node, Symbol | Applied)
    }


def _ellipsis(left: list[Answer], right: list[Answer]) -> str | None:
    ours, theirs = (Counter(t for x in side for t in _dotted(x)) for side in (left, right))
    return None if ours == theirs else "an ellipsis that is not understood"


def _dotted(leaf: Answer) -> list[Expression]:
    """Return the terms of a value that hold an ellipsis: bracketed alike, they mean the same."""
    if not isinstance(leaf, Value):
        return []
    tree = leaf.expression
    terms = tree.terms if isinstance(tree, Sum) and Symbol("...") not in tree.terms else (tree,)
    return [term for term in terms if Symbol("...") in walk(term)]


def _units(left: list[Answer], right: list[Answer]) -> str | None:
    """A thing that is counted may be a unit that we do not know: `2 fathoms` and `12 feet`."""
    for ours, theirs in ((left, right), (right, left)):
        unknown = [x for x in ours if isinstance(x, Value) and x.unit and not x.unit.factors]
        known = [x for x in theirs if isinstance(x, Value) and _is_measured(x)]
        if unknown and known:
            return "a unit that is not known"
    return None


def _is_measured(value: Value) -> bool:
    """Say whether a value has a unit we know, or a degree sign."""
    return bool(value.unit and value.unit.factors) or isinstance(value.expression, Degrees)


def _words(left: list[Answer], right: list[Answer]) -> str | None:
    """Words differ where they are known to exclude what stands opposite."""
    ours, theirs = _phrases(left), _phrases(right)
    if not ours and not theirs:
        return None
    if not ours or not theirs:
        phrases, opposite = (ours, right) if ours else (theirs, left)
        worded = left if ours else right
        alone = all(isinstance(leaf, Words) for leaf in worded)
        return None if alone and _exclude(phrases, opposite) else "words that are not understood"
    missing, extra = ours - theirs, theirs - ours
    if not missing and not extra:
        valued = {any(isinstance(leaf, Value) for leaf in side) for side in (left, right)}
        return None if len(valued) == 1 else "more is said on one side"
    if not missing or not extra:
        return "more is said on one side" if _VERDICTS & {*ours, *theirs} else None
    if all(exclude_each_other(one, other) for one in missing for other in extra):
        return None
    return "words that may say the same"


def _phrases(leaves: list[Answer]) -> Counter[str]:
    return Counter(p for leaf in leaves if isinstance(leaf, Words) for p in phrases_of(leaf.text))


def _exclude(phrases: Counter[str], opposite: list[Answer]) -> bool:
    """Say whether phrases certainly say nothing that stands opposite: numbers, or the empty set."""
    if not opposite:
        return set(phrases) == {"infinitely many"}
    numbers = [leaf.expression for leaf in opposite if isinstance(leaf, Value)]
    lettered = any(letters_of(number) for number in numbers)
    if len(numbers) < len(opposite) or lettered or traits_of(*numbers).infinite:
        return False
    truths = bool(_VERDICTS & set(phrases)) and bool(
        {Number(Fraction(n)) for n in (0, 1)} & {*numbers}
    )
    return not truths and all(map(excludes_numbers, phrases))


def _names(left: list[Answer], right: list[Answer]) -> str | None:
    r"""`k_B` may be what the other side calls `k` or `k_{\text{Boltzmann}}`."""
    ours, theirs = _symbols(left), _symbols(right)
    for one in ours - theirs:
        for other in theirs - ours:
            decorated = _DECORATED.fullmatch(one), _DECORATED.fullmatch(other)
            if [d[1] for d in decorated if d] in ([one], [other]):
                return "names that may be one"
            a, b = _NAME.fullmatch(one), _NAME.fullmatch(other)
            if not a or not b or a[1] != b[1] or one[-1:] == "'" or other[-1:] == "'":
                continue
            scripts = {a[2] or "", b[2] or ""}
            described = any(len(script) > 2 and script.isalpha() for script in scripts)
            if described or not any(script.isdigit() for script in scripts):
                return "names that may be one"
    return None
