r"""Tokens become an answer: lists, sets, intervals, relations, times, ratios, units around values.

Which of these a text is follows from its outermost punctuation alone; every part is then read by
the same rules, so a set may hold tuples and an equation may state a matrix.
"""

import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Literal

from verification.parsing.cases import read_cases
from verification.parsing.congruences import read_congruence
from verification.parsing.domains import without_condition, without_index_domain
from verification.parsing.expressions import parse_expression
from verification.parsing.mixed import read_mixed
from verification.parsing.phrases import read_words
from verification.parsing.sides import read_side
from verification.parsing.tokens import Token
from verification.parsing.units import read_unit
from verification.parsing.vocabulary import JOINING_WORDS, MONTHS, SAME_WORDS, SIGNS
from verification.tree.bounds import MAX_ITEMS, UnparsedError
from verification.tree.syntax import (
    Answer,
    Based,
    ClockTime,
    Collection,
    Degrees,
    Expression,
    Number,
    Percent,
    Product,
    Ratio,
    Relation,
    Restricted,
    SetBuilder,
    SetOperation,
    Tuple,
    Unit,
    Value,
)

_OPENING = ("(", "[", "{", "\\{", "<<")
_CLOSING = (")", "]", "}", "\\}", ">>")
_SET_COMMANDS = {"cup": "union", "cap": "intersection", "setminus": "difference"}
_THOUSANDS = re.compile(r"\d{3}(\.\d+)?")
_SCALED = {"radian": None, "degree": Degrees, "percent": Percent}


def read_answer(tokens: Sequence[Token]) -> Answer:
    """Return the tree of a whole answer; raises UnparsedError outside the grammar."""
    tokens = group_thousands(strip_braces(without_index_domain(list(tokens))))
    if not tokens:
        raise UnparsedError("nothing was written")
    if len(tokens) == 1 and tokens[0].kind == "words":
        return read_words(tokens[0].text)
    stated, condition = without_condition(tokens)
    if condition:
        return Restricted(read_answer(stated), read_answer(condition))
    parts, separators = split(tokens, _separates)
    parts = [part for part in parts if part]
    if len(parts) > MAX_ITEMS:
        raise UnparsedError(f"more than {MAX_ITEMS} answers")
    if not parts:
        raise UnparsedError("nothing but separators")
    if len(parts) == 1:
        return parse_item(parts[0])
    return Collection(tuple(map(parse_item, parts)), joined_by=_joint(separators))


def _joint(separators: list[Token]) -> Literal["", "and", "or"]:
    words = {JOINING_WORDS.get(_bare(token), "") for token in separators if token.kind == "words"}
    return "or" if "or" in words else "and" if "and" in words else ""


def _bare(token: Token) -> str:
    return token.text.lower().strip(" ,.")


def _separates(token: Token) -> bool:
    if token.kind == "words":
        return _bare(token) in JOINING_WORDS
    return token.kind == "mark" and token.text in (",", ";")


def parse_item(tokens: list[Token]) -> Answer:
    """Read one answer of a list: a relation or a value."""
    tokens = strip_braces(tokens)
    if congruence := read_congruence(tokens, parse_expression):
        return congruence
    parts, signs = split(tokens, lambda token: token.text in SIGNS and token.kind != "words")
    if not signs:
        return parse_value(tokens)
    names = [SIGNS[token.text] for token in signs]
    if not parts[0] and len(parts) == 2:  # "\ge 5", "= 5", "\approx 5"
        if names[0] in ("=", "~"):
            return parse_value(parts[1])
        parts[0] = [Token("symbol", "?")]
    if any(not part for part in parts) or "=>" in names:
        raise UnparsedError("a relation with an empty side")
    sides = tuple(read_side(part, parse_value) for part in parts)
    return Relation(sides, tuple(names))  # type: ignore[arg-type]


