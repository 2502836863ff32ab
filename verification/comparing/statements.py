r"""What two equations say where neither is a mere assignment: `\det A = t^3 + 2`, `h/w = 1/2`.

An equation says something of its left side. Two with the same left side say the same where their
right sides are the same; one that gives a name says something that no relation without it says.
"""

from collections.abc import Callable, Sequence
from functools import partial

from verification.arithmetic.terms import Terms
from verification.comparing.assignments import is_unknown
from verification.comparing.matching import surely
from verification.comparing.relations import same_relation
from verification.comparing.several import variables_of
from verification.comparing.subjects import surely_same_value
from verification.tree.bounds import UndecidedError
from verification.tree.renaming import names_in
from verification.tree.syntax import (
    Answer,
    Collection,
    Relation,
    Side,
    Value,
)
from verification.tree.traits import traits_of

Same = Callable[[Answer, Answer], bool]


def same_statement(left: Relation, right: Relation, same: Same, terms: Terms) -> bool:
    """Say whether two relations say the same: by their left sides, by arithmetic, by names."""
    ours, theirs = _told(left), _told(right)
    agree = None if ours is None or theirs is None else partial(same, ours, theirs)
    if agree and _same_side(left, right, terms):
        return agree()
    try:
        return same_relation(left, right, terms)
    except UndecidedError:
        if not any(_gives_more(a, b) for a, b in ((left, right), (right, left))):
            raise
    if agree and agree():
        raise UndecidedError("another name for the same value")
    return False


def contradict(left: Sequence[Answer], right: Sequence[Answer], same: Same, terms: Terms) -> bool:
    """Say whether two lists of statements tell different things of the same left side."""
    ours, theirs = (
        [x for x in items if isinstance(x, Relation) and _told(x) is not None]
        for items in (left, right)
    )
    for statement in ours:
        about = [x for x in theirs if _same_side(statement, x, terms)]
        alone = sum(_same_side(statement, x, terms) for x in ours) == 1
        if alone and len(about) == 1 and _differs(statement, about[0], same):
            return True
    return False


def same_start(left: Relation, right: Relation) -> bool:
    """Say whether two chains of equations are written alike up to their last sides."""
    if left.signs != right.signs or set(left.signs) != {"="} or len(left.signs) < 2:
        return False
    pairs = zip(left.sides[:-1], right.sides[:-1], strict=True)
    if not all(a.answer and a.answer == b.answer for a, b in pairs):
        return False
    end = left.sides[-1].answer  # two equations run together are no chain
    known = variables_of(Relation(left.sides[:-1], left.signs[:-1]))
    return isinstance(end, Value) and traits_of(end.expression).variables <= known


def about_others(left: Answer, right: Answer) -> bool:
    """Say whether one list gives several values of one name, the other one value of each."""
    ours, theirs = _given_names(left), _given_names(right)
    return bool(ours and theirs) and len(ours) != len(theirs) and 1 in (len(ours), len(theirs))


def _given_names(answer: Answer) -> set[str]:
    items = answer.items if isinstance(answer, Collection) and not answer.braces else ()
    names = {
        item.sides[0].text
        for item in items
        if isinstance(item, Relation) and item.signs in (("=",), ("equiv",))
    }
    given = all(isinstance(item, Relation) and item.sides[0].is_name for item in items)
    return names if given and all(map(is_unknown, names)) else set()


def same_middle(left: Relation, right: Relation) -> bool:
    """Say whether two chains give the same names beside their first, as `w = l = 2` does."""
    ours, theirs = (
        {side.text for side in relation.sides[1:-1] if side.is_name and is_unknown(side.text)}
        for relation in (left, right)
    )
    return ours == theirs


def is_part(part: Answer, whole: Answer, same: Same) -> bool:
    """Say whether an answer is some of the statements of a list, or the values that some state.

    Which of a list's statements the question asks for, the list does not tell.
    """
    if not isinstance(whole, Collection) or whole.braces or whole.joined_by == "or":
        return False
    if not all(isinstance(item, Relation) and _states(item, whole) for item in whole.items):
        return False
    ends = [side for item in whole.items if isinstance(item, Relation) for side in item.sides]
    values = [side.answer for side in ends if side.answer is not None]
    parts = part.items if isinstance(part, Collection) and not part.braces else (part,)
    if not _subjects(parts) & names_in(whole):  # all goes by other names
        parts = tuple(map(_said, parts))
    named = (*whole.items, *(told for item in whole.items if (told := _told_in_words(item))))
    stated = [named if isinstance(item, Relation) else values for item in parts]
    return all(
        any(surely(item, other, same) for other in others)
        for item, others in zip(parts, stated, strict=True)
    )


def _subjects(items: Sequence[Answer]) -> set[str]:
    firsts = [item.sides[0] for item in items if isinstance(item, Relation)]
    return {name for side in firsts for name in mentioned(side)}


def _states(relation: Relation, whole: Collection) -> bool:
    """Say whether a relation tells a fact, or compares what the formulas beside it hold."""
    if set(relation.signs) <= {"=", "~", "equiv", "perp"}:
        return True
    formulas = [r.sides[-1] for r in whole.items if isinstance(r, Relation) and "=" in r.signs]
    return any(mentioned(side) & names_in(relation) for side in formulas)


def _told_in_words(item: Answer) -> Answer | None:
    """Return what is said of a subject in words, which may be the name opposite."""
    worded = isinstance(item, Relation) and item.sides[0].answer is None
    return _told(item) if worded and isinstance(item, Relation) else None


def _said(item: Answer) -> Answer:
    told = _told(item) if isinstance(item, Relation) else None
    return told or item


def _told(relation: Relation) -> Answer | None:
    """Return what an equation says of its left side; None where its unknowns stand on both."""
    last = relation.sides[-1].answer
    if set(relation.signs) != {"="} or last is None:
        return None
    return None if mentioned(relation.sides[0]) & mentioned(relation.sides[-1]) else last


def _same_side(left: Relation, right: Relation, terms: Terms) -> bool:
    """Say whether two equations certainly are about the same."""
    a, b = left.sides[0], right.sides[0]
    return a.text == b.text or surely_same_value(a.answer, b.answer, terms)


def _gives_more(left: Relation, right: Relation) -> bool:
    """Say whether one gives a name, `w = l = 2x`, of which the other does not speak."""
    if set(left.signs) != {"="}:
        return False
    for at, side in enumerate(left.sides):
        others = [*left.sides[:at], *left.sides[at + 1 :]]
        names = mentioned(side)
        if len(names) != 1 or not side.is_name or not names <= variables_of(left):
            continue
        if not any(names & mentioned(other) for other in (*others, *right.sides)):
            return True
    return False


def mentioned(side: Side) -> set[str]:
    """Return the names in a side, those of functions as well; its text where it is not read."""
    return {side.text} if side.answer is None else names_in(side.answer)


def _differs(left: Answer, right: Answer, same: Same) -> bool:
    try:
        return not same(left, right)
    except UndecidedError:
        return False
