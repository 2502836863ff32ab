"""Quantities: an expression with its currency sign, its unit, its scale or its remark."""

import re
from fractions import Fraction
from itertools import pairwise

from verification.parsing.expressions import parse_expression
from verification.parsing.measures import SIZES
from verification.parsing.token import Token
from verification.parsing.units import read_unit
from verification.tree.bounds import UnparsedError
from verification.tree.syntax import (
    Answer,
    ClockTime,
    Collection,
    Degrees,
    Expression,
    Number,
    Percent,
    Product,
    Relation,
    Side,
    Sum,
    Unit,
    Value,
)

_MORE = {
    "and a half": Fraction(1, 2), "and one half": Fraction(1, 2), "and a quarter": Fraction(1, 4),
    "and a third": Fraction(1, 3), "and one third": Fraction(1, 3), "and half": Fraction(1, 2),
    "and two thirds": Fraction(2, 3), "and three quarters": Fraction(3, 4),
    "and one quarter": Fraction(1, 4), "and three fourths": Fraction(3, 4),
}  # fmt: skip


_JOINED = re.compile(r" (?:by|and)$")
EXTENTS = {
    "wide": "width", "long": "length", "tall": "height", "high": "height", "deep": "depth",
    "thick": "thickness",
}  # fmt: skip


_DIRECTIONS = {"increase", "decrease", "up", "down"}


_SCALED: dict[str, type[Degrees | Percent]] = {"degree": Degrees, "percent": Percent}


_DEGREES_OF = {(("celsius", 1), ("degree", 1)), (("degree", 1), ("fahrenheit", 1))}
"""Degrees of a temperature scale; which scale, the text says."""


def bare_word(token: Token) -> str:
    """Return the words of a token in lower case, without punctuation around them."""
    return token.text.lower().strip(" ,.")


def read_quantity(tokens: list[Token]) -> Answer:
    """Read an expression with what stands around it: a currency sign, a unit, a scale."""
    tokens = _without_remark(tokens)
    currency = next((k for k, token in enumerate(tokens[:2]) if token.text == "usd"), None)
    unit: Unit | None = None
    if currency is not None:
        tokens = tokens[:currency] + tokens[currency + 1 :]
        unit = Unit((("usd", 1),))
    elif tokens and tokens[-1].text == "usd":
        tokens, unit = tokens[:-1], Unit((("usd", 1),))
    at = next((k for k, token in enumerate(tokens) if token.kind == "words"), len(tokens))
    if at == 0:
        raise UnparsedError("no value before the words")
    if at < len(tokens) and tokens[at].text.lower() in _MORE and tokens[at - 1].kind == "number":
        more = Number(_MORE[tokens[at].text.lower()])
        whole = read_quantity(tokens[:at] + tokens[at + 1 :])
        assert isinstance(whole, Value)
        return Value(Sum((whole.expression, more)), whole.unit)
    scale = 1
    if at < len(tokens):
        end = at - 1 if tokens[at - 1].text in ("-", "/") else at
        written, scale = read_unit(tokens[end:])
        unit = _agreed(unit, written)
        tokens = tokens[:end]
    expression = parse_expression(_unbracketed(tokens))
    if scale > 1:
        expression = Product((Number(Fraction(scale)), expression))
    return with_unit(expression, unit)


def read_compound(tokens: list[Token]) -> Answer | None:
    """Read `1 hour 30 minutes` and `2 ft 3 in` as one quantity in the smallest unit."""
    pairs: list[tuple[Fraction, Unit]] = []
    rest = [t for t in tokens if t.text != "," and (t.kind, bare_word(t)) != ("words", "and")]
    if len(rest) < 4 or len(rest) % 2 or len(rest) > 8:
        return None
    for number, words in zip(rest[::2], rest[1::2], strict=True):
        if number.kind == "number" and words.kind == "letter" and words.text in "hs":
            words = words._replace(kind="words")
        if number.kind != "number" or words.kind != "words":
            return None
        unit, scale = read_unit([words._replace(text=words.text.removesuffix(" and"))])
        if unit is None or scale != 1 or len(unit.factors) != 1:
            return None
        pairs.append((Fraction(number.text), unit))
    (kind, last), *_ = (SIZES.get(pairs[-1][1].factors[0][0], ((), Fraction(0))),)
    sizes = [SIZES.get(unit.factors[0][0], ((), Fraction(0)))[1] for _, unit in pairs]
    if any(size <= smaller for size, smaller in pairwise(sizes)):
        return None  # `12 ft, 4 ft` are two lengths
    total = Fraction(0)
    for amount, unit in pairs:
        dimension, size = SIZES.get(unit.factors[0][0], ((), Fraction(0)))
        if not dimension or dimension != kind or unit.factors[0][1] != 1:
            return None
        total += amount * size / last
    return Value(Number(total), pairs[-1][1])