def parse_value(tokens: list[Token]) -> Answer:
    """Read anything that is neither a list nor a relation."""
    tokens = strip_braces(tokens)
    if not tokens:
        raise UnparsedError("an empty part")
    if special := read_cases(tokens, read_answer) or read_mixed(tokens):
        return special
    for read in (_set_operation, _empty_set, _words, _bracketed, _numeral_in_base, _colons):
        answer = read(tokens)
        if answer is not None:
            return answer
    return _quantity(tokens)


def _set_operation(tokens: list[Token]) -> Answer | None:
    used = {token.text for token in tokens if token.kind == "command"}
    for command in ("setminus", "cup", "cap"):
        if command not in used:
            continue
        parts, signs = split(tokens, Token("command", command).names_same)
        if signs:
            if any(not part for part in parts) or len(parts) > MAX_ITEMS:
                raise UnparsedError("a set operation with an empty side")
            if command == "setminus" and len(parts) != 2:
                raise UnparsedError("several set differences")
            kind = _SET_COMMANDS[command]
            return SetOperation(kind, tuple(map(parse_value, parts)))  # type: ignore[arg-type]
    return None


def _empty_set(tokens: list[Token]) -> Answer | None:
    is_empty = tokens[0].kind == "command" and tokens[0].text == "emptyset"
    return Collection((), braces=True) if is_empty and len(tokens) == 1 else None


def _words(tokens: list[Token]) -> Answer | None:
    if tokens[0].kind != "words":
        is_date = len(tokens) == 2 and tokens[1].kind == "words" and tokens[0].kind == "number"
        if is_date and _month(tokens[1].text) in MONTHS:
            return read_words(f"{tokens[0].text} {tokens[1].text}")
        return None
    if len(tokens) == 1:
        return read_words(tokens[0].text)
    if all(token.kind == "words" or token.text in ("-", ".", "'", "/", ",") for token in tokens):
        return read_words(" ".join(token.text for token in tokens))
    first = tokens[0].text.lower()
    if first in ("about", "approximately", "approx", "exactly"):
        return parse_value(tokens[1:])
    if first in ("usd", "eur", "gbp", "cny", "inr"):
        return parse_value([*tokens[1:], tokens[0]])
    last = tokens[-1]
    date = [t.text for t in tokens if t.kind in ("words", "number")]
    if len(date) == len(tokens) <= 4 and (last.kind == "number" or len(tokens) > 2):
        return read_words(" ".join(date))
    if not any(token.spaced for token in tokens[1:]) and all(t.text.isalnum() for t in tokens):
        return read_words("".join(token.text for token in tokens))
    raise UnparsedError("words before a value")


def _month(word: str) -> str:
    return SAME_WORDS.get(word.lower(), word.lower())


def _bracketed(tokens: list[Token]) -> Answer | None:
    opening = tokens[0]
    if opening.kind != "mark" or opening.text not in _OPENING or closing(tokens) != len(tokens) - 1:
        return None
    inner = tokens[1:-1]
    if opening.text == "\\{":
        return _set(inner)
    items, commas = split(inner, lambda t: t.kind == "mark" and t.text in (",", ";"))
    if not commas:
        return None
    if any(not item for item in items) or len(items) > MAX_ITEMS:
        raise UnparsedError("a tuple with an empty place")
    pair = (opening.text, tokens[-1].text)
    start, end = ("<" if p == "<<" else ">" if p == ">>" else p for p in pair)
    return Tuple(start, tuple(map(parse_item, items)), end)  # type: ignore[arg-type]


def _set(inner: list[Token]) -> Answer:
    if not inner:
        return Collection((), braces=True)
    parts, bars = split(inner, lambda t: t.kind == "mark" and t.text in ("|", ":"))
    if bars and len(parts) == 2 and parts[0] and parts[1]:
        return _set_builder(parts[0], parts[1])
    items, _ = split(inner, _separates)
    items = [item for item in items if item]
    if len(items) > MAX_ITEMS:
        raise UnparsedError(f"more than {MAX_ITEMS} items")
    return Collection(tuple(map(parse_item, items)), braces=True)


