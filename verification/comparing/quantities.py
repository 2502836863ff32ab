r"""Equality of two values with their units, converted where they differ."""

from collections import Counter
from fractions import Fraction

from verification.arithmetic.equality import same_expression
from verification.arithmetic.terms import Terms, some
from verification.comparing.matching import same_items
from verification.parsing.measures import SIZES
from verification.tree.bounds import UndecidedError
from verification.tree.signs import signed_readings
from verification.tree.syntax import (
    Constant,
    Degrees,
    Expression,
    Number,
    Percent,
    Power,
    Product,
    Quotient,
    Symbol,
    Unit,
    Value,
)

_BARE_UNITS = {"m", "s", "g", "h", "l", "in", "ft", "cm", "km", "mm", "mi", "kg", "min"}
_RADIAN = (("radian", 1),)
_CURRENCIES = {"usd", "eur", "gbp", "cny", "jpy", "inr", "cent"}


def same_quantity(left: Value, right: Value, terms: Terms) -> bool:
    """Compare two values with their units."""
    trees = signed_readings(left.expression), signed_readings(right.expression)
    if len(trees[0]) + len(trees[1]) > 2:
        values = [
            tuple(Value(t, v.unit) for t in ts) for ts, v in zip(trees, (left, right), strict=True)
        ]
        return same_items(values[0], values[1], lambda a, b: same_quantity(a, b, terms))
    left, right = _without_bare_unit(left, right), _without_bare_unit(right, left)
    left, right = _in_radians(left, right), _in_radians(right, left)
    if _excludes(left, right) or _excludes(right, left):
        return False
    if terms.conventions.unreduced == "different" and _is_unreduced(left) != _is_unreduced(right):
        return False
    sides = [
        (left.expression if factor == 1 else Product((Number(factor), left.expression)))
        for factor in _unit_factors(left.unit, right.unit, terms)
    ]
    same = some(
        lambda a, b: same_expression(a, b, terms), [(side, right.expression) for side in sides]
    )
    if same and _counts_a_thing(left, right) and terms.conventions.units != "ignored":
        raise UndecidedError("a unit against a thing that is counted")
    return same


def _counts_a_thing(left: Value, right: Value) -> bool:
    """Say whether one side has a unit and the other counts what is none we know: `5 rubles`."""
    units = [value.unit for value in (left, right) if value.unit is not None]
    return len(units) == 2 and bool(units[0].factors) != bool(units[1].factors)


def _excludes(left: Value, right: Value) -> bool:
    """Say whether a degree or percent sign stands against another mark or a known unit."""
    if not isinstance(left.expression, Degrees | Percent):
        return False
    other = right.expression
    if isinstance(other, Degrees | Percent):
        return type(left.expression) is not type(other)
    return right.unit is not None and bool(right.unit.factors)


def _in_radians(value: Value, other: Value) -> Value:
    r"""Convert `180^\circ` where the other side is in radians: `5` radians are not `5^\circ`."""
    if other.unit is None or other.unit.factors != _RADIAN:
        return value
    if not isinstance(value.expression, Degrees):
        return value
    turned = Product((value.expression.of, Constant("pi"), Number(Fraction(1, 180))))
    return Value(turned, other.unit)


def _unit_factors(left: Unit | None, right: Unit | None, terms: Terms) -> tuple[Fraction, ...]:
    """Return what to multiply the left value by, none where the units exclude each other."""
    conventions = terms.conventions
    if conventions.units == "ignored":
        return (Fraction(1),)
    known = [unit is not None and bool(unit.factors) for unit in (left, right)]
    if all(known):
        assert left is not None
        assert right is not None
        return conversions(left, right)
    if any(known):
        other = right if known[0] else left
        if other is not None and not other.known:
            raise UndecidedError("a unit that is not known")
        unit = left if known[0] else right
        assert unit is not None
        is_money = any(name in _CURRENCIES for name, _ in unit.factors)
        if conventions.units == "required" and not is_money:
            return ()
        if conventions.currency == "strict" and is_money:
            return ()
    return (Fraction(1),)


def _without_bare_unit(value: Value, other: Value) -> Value:
    r"""Read the letters in `3 m` and `5 m/s` as a unit where the other side says `\text{ m}`."""
    if value.unit is not None or other.unit is None or not other.unit.factors:
        return value
    rest, factors = _peeled(value.expression)
    written = Unit(tuple(sorted(factors.items())))
    return Value(rest, written) if written == other.unit else value


def _peeled(tree: Expression) -> tuple[Expression, dict[str, int]]:
    """Split trailing unit letters, with their powers, off a product or a quotient."""
    match tree:
        case Product((*factors, Symbol(name))) if name in _BARE_UNITS:
            return _product(factors), {name: 1}
        case Product((*factors, Power(Symbol(name), Number(power)))) if name in _BARE_UNITS:
            return _product(factors), {name: int(power)}
        case Quotient(top, Symbol(name)) if name in _BARE_UNITS:
            rest, units = _peeled(top)
            return rest, {**units, name: -1}
        case Quotient(top, Power(Symbol(name), Number(power))) if name in _BARE_UNITS:
            rest, units = _peeled(top)
            return rest, {**units, name: -int(power)}
    return tree, {}


def _product(factors: list[Expression]) -> Expression:
    return factors[0] if len(factors) == 1 else Product(tuple(factors))


def _is_unreduced(value: Value) -> bool:
    match value.expression:
        case Quotient(Number(top), Number(bottom)) if bottom:
            return abs(bottom) != (top / bottom).denominator
    return False


def conversions(left: Unit, right: Unit) -> tuple[Fraction, ...]:
    """Return how many `right` one `left` is; none where they measure different things.

    Twice of kilobytes and their like, which are 1,000 or 1,024; pounds may be money.
    """
    if left == right or _are_pounds(left, right):
        return (Fraction(1),)
    (dimension, size), (other_dimension, other_size) = _size(left), _size(right)
    if dimension != other_dimension:
        return ()
    decimal = size / other_size
    binary = Fraction(1)
    if dimension.get("data"):
        binary = Fraction(1024, 1000) ** (_thousands(left) - _thousands(right))
    return (decimal,) if binary == 1 else (decimal, decimal * binary)


def _are_pounds(left: Unit, right: Unit) -> bool:
    return {left.factors, right.factors} == {(("gbp", 1),), (("lb", 1),)}


def _thousands(unit: Unit) -> int:
    """Return how many thousands the prefixes of bits and bytes stand for."""
    found = 0
    for name, power in unit.factors:
        if len(name) == 2 and name[1] in "bB":
            found += power * (" kMGT".index(name[0]) if name[0] in "kMGT" else 0)
    return found


def _size(unit: Unit) -> tuple[dict[str, int], Fraction]:
    dimension: Counter[str] = Counter()
    size = Fraction(1)
    for name, power in unit.factors:
        kinds, one = SIZES.get(name, (((name, 1),), Fraction(1)))
        for kind, times in kinds:
            dimension[kind] += power * times
        size *= one**power
    return {kind: power for kind, power in dimension.items() if power}, size