def read_extents(tokens: list[Token]) -> Answer | None:
    """Read `1.5 meters wide by 1.25 meters tall` as `width: 1.5 m, height: 1.25 m`."""
    rest = [token for token in tokens if token.text != ","]
    if len(rest) not in (4, 6) or [t.kind for t in rest] != ["number", "words"] * (len(rest) // 2):
        return None
    named: list[Answer] = []
    for number, words in zip(rest[::2], rest[1::2], strict=True):
        unit, _, extent = _JOINED.sub("", words.text.lower()).rpartition(" ")
        if extent not in EXTENTS or not unit:
            return None
        length = read_quantity([number, words._replace(text=unit)])
        name = EXTENTS[extent]
        named.append(Relation((Side(name, None, True), Side(name + ":", length, False)), ("=",)))
    return Collection(tuple(named))


def read_dimensions(tokens: list[Token]) -> Answer | None:
    r"""Read `10 ft x 18 ft` and `4 ft \times 12 ft` as two lengths: how the sides are long."""
    parts: list[list[Token]] = [[]]
    for token in tokens:
        crossed = token.text in ("x", "X", "times") and token.kind != "words"
        if crossed and parts[-1] and parts[-1][-1].kind == "words":
            parts.append([])
        else:
            parts[-1].append(token)
    if not 1 < len(parts) < 4:
        return None
    lengths: list[Answer] = []
    for part in parts:
        if len(part) < 2 or part[0].kind != "number" or part[-1].kind != "words":
            return None
        if any(token.kind == "words" for token in part[:-1]):
            return None
        length = read_quantity(part)
        if not isinstance(length, Value) or length.unit is None or not length.unit.factors:
            return None
        lengths.append(length)
    return Collection(tuple(lengths))


def _agreed(currency: Unit | None, written: Unit | None) -> Unit | None:
    if currency is None or written is None or not written.factors:
        return currency or written
    if currency.factors[0] in written.factors:
        return written
    if any(power > 0 and name not in _DIRECTIONS for name, power in written.factors):
        raise UnparsedError("two currencies")
    return Unit(tuple(sorted((*currency.factors, *written.factors))))


def _unbracketed(tokens: list[Token]) -> list[Token]:
    """Drop `(` ... `)` left open by a unit in brackets, as in `27 (dollars)`, or a remark."""
    if len(tokens) > 1 and tokens[-1].text == "(":
        return tokens[:-1]
    return tokens


def _without_remark(tokens: list[Token]) -> list[Token]:
    """Drop words in brackets behind a number: `13 (DS games)`."""
    at = next((k for k, token in enumerate(tokens) if token.text == "(" and token.spaced), 0)
    remark = [token for token in tokens[at + 1 : -1] if token.kind != "words"]
    if at and tokens[at - 1].kind == "number" and tokens[-1].text == ")" and tokens[at + 1 : -1]:
        lettery = all(token.kind == "letter" or token.text in "-'" for token in remark)
        if lettery and len(tokens) - at > 3:
            return tokens[:at]
    return tokens


def with_unit(expression: Expression, unit: Unit | None) -> Answer:
    """Return the value; degrees and percent are part of the number, a.m. makes it a time."""
    if unit is not None and unit.factors in _DEGREES_OF:
        return Value(Degrees(expression))
    if unit is None or len(unit.factors) != 1:
        return Value(expression, unit)
    name, power = unit.factors[0]
    if name in _SCALED and power == 1:
        return Value(_SCALED[name](expression))
    hours = isinstance(expression, Number) and expression.value in range(1, 13)
    if name in ("am", "pm") and hours:
        return ClockTime(int(expression.value), 0, 0, name)  # type: ignore[arg-type, union-attr]
    return Value(expression, unit)
