r"""Equality of two answers, type by type.

Types must match, up to the ways people write the same thing: an assignment for its value, a list
for a set, an inequality for an interval, `\pm 2` for two answers, one value in braces for itself.
Every rule is symmetric; UndecidedError says that the types are understood and the values are not.
"""

import re
from dataclasses import dataclass
from functools import partial

from verification.arithmetic.terms import Terms, every, some
from verification.comparing.assignments import Named, is_unknown, named_value
from verification.comparing.families import families_of, same_families, same_moved
from verification.comparing.matching import same_items
from verification.comparing.notations import (
    refuse_moved_truths,
    same_numeral,
    same_phrase,
    same_ratio,
    same_time,
)
from verification.comparing.quantities import same_quantity
from verification.comparing.regions import Region, region_of, same_region, subjects
from verification.comparing.relations import same_relation
from verification.comparing.running import same_runs
from verification.comparing.several import is_set, letters_of, several, variables_of
from verification.comparing.special import list_as_tuple, same_restricted, same_special
from verification.comparing.stated import Assignments, stated
from verification.comparing.statements import (
    about_others,
    contradict,
    same_middle,
    same_start,
    same_statement,
)
from verification.comparing.subjects import same_subject, with_bound_names
from verification.comparing.unlike import (
    numeral_as_value,
    point_as_value,
    ratio_as_value,
    time_as_ratio,
    time_as_value,
)
from verification.tree.bounds import UndecidedError
from verification.tree.signs import signed_points
from verification.tree.syntax import (
    Answer,
    Based,
    ClockTime,
    Collection,
    Ratio,
    Relation,
    SetBuilder,
    SetOperation,
    Tuple,
    Value,
    Words,
)
from verification.tree.traits import traits_of

_WORDED = re.compile("[a-z]{3}")
_LABELLED = re.compile(r"[a-z]{3}|\(.*\d")
_COUNTED = re.compile(r"\d+ ?[a-z]+ \d|\d [a-z]+")
"""A phrase like `3 hours 20 minutes`."""


def same_answer(left: Answer, right: Answer, terms: Terms) -> bool:
    """Say whether two answers are equal; raises UndecidedError and ContradictionError."""
    if left == right:
        return True
    conditional = same_restricted(left, right, lambda a, b: same_answer(a, b, terms), terms)
    if conditional is not None:
        return conditional
    if isinstance(left, Relation) and isinstance(right, Relation):
        return _same_relations(left, right, terms)
    told = False if about_others(left, right) else _same_statements(left, right, terms)
    if told is not None:
        return told
    ours, theirs = stated(left, terms), stated(right, terms)
    if isinstance(ours, Assignments):
        return _same_assignments(ours, theirs, terms)
    if isinstance(theirs, Assignments):
        return _same_assignments(theirs, ours, terms)
    pair = _Pair(ours, theirs, terms)
    special = same_special(ours, theirs, pair._same, terms)
    if special is not None:
        return special
    for rule in (
        pair.as_families,
        pair.of_one_type,
        pair.as_signed_points,
        pair.as_several,
        pair.in_places,
        pair.as_regions,
        pair.as_names,
    ):
        verdict = rule()
        if verdict is not None:
            return verdict
    return pair.of_unlike_types()


def _same_statements(left: Answer, right: Answer, terms: Terms) -> bool | None:
    """Return True where two lists hold the same equations, `f(x) = 3, f(x) = x` by any x."""
    if not isinstance(left, Collection) or not isinstance(right, Collection):
        return None
    if len(left.items) != len(right.items) or left.joined_by != right.joined_by:
        return None
    if not all(
        isinstance(item, Relation) and item.signs == ("=",) for item in (*left.items, *right.items)
    ):
        return None
    try:
        same = partial(same_answer, terms=terms)
        return same_items(left.items, right.items, same, counted=True) or None
    except UndecidedError:
        return None


