r"""Equality of two answers, type by type.

Types must match, up to the ways people write the same thing: an assignment for its value, a list
for a set, an inequality for an interval, `\pm 2` for two answers, one value in braces for itself.
Every rule is symmetric; UndecidedError says that the types are understood and the values are not.
"""

from dataclasses import dataclass
from fractions import Fraction

from verification.bounds import UndecidedError
from verification.equality import same_expression
from verification.matching import same_items
from verification.quantities import conversion
from verification.regions import region_of, same_region
from verification.relations import Named, named_value, same_relation
from verification.signs import signed_readings
from verification.syntax import (
    Answer,
    Based,
    ClockTime,
    Collection,
    Constant,
    Expression,
    Number,
    Power,
    Product,
    Quotient,
    Ratio,
    Relation,
    SetBuilder,
    SetOperation,
    Side,
    Symbol,
    Tuple,
    Unit,
    Value,
    Words,
)
from verification.terms import Terms, every
from verification.traits import traits_of

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_BARE_UNITS = {"m", "s", "g", "h", "l", "in", "ft", "cm", "km", "mm", "mi", "kg", "min"}
_CURRENCIES = {"usd", "eur", "gbp", "cny", "jpy", "inr", "cent"}


@dataclass(frozen=True, slots=True)
class _Assignments:
    """Values by name, in the order written: `x = 1, y = 2`."""

    names: tuple[str, ...]
    values: tuple[Answer, ...]


def same_answer(left: Answer, right: Answer, terms: Terms) -> bool:
    """Say whether two answers are equal; raises UndecidedError and ContradictionError."""
    if left == right:
        return True
    if isinstance(left, Relation) and isinstance(right, Relation):
        return _same_relations(left, right, terms)
    stated, other = _stated(left, terms), _stated(right, terms)
    if isinstance(stated, _Assignments):
        return _same_assignments(stated, other, terms)
    if isinstance(other, _Assignments):
        return _same_assignments(other, stated, terms)
    pair = _Pair(stated, other, terms)
    for rule in (pair.of_one_type, pair.as_several, pair.in_places, pair.as_regions, pair.as_names):
        verdict = rule()
        if verdict is not None:
            return verdict
    return pair.of_unlike_types()


# Relations and assignments


def _same_relations(left: Relation, right: Relation, terms: Terms) -> bool:
    named, other = named_value(left, terms), named_value(right, terms)
    if named and other:
        return _same_named((named, other), (left, right), terms)
    region, opposite = region_of(left, terms), region_of(right, terms)
    if region is not None and opposite is not None:
        if same_region(region, opposite, terms):
            return True
        if not any(interval.symbolic for interval in (*region, *opposite)):
            return False
    return same_relation(left, right, terms)


def _same_named(
    named: tuple[Named, Named], relations: tuple[Relation, Relation], terms: Terms
) -> bool:
    """Compare two assignments; `y = 5` is not `x = 5`, but `f(x) = x^2` is `y = x^2`."""
    left, right = named
    if left.name == right.name or not (_is_unknown(left.name) and _is_unknown(right.name)):
        return same_answer(left.value, right.value, terms)
    values = (left.value, right.value)
    if all(isinstance(v, Value) and traits_of(v.expression).variables for v in values):
        return same_relation(*relations, terms)
    return False


def _is_unknown(name: str) -> bool:
    return len(name) == 1 or (name.startswith("\\") and name[1:].isalpha())


def _stated(answer: Answer, terms: Terms) -> Answer | _Assignments:
    """Return what an assignment or a list of them states, the answer itself if it is neither."""
    if isinstance(answer, SetBuilder) and isinstance(answer.condition, Relation):
        return answer.condition
    if terms.conventions.assignments == "strict":
        return answer
    if isinstance(answer, Relation):
        named = named_value(answer, terms)
        return _stated(named.value, terms) if named else answer
    if isinstance(answer, Collection) and not answer.braces:
        return _stated_list(answer, terms)
    return answer