def _set_builder(head: list[Token], condition: list[Token]) -> Answer:
    domain: Answer | None = None
    if len(head) > 2 and head[1].text == "in":
        domain = parse_item(head)
        head = head[:1]
    if head[0].kind not in ("letter", "command", "mark"):
        raise UnparsedError("a set builder without a variable")
    holds = read_answer(condition)
    if domain is not None and getattr(domain.sides[1], "text", "") not in ("R", "mathbbR"):  # type: ignore[union-attr]
        parts = holds.items if isinstance(holds, Collection) else (holds,)
        holds = Collection((domain, *parts), joined_by="and")
    return SetBuilder("".join(token.text for token in head), holds)


def _numeral_in_base(tokens: list[Token]) -> Answer | None:
    negative = tokens[0].text == "-"
    rest = tokens[negative:]
    at = next((k for k, token in enumerate(rest) if token.text == "_"), 0)
    if not at or len(rest[at + 1 :]) > 5 or all(t.kind != "number" for t in rest[:at]):
        return None
    digits = [token for token in rest[:at] if token.text not in ("{", "}", "(", ")")]
    base = strip_braces(strip_braces(rest[at + 1 :]))
    if base and base[0].kind == "words":  # 1101_{two}
        answer = read_words(base[0].text)
    elif len(base) == 1 and base[0].text.isdigit():
        answer = Value(Number(Fraction(base[0].text)))
    else:
        return None
    numeral = "".join(token.text for token in digits)
    if not re.fullmatch(r"[0-9A-Z]+(\.[0-9A-Z]+)?", numeral) or not isinstance(answer, Value):
        return None
    number = answer.expression
    if not isinstance(number, Number) or not 2 <= number.value <= 100:
        raise UnparsedError("a base outside 2..100")
    numeral = re.sub(r"^0+(?=[0-9A-Z])", "", numeral.upper())
    return Based("-" * negative + numeral, int(number.value))


def _colons(tokens: list[Token]) -> Answer | None:
    parts, colons = split(tokens, lambda t: t.kind == "mark" and t.text == ":")
    if not colons:
        return None
    if any(not part for part in parts) or len(parts) > MAX_ITEMS:
        raise UnparsedError("a ratio with an empty place")
    return _clock_time(parts) or Ratio(tuple(map(parse_expression, parts)))


def _clock_time(parts: list[list[Token]]) -> Answer | None:
    """Read `4:30`, `16:05:09`, `4:30 p.m.`; digits alone decide, so `4:30` may yet be a ratio."""
    last = [token for token in parts[-1] if token.kind == "number"]
    suffix = "".join(t.text.lower() for t in parts[-1] if t.kind in ("words", "letter"))
    half = "".join(char for char in suffix if char not in " .,")
    fields = [part[0].text for part in (*parts[:-1], last) if len(part) == 1]
    if len(fields) != len(parts) or len(fields) > 3 or half not in ("", "am", "pm"):
        return None
    if not all(field.isdigit() and len(field) <= 2 for field in fields):
        return None
    hour, minute, second = (*map(int, fields), 0)[:3]
    if (
        (any(len(field) != 2 for field in fields[1:]) and not half)
        or hour > 24
        or (not half and max(minute, second) > 59)
    ):
        return None
    return ClockTime(hour, minute, second, half)  # type: ignore[arg-type]


def _quantity(tokens: list[Token]) -> Answer:
    """Read an expression with what stands around it: a currency sign, a unit, a scale."""
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
    scale = 1
    if at < len(tokens):
        end = at - 1 if tokens[at - 1].text == "-" else at
        written, scale = read_unit(tokens[at:])
        unit = _agreed(unit, written)
        tokens = tokens[:end]
    expression = parse_expression(_unbracketed(tokens))
    if scale > 1:
        expression = Product((Number(Fraction(scale)), expression))
    return with_unit(expression, unit)