# Relations and assignments


def _same_relations(left: Relation, right: Relation, terms: Terms) -> bool:
    named, other = named_value(left, terms), named_value(right, terms)
    if named and other:
        return _same_named((named, other), (left, right), terms)
    chained = not (named or other) and same_start(left, right)
    last = left.sides[-1].answer, right.sides[-1].answer
    if chained and last[0] and last[1]:
        return same_answer(last[0], last[1], terms)
    if (_states_number(named) and not other) or (_states_number(other) and not named):
        return False  # the other is an equation
    alike = variables_of(left) == variables_of(right)
    region = _region(left, terms) if alike else None
    opposite = _region(right, terms) if alike else None
    if region is not None and opposite is not None:
        if same_region(region, opposite, terms):
            return True
        if not any(interval.symbolic for interval in (*region, *opposite)):
            return False
    return same_statement(left, right, partial(same_answer, terms=terms), terms)


def _states_number(named: Named | None) -> bool:
    return named is not None and not named.name and isinstance(named.value, Value)


def _region(relation: Relation, terms: Terms) -> Region | None:
    """Return the region of a relation, None where it cannot be told: others may then decide."""
    try:
        return region_of(relation, terms)
    except UndecidedError:
        return None


def _same_named(
    named: tuple[Named, Named], relations: tuple[Relation, Relation], terms: Terms
) -> bool:
    """Compare two assignments; `y = 5` is not `x = 5`, but `f(x) = x^2` is `y = x^2`."""
    left, right = named
    ours, theirs = with_bound_names(left), with_bound_names(right)
    if left.name != right.name and ours.name == theirs.name:
        return same_answer(ours.value, theirs.value, terms)
    if not same_middle(*relations) and same_answer(left.value, right.value, terms):
        raise UndecidedError("another name in a chain")
    same = same_subject(left, right, terms)
    if same or (same is None and not same_answer(left.value, right.value, terms)):
        return same_answer(left.value, right.value, terms)
    if same is None:
        raise UndecidedError("another name for the same value")
    described = all(n.subject and not is_unknown(n.name) for n in named)
    if described and same_answer(left.value, right.value, terms):
        return False  # of two things, the same is said
    trees = [v.expression for v in (left.value, right.value) if isinstance(v, Value)]
    if is_unknown(left.name) == is_unknown(right.name) == (not traits_of(*trees).variables):
        return False
    return same_relation(*relations, terms)  # `xy = 1` and `y = 1/x`