def _stated_list(answer: Collection, terms: Terms) -> Answer | _Assignments:
    """`x = 1, x = 2` and `x = 1, 2` state two values; `x = 1, y = 2` states one point."""
    named = [named_value(x, terms) if isinstance(x, Relation) else None for x in answer.items]
    if not any(named):
        return answer
    names = tuple(entry.name for entry in named if entry and entry.name)
    items = tuple(n.value if n else x for n, x in zip(named, answer.items, strict=True))
    if len(set(names)) <= 1:
        return Collection(items, answer.braces, answer.joined_by)
    if len(set(names)) == len(items):
        return _Assignments(names, items)
    return answer


def _same_assignments(left: _Assignments, right: Answer | _Assignments, terms: Terms) -> bool:
    if isinstance(right, _Assignments):
        if set(left.names) != set(right.names):
            return False
        values = dict(zip(right.names, right.values, strict=True))
        pairs = [(v, values[n]) for n, v in zip(left.names, left.values, strict=True)]
        return every(lambda a, b: same_answer(a, b, terms), pairs)
    if isinstance(right, Tuple) and (right.opening, right.closing) != ("(", ")"):
        return False
    if not isinstance(right, Tuple | Collection) or len(right.items) != len(left.values):
        return False
    pairs = list(zip(left.values, right.items, strict=True))
    return every(lambda a, b: same_answer(a, b, terms), pairs)