def _agreed(currency: Unit | None, written: Unit | None) -> Unit | None:
    if currency is None or written is None or not written.factors:
        return currency or written
    if currency != written:
        raise UnparsedError("two currencies")
    return written


def _unbracketed(tokens: list[Token]) -> list[Token]:
    """Drop `(` ... `)` left open by a unit in brackets, as in `27 (dollars)`."""
    if len(tokens) > 1 and tokens[-1].text == "(":
        return tokens[:-1]
    return tokens


def with_unit(expression: Expression, unit: Unit | None) -> Answer:
    """Return the value; degrees and percent are part of the number, a.m. makes it a time."""
    if unit is None or len(unit.factors) != 1:
        return Value(expression, unit)
    name, power = unit.factors[0]
    if name in _SCALED and power == 1:
        wrap = _SCALED[name]
        return Value(wrap(expression) if wrap else expression)
    hours = isinstance(expression, Number) and expression.value in range(1, 13)
    if name in ("am", "pm") and hours:
        return ClockTime(int(expression.value), 0, 0, name)  # type: ignore[arg-type, union-attr]
    return Value(expression, unit)


# Tokens


def strip_braces(tokens: list[Token]) -> list[Token]:
    """Drop LaTeX braces around all tokens."""
    while len(tokens) >= 2 and tokens[0].text == "{" and closing(tokens) == len(tokens) - 1:
        tokens = tokens[1:-1]
    return tokens


def closing(tokens: Sequence[Token]) -> int:
    """Return the index that closes the bracket at 0; `(` may end in `]`. -1 if none does."""
    depth = 0
    for at, token in enumerate(tokens):
        depth += _step(token)
        if depth == 0:
            return at
    return -1


def _step(token: Token) -> int:
    if token.kind == "mark":
        return (token.text in _OPENING) - (token.text in _CLOSING)
    return (token.kind == "begin") - (token.kind == "end")


def split(
    tokens: Sequence[Token], separates: Callable[[Token], bool]
) -> tuple[list[list[Token]], list[Token]]:
    """Cut tokens at the separators outside all brackets; return the parts and the separators."""
    parts: list[list[Token]] = [[]]
    separators: list[Token] = []
    depth = 0
    for token in tokens:
        depth = max(0, depth + _step(token))
        if depth == 0 and separates(token):
            parts.append([])
            separators.append(token)
        else:
            parts[-1].append(token)
    return parts, separators


def group_thousands(tokens: list[Token]) -> list[Token]:
    """Join `1,234` outside brackets; where other commas are followed by space, these are not."""
    commas = [k for k, token in enumerate(tokens[:-1]) if token.text == ","]
    if not commas:
        return tokens
    spaced = any(tokens[k + 1].spaced for k in commas)
    grouped: list[Token] = []
    at = depth = 0
    while at < len(tokens):
        depth += _step(tokens[at])
        end = _group_end(tokens, at) if depth == 0 else at
        lone = not (grouped and grouped[-1].text == ",") and not _comma_at(tokens, end + 1)
        if end > at and (spaced or lone):
            number = "".join(token.text for token in tokens[at : end + 1] if token.text != ",")
            grouped.append(Token("number", number, tokens[at].spaced))
            at = end + 1
        else:
            grouped.append(tokens[at])
            at += 1
    return grouped


def _comma_at(tokens: list[Token], at: int) -> bool:
    return at < len(tokens) and tokens[at].text == ","


def _group_end(tokens: list[Token], at: int) -> int:
    """Return the index of the last group of the grouped integer that starts at `at`."""
    first = tokens[at]
    if not (first.kind == "number" and first.text.isdigit() and len(first.text) <= 3):
        return at
    if first.text.startswith("0"):
        return at
    while at + 2 < len(tokens):
        comma, group = tokens[at + 1], tokens[at + 2]
        fits = _THOUSANDS.fullmatch(group.text) and group.kind == "number"
        if comma.text != "," or comma.spaced or group.spaced or not fits:
            break
        at += 2
    return at