def _same_assignments(left: Assignments, right: Answer | Assignments, terms: Terms) -> bool:
    if isinstance(right, Assignments):
        if set(left.names) != set(right.names):
            if any(_WORDED.search(name) for name in (*left.names, *right.names)):
                raise UndecidedError("other labels")
            return False
        values = dict(zip(right.names, right.values, strict=True))
        pairs = [(v, values[n]) for n, v in zip(left.names, left.values, strict=True)]
        return every(lambda a, b: same_answer(a, b, terms), pairs)
    if isinstance(right, Tuple) and (right.opening, right.closing) != ("(", ")"):
        return False
    if not isinstance(right, Tuple | Collection) or len(right.items) != len(left.values):
        return False
    if any(isinstance(item, Relation) for item in right.items):
        return False
    pairs = list(zip(left.values, right.items, strict=True))
    same = every(lambda a, b: same_answer(a, b, terms), pairs)
    listed = isinstance(right, Collection) and any(map(_LABELLED.search, left.names))
    if same or not listed:
        return same
    if same_items(left.values, right.items, lambda a, b: same_answer(a, b, terms)):
        raise UndecidedError("values with labels and a list in another order")
    return False


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two answers that are no assignments. Each rule returns None where it does not apply."""

    left: Answer
    right: Answer
    terms: Terms

    def as_families(self) -> bool | None:
        """Compare what runs with an integer."""
        if isinstance(self.left, Tuple) and isinstance(self.right, Tuple):
            return same_moved(self.left, self.right, self.terms)
        if isinstance(self.left, SetOperation) or isinstance(self.right, SetOperation):
            return same_runs(self.left, self.right, self.terms)
        families = families_of(self.left), families_of(self.right)
        if families[0] and families[1]:
            return same_families(families[0], families[1], self.terms)
        return None

    def of_one_type(self) -> bool | None:
        """Compare answers of the same type."""
        match self.left, self.right:
            case Value(), Value():
                return same_quantity(self.left, self.right, self.terms)
            case Tuple(), Tuple():
                return self._tuples(self.left, self.right)
            case Based(), Based():
                return same_numeral(self.left, self.right, self.terms)
            case ClockTime(), ClockTime():
                return same_time(self.left, self.right, self.terms)
            case Ratio(), Ratio():
                return same_ratio(self.left, self.right, self.terms)
            case Words(text), Words(other):
                return same_phrase(text, other)
            case Relation(), Relation():
                return _same_relations(self.left, self.right, self.terms)
        return None

    def _tuples(self, left: Tuple, right: Tuple) -> bool | None:
        brackets = {(left.opening, left.closing), (right.opening, right.closing)}
        if len(brackets) > 1:
            lenient = self.terms.conventions.brackets == "lenient"
            if not lenient or brackets - {("(", ")"), ("[", "]"), ("<", ">")}:
                return brackets == {("(", ")"), ("<", ">")} and self._in_order(left, right)
        return self._in_order(left, right)

    def _in_order(self, left: Tuple, right: Tuple) -> bool:
        if len(left.items) != len(right.items):
            return False
        if self.terms.conventions.tuple_order == "free" and same_items(
            left.items, right.items, self._same
        ):
            return True
        return every(self._same, zip(left.items, right.items, strict=True))

    def _same(self, left: Answer, right: Answer) -> bool:
        return same_answer(left, right, self.terms)

    def as_several(self) -> bool | None:
        """Compare lists, sets and values with a double sign, order free."""
        sides = [several(self.left), several(self.right)]
        if sides[0] is None or sides[1] is None:
            return None
        if all(isinstance(side, Value | Words) for side in (self.left, self.right)):
            return None
        refuse_moved_truths(
            *([x.text for x in side or () if isinstance(x, Words)] for side in sides)
        )
        relational = [any(isinstance(x, Relation) for x in side or ()) for side in sides]
        if any(relational) and not all(relational):
            return None
        if all(relational) and self.as_regions():
            return True
        if all(relational) and contradict(sides[0], sides[1], self._same, self.terms):
            return False
        same = self._same_member if any(map(is_set, (*sides[0], *sides[1]))) else self._same
        return same_items(sides[0], sides[1], same, counted=not self._has_set())

    def _same_member(self, left: Answer, right: Answer) -> bool:
        """Compare members of a set of sets, where {1} is not 1."""
        return is_set(left) == is_set(right) and self._same(left, right)

    def as_signed_points(self) -> bool | None:
        r"""Compare `(\pm a, \pm b)` with the points it stands for, signs together or each alone."""
        if isinstance(self.left, Tuple) and isinstance(self.right, Tuple):
            return None
        readings = [
            signed_points(side) if isinstance(side, Tuple) else [several(side)]
            for side in (self.left, self.right)
        ]
        if all(
            len(r) == 1 and r[0] in ((side,), several(side))
            for r, side in zip(readings, (self.left, self.right), strict=True)
        ):
            return None
        pairs = [(a, b) for a in readings[0] for b in readings[1] if a and b]
        return some(lambda a, b: same_items(a, b, self._same), pairs)

    def _has_set(self) -> bool:
        return any(isinstance(x, Collection) and x.braces for x in (self.left, self.right))

    def in_places(self) -> bool | None:
        """Compare a list with a point: `1, 2` may be written for `(1, 2)`."""
        match self.left, self.right:
            case (Tuple() as point, Collection(items, braces=False)) | (
                Collection(items, braces=False),
                Tuple() as point,
            ) if not any(isinstance(item, Relation) for item in items):
                if len(items) != len(point.items):
                    return False
                return list_as_tuple(items, point, self._same)
        return None

    def as_regions(self) -> bool | None:
        """Compare subsets of the real line."""
        sides = (self.left, self.right)
        if not any(isinstance(side, _SETS) for side in sides):
            return None
        if not self.terms.conventions.intervals_as_inequalities and (
            isinstance(self.left, Relation) != isinstance(self.right, Relation)
        ):
            return False
        ours, theirs = subjects(self.left), subjects(self.right)
        if ours and theirs and ours != theirs:
            return None
        regions = [region_of(side, self.terms) for side in sides]
        if regions[0] is None or regions[1] is None:
            return None
        return same_region(regions[0], regions[1], self.terms)

    def as_names(self) -> bool | None:
        r"""Compare words with letters that spell them: `\text{AB}` with `AB`."""
        for words, value in ((self.left, self.right), (self.right, self.left)):
            if isinstance(words, Words) and isinstance(value, Value):
                if _COUNTED.search(words.text):
                    raise UndecidedError("numbers among words")
                name = letters_of(value.expression)
                return name is not None and name.lower() == words.text
        return None

    def of_unlike_types(self) -> bool:
        """Say whether answers of different types are equal; mostly they are not."""
        types = {type(self.left), type(self.right)}
        if types == {ClockTime, Ratio}:
            return time_as_ratio(self.left, self.right, self.terms)
        if types == {Based, Value}:
            return numeral_as_value(self.left, self.right, self.terms)
        if types == {Ratio, Value} and self.terms.conventions.ratio_as_fraction:
            return ratio_as_value(self.left, self.right, self.terms)
        if types == {Tuple, Value}:
            return point_as_value(self.left, self.right)
        if types == {ClockTime, Value}:
            return time_as_value(self.left, self.right, self.terms)
        if Relation in types and types & {SetOperation, SetBuilder, Tuple, Collection}:
            return self._relation_and_set()
        if types <= {SetOperation, Tuple, Collection, SetBuilder} and len(types) > 1:
            return self._unlike_sets()
        if len(types) == 1 and types & {SetOperation, SetBuilder}:
            return self._abstract_sets()
        return False

    def _abstract_sets(self) -> bool:
        """Accept sets that are written alike; unlike ones may still be the same."""
        match self.left, self.right:
            case SetBuilder(head=None), SetBuilder(head=None) if self.left == self.right:
                return True
            case SetBuilder(head=shape), SetBuilder(head=other) if shape and other:
                if self._same(self.left.condition, self.right.condition):
                    return self._same(shape, other)
            case SetBuilder(name), SetBuilder(other) if name == other:
                if self._same(self.left.condition, self.right.condition):
                    return True
            case SetOperation(kind, parts), SetOperation(other, opposite) if kind == other:
                if kind != "difference" and same_items(parts, opposite, self._same):
                    return True
        raise UndecidedError("sets outside the real line")

    def _relation_and_set(self) -> bool:
        relation = self.left if isinstance(self.left, Relation) else self.right
        assert isinstance(relation, Relation)
        if set(relation.signs) <= {"=", "~"}:
            return False
        raise UndecidedError("a relation and a set outside the real line")

    def _unlike_sets(self) -> bool:
        known = [region_of(side, self.terms) is not None for side in (self.left, self.right)]
        if SetOperation in map(type, (self.left, self.right)) and not all(known):
            raise UndecidedError("sets outside the real line")
        if SetBuilder in map(type, (self.left, self.right)):
            raise UndecidedError("a set builder that is not understood")
        return False


_SETS = (SetOperation, SetBuilder, Tuple, Collection, Relation)