# Everything else


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two answers that are no assignments. Each rule returns None where it does not apply."""

    left: Answer
    right: Answer
    terms: Terms

    def of_one_type(self) -> bool | None:
        """Compare answers of the same type."""
        match self.left, self.right:
            case Value(), Value():
                return same_quantity(self.left, self.right, self.terms)
            case Tuple(), Tuple():
                return self._tuples(self.left, self.right)
            case Based(), Based():
                return _same_numeral(self.left, self.right, self.terms)
            case ClockTime(), ClockTime():
                return _same_time(self.left, self.right, self.terms)
            case Ratio(), Ratio():
                return _same_ratio(self.left, self.right, self.terms)
            case Words(text), Words(other):
                return text == other
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
        sides = [_several(self.left), _several(self.right)]
        if sides[0] is None or sides[1] is None:
            return None
        if all(isinstance(side, Value) for side in (self.left, self.right)):
            return None
        relational = [any(isinstance(x, Relation) for x in side or ()) for side in sides]
        if any(relational) and not all(relational):
            return None
        if all(relational):
            regions = self.as_regions()
            if regions:
                return True
        return same_items(sides[0], sides[1], self._same)

    def in_places(self) -> bool | None:
        """Compare a list with a point: `1, 2` may be written for `(1, 2)`."""
        match self.left, self.right:
            case (Tuple() as point, Collection(items, braces=False)) | (
                Collection(items, braces=False),
                Tuple() as point,
            ) if not any(isinstance(item, Relation) for item in items):
                if (point.opening, point.closing) != ("(", ")") or len(items) != len(point.items):
                    return False
                return every(self._same, zip(items, point.items, strict=True))
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
        regions = [region_of(side, self.terms) for side in sides]
        if regions[0] is None or regions[1] is None:
            return None
        return same_region(regions[0], regions[1], self.terms)

    def as_names(self) -> bool | None:
        """Compare words with letters that spell them: `\\text{AB}` with `AB`."""
        for words, value in ((self.left, self.right), (self.right, self.left)):
            if isinstance(words, Words) and isinstance(value, Value):
                name = _spelled(value.expression)
                return name is not None and name.lower() == words.text
        return None

    def of_unlike_types(self) -> bool:
        """Say whether answers of different types are equal; mostly they are not."""
        types = {type(self.left), type(self.right)}
        if types == {ClockTime, Ratio}:
            return self._time_as_ratio()
        if types == {Based, Value}:
            return self._numeral_as_value()
        if types == {Ratio, Value} and self.terms.conventions.ratio_as_fraction:
            return self._ratio_as_value()
        if types == {ClockTime, Value}:
            return self._time_as_value()
        if Relation in types and types & {SetOperation, SetBuilder, Relation} - {Relation}:
            raise UndecidedError("a relation and a set")
        if types <= {SetOperation, Tuple, Collection, SetBuilder} and len(types) > 1:
            return self._unlike_sets()
        if len(types) == 1 and types & {SetOperation, SetBuilder}:
            raise UndecidedError("sets outside the real line")
        return False

    def _unlike_sets(self) -> bool:
        known = [region_of(side, self.terms) is not None for side in (self.left, self.right)]
        if SetOperation in map(type, (self.left, self.right)) and not all(known):
            raise UndecidedError("sets outside the real line")
        if SetBuilder in map(type, (self.left, self.right)):
            raise UndecidedError("a set builder that is not understood")
        return False

    def _time_as_ratio(self) -> bool:
        time, ratio = self.left, self.right
        if isinstance(time, Ratio):
            time, ratio = ratio, time
        assert isinstance(time, ClockTime)
        assert isinstance(ratio, Ratio)
        if time.half:
            return False
        return _same_ratio(_ratio_of(time), ratio, self.terms)

    def _numeral_as_value(self) -> bool:
        numeral, value = self.left, self.right
        if isinstance(numeral, Value):
            numeral, value = value, numeral
        assert isinstance(numeral, Based)
        assert isinstance(value, Value)
        conventions = self.terms.conventions
        if conventions.dropped_base == "same" and value.expression == _digits_of(numeral):
            return True
        if conventions.other_base == "same":
            number = _number_of(numeral)
            return number is not None and same_expression(number, value.expression, self.terms)
        return False

    def _ratio_as_value(self) -> bool:
        ratio, value = self.left, self.right
        if isinstance(ratio, Value):
            ratio, value = value, ratio
        assert isinstance(ratio, Ratio)
        assert isinstance(value, Value)
        if len(ratio.parts) != 2:
            return False
        return same_expression(Quotient(*ratio.parts), value.expression, self.terms)

    def _time_as_value(self) -> bool:
        time, value = self.left, self.right
        if isinstance(time, Value):
            time, value = value, time
        assert isinstance(time, ClockTime)
        assert isinstance(value, Value)
        hour = Number(Fraction(time.hour))
        if time.minute == 0 and same_expression(value.expression, hour, self.terms):
            raise UndecidedError("an hour without its half of the day")
        return False


_SETS = (SetOperation, SetBuilder, Tuple, Collection, Relation)


def _several(answer: Answer) -> tuple[Answer, ...] | None:
    """Return the single answers of a list, a set, a double sign, or of one value."""
    match answer:
        case Collection(items):
            return tuple(single for item in items for single in _several(item) or (item,))
        case Value(expression, unit):
            return tuple(Value(tree, unit) for tree in signed_readings(expression))
        case Relation(sides, ("=",)) if isinstance(sides[1].answer, Value):
            values = signed_readings(sides[1].answer.expression)
            right = [Side(sides[1].text, Value(v), sides[1].is_name) for v in values]
            return tuple(Relation((sides[0], side), answer.signs) for side in right)
    return None


def _spelled(tree: Expression) -> str | None:
    """Return the letters that a product of letters spells, None for anything else."""
    match tree:
        case Symbol(name):
            return name
        case Constant("e" | "i" as name):
            return name
        case Product(factors):
            letters = [_spelled(factor) for factor in factors]
            return None if None in letters else "".join(filter(None, letters))
    return None


# Quantities


def same_quantity(left: Value, right: Value, terms: Terms) -> bool:
    """Compare two values with their units."""
    trees = signed_readings(left.expression), signed_readings(right.expression)
    if len(trees[0]) + len(trees[1]) > 2:
        values = [
            tuple(Value(t, v.unit) for t in ts) for ts, v in zip(trees, (left, right), strict=True)
        ]
        return same_items(values[0], values[1], lambda a, b: same_quantity(a, b, terms))
    left, right = _without_bare_unit(left, right)
    left, right = _without_bare_unit(right, left)[::-1]
    factor = _unit_factor(left.unit, right.unit, terms)
    if factor is None:
        return False
    expression = left.expression
    if factor != 1:
        expression = Product((Number(factor), expression))
    if terms.conventions.unreduced == "different" and _is_unreduced(left) != _is_unreduced(right):
        return False
    return same_expression(expression, right.expression, terms)


def _unit_factor(left: Unit | None, right: Unit | None, terms: Terms) -> Fraction | None:
    """Return what to multiply the left value by, None where the units exclude each other."""
    conventions = terms.conventions
    if conventions.units == "ignored":
        return Fraction(1)
    known = [unit is not None and bool(unit.factors) for unit in (left, right)]
    if all(known):
        assert left is not None
        assert right is not None
        return conversion(left, right)
    if any(known):
        unit = left if known[0] else right
        assert unit is not None
        is_money = any(name in _CURRENCIES for name, _ in unit.factors)
        if conventions.units == "required" and not is_money:
            return None
        if conventions.currency == "strict" and is_money:
            return None
    return Fraction(1)


def _without_bare_unit(value: Value, other: Value) -> tuple[Value, Value]:
    r"""Read the letter in `3 m` as a unit where the other side says `3 \text{ m}`."""
    if value.unit is None and other.unit and isinstance(value.expression, Product):
        *factors, last = value.expression.factors
        power = 1
        if isinstance(last, Power) and isinstance(last.exponent, Number):
            last, power = last.base, int(last.exponent.value)
        written = isinstance(last, Symbol) and last.name in _BARE_UNITS
        if written and ((last.name, power),) == other.unit.factors:  # type: ignore[union-attr]
            rest = factors[0] if len(factors) == 1 else Product(tuple(factors))
            return Value(rest, other.unit), other
    return value, other


def _is_unreduced(value: Value) -> bool:
    match value.expression:
        case Quotient(Number(top), Number(bottom)) if bottom:
            return abs(bottom) != (top / bottom).denominator
    return False


# Numerals, times, ratios


def _same_numeral(left: Based, right: Based, terms: Terms) -> bool:
    if left.base == right.base or terms.conventions.other_base == "different":
        return left == right
    number, other = _number_of(left), _number_of(right)
    if number is None or other is None:
        raise UndecidedError("a digit that its base does not have")
    return number == other


def _digits_of(numeral: Based) -> Number | None:
    digits = numeral.digits.lstrip("-")
    if not digits.isdigit():
        return None
    return Number(Fraction(numeral.digits))


def _number_of(numeral: Based) -> Number | None:
    """Return the value of a numeral, None where a digit is too large for the base."""
    whole, _, fraction = numeral.digits.lstrip("-").partition(".")
    places = [_DIGITS.find(digit) for digit in whole + fraction]
    if any(not 0 <= place < numeral.base for place in places):
        return None
    value = Fraction(0)
    for place in places:
        value = value * numeral.base + place
    value /= numeral.base ** len(fraction)
    return Number(-value if numeral.digits.startswith("-") else value)


def _same_time(left: ClockTime, right: ClockTime, terms: Terms) -> bool:
    """Compare times of day on 24 hours where both say which half, else as written."""
    both = [_on_24_hours(time) for time in (left, right)]
    if both[0] is not None and both[1] is not None:
        return both[0] == both[1]
    written = [(t.hour % 12, t.minute, t.second) for t in (left, right)]
    if bool(left.half) == bool(right.half):
        return (left.hour, *written[0]) == (right.hour, *written[1])
    if written[0] != written[1]:
        return False
    if terms.conventions.missing_half_of_day == "optional":
        return True
    raise UndecidedError("a time without its half of the day")


def _on_24_hours(time: ClockTime) -> tuple[int, int, int] | None:
    if time.half:
        return time.hour % 12 + 12 * (time.half == "pm"), time.minute, time.second
    if time.hour > 12 or time.hour == 0:
        return time.hour, time.minute, time.second
    return None


def _ratio_of(time: ClockTime) -> Ratio:
    """`4:30` without a half of the day may be the ratio of 4 to 30."""
    fields = (time.hour, time.minute, time.second)[: 3 if time.second else 2]
    return Ratio(tuple(Number(Fraction(field)) for field in fields))


def _same_ratio(left: Ratio, right: Ratio, terms: Terms) -> bool:
    """Compare ratios: as written, or cross-multiplied with the first part."""
    if len(left.parts) != len(right.parts):
        return False
    pairs = list(zip(left.parts, right.parts, strict=True))
    if terms.conventions.unreduced == "different":
        return every(lambda a, b: same_expression(a, b, terms), pairs)
    first, opposite = pairs[0]
    crossed = [(Product((a, opposite)), Product((b, first))) for a, b in pairs[1:]]
    return every(lambda a, b: same_expression(a, b, terms), crossed)
