"""The single answers that one answer stands for."""

from verification.comparing.notations import phrases_of
from verification.tree.signs import signed_points, signed_readings
from verification.tree.syntax import (
    Answer,
    Collection,
    Constant,
    Expression,
    Product,
    Relation,
    Side,
    Symbol,
    Tuple,
    Value,
    Words,
)
from verification.tree.traits import traits_of


def is_set(answer: Answer) -> bool:
    """Say whether an answer is written as a set."""
    return isinstance(answer, Collection) and answer.braces


def several(answer: Answer) -> tuple[Answer, ...] | None:
    """Return the single answers of a list, a set, a double sign, or of one value."""
    match answer:
        case Collection(items):
            return tuple(single for item in items for single in _singles(item))
        case Value(expression, unit):
            return tuple(Value(tree, unit) for tree in signed_readings(expression))
        case Tuple():
            return None
        case Words(text) if len(phrases := phrases_of(text)) > 1:
            return tuple(Words(phrase) for phrase in phrases)
        case Words():
            return (answer,)
        case Relation(sides, ("=",)) if isinstance(sides[1].answer, Value):
            values = signed_readings(sides[1].answer.expression)
            right = [Side(sides[1].text, Value(v), sides[1].is_name) for v in values]
            return tuple(Relation((sides[0], side), answer.signs) for side in right)
    return None


def _singles(item: Answer) -> tuple[Answer, ...]:
    """Return the answers that an item of a list is; a set among sets is one item."""
    if isinstance(item, Collection) and item.braces:
        return (item,)
    if isinstance(item, Tuple):
        return signed_points(item)[0]
    return several(item) or (item,)


def letters_of(tree: Expression) -> str | None:
    """Return the letters that a product of letters spells, None for anything else."""
    match tree:
        case Symbol(name):
            return name
        case Constant("e" | "i" as name):
            return name
        case Product(factors):
            letters = [letters_of(factor) for factor in factors]
            return None if None in letters else "".join(filter(None, letters))
    return None


def variables_of(relation: Relation) -> set[str]:
    """Return the variables of a relation, and the names that mean nothing else."""
    values = [s.answer.expression for s in relation.sides if isinstance(s.answer, Value)]
    return traits_of(*values).variables | {s.text for s in relation.sides if s.answer is None}


def as_points(names: tuple[str, ...], items: tuple[Answer, ...]) -> Answer | None:
    """Read `x = 1, y = 2, x = 3, y = 4` as two points; None where the names come in no rounds."""
    width = len(set(names))
    rounds = [names[k : k + width] for k in range(0, len(names), width)]
    if len(names) != len(items) or len(rounds) < 2 or len(set(rounds)) > 1:
        return None
    points = [items[k : k + width] for k in range(0, len(items), width)]
    return Collection(tuple(Tuple("(", point, ")") for point in points))
