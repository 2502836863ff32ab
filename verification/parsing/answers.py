r"""Tokens become an answer: lists, sets, intervals, relations, times, ratios, units around values.

Which of these a text is follows from its outermost punctuation alone; every part is then read by
the same rules, so a set may hold tuples and an equation may state a matrix.
"""

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Literal

from verification.parsing.brackets import OPENING, closing, group_thousands, split, strip_braces
from verification.parsing.cases import read_cases
from verification.parsing.clauses import without_clauses
from verification.parsing.colons import read_colons, read_priced
from verification.parsing.congruences import read_congruence, with_shared_modulus
from verification.parsing.domains import without_condition, without_index_domain
from verification.parsing.expressions import parse_expression
from verification.parsing.labels import labelled, names_points
from verification.parsing.phrases import read_words
from verification.parsing.quantities import (
    bare_word,
    read_compound,
    read_dimensions,
    read_extents,
    read_quantity,
)
from verification.parsing.sides import each_value, names_something, read_side, with_index_i
from verification.parsing.token import Token
from verification.parsing.vocabulary import JOINING_WORDS, MONTHS, SAME_WORDS, SIGNS
from verification.tree.bounds import MAX_ITEMS, UnparsedError
from verification.tree.renaming import PARAMETER, renamed
from verification.tree.syntax import (
    Answer,
    Based,
    Collection,
    Number,
    Relation,
    Restricted,
    SetBuilder,
    SetOperation,
    SetOperationName,
    Side,
    Symbol,
    Tuple,
    Value,
)

_OVER_INTEGERS = (
    ("_", "{", "k", "=", "-", "infty", "}", "^", "{", "infty", "}"),
    ("_", "{", "k", "=", "-", "infty", "}", "^", "infty"),
    ("_", "{", "k", "in", "Z", "}"),
    ("_", "{", "k", "in", "{", "Z", "}", "}"),
)
_SAID = re.compile(r"(?:is|has|does|can|cannot) ")
_SET_COMMANDS: Mapping[str, SetOperationName] = {
    "cup": "union",
    "cap": "intersection",
    "setminus": "difference",
}


def read_answer(tokens: Sequence[Token]) -> Answer:
    """Return the tree of a whole answer; raises UnparsedError outside the grammar."""
    tokens = group_thousands(strip_braces(without_index_domain(with_index_i(list(tokens)))))
    if not tokens:
        raise UnparsedError("nothing was written")
    if len(tokens) == 1 and tokens[0].kind == "words":
        return read_words(tokens[0].text)
    compound = read_compound(tokens) or read_extents(tokens) or read_dimensions(tokens)
    if compound is not None:
        return compound
    stated, condition = without_condition(tokens)
    if condition:
        return Restricted(read_answer(stated), read_answer(condition))
    tokens = _split_words(tokens)
    parts, separators = split(tokens, _separates)
    parts = [part for part in parts if part]
    if len(parts) > MAX_ITEMS:
        raise UnparsedError(f"more than {MAX_ITEMS} answers")
    if not parts:
        raise UnparsedError("nothing but separators")
    parts, running = without_clauses(with_shared_modulus(parts), closing)
    named = labelled(parts)
    answer: Answer
    if named:
        answer = _with_labels(named, _joint(separators))
    elif len(parts) == 1:
        answer = parse_item(parts[0])
    else:
        items = [item for part in parts for item in each_value(parse_item(part))]
        answer = Collection(tuple(items), joined_by=_joint(separators))
    return renamed(answer, {name: Symbol(PARAMETER + name) for name in running})


def _with_labels(
    named: list[tuple[str, list[list[Token]]]], joint: Literal["", "and", "or"]
) -> Answer:
    """Read labels as names of the values behind them."""
    relations: list[Answer] = []
    for name, parts in named:
        items = tuple(map(parse_item, parts))
        value = items[0] if len(items) == 1 else _under_one_label(name, items, joint)
        sides = Side(name, None, True), Side(name + ":", value, False)
        relations.append(Relation(sides, ("=",)))
    return relations[0] if len(relations) == 1 else Collection(tuple(relations))


def _under_one_label(
    name: str, items: tuple[Answer, ...], joint: Literal["", "and", "or"]
) -> Answer:
    """Read several intervals under a label as their union, anything else as a list."""
    if not names_points(name) and all(isinstance(i, Tuple) and len(i.items) == 2 for i in items):
        return SetOperation("union", items)
    compared = all(isinstance(item, Relation) and "=" not in item.signs for item in items)
    return Collection(items, joined_by="or" if compared and joint != "and" else "")


def _split_words(tokens: list[Token]) -> list[Token]:
    """Cut the `and` off `7 goats and 4 hens`, the comma off `4, minimum: 1`."""
    found: list[Token] = []
    for token in tokens:
        before, joint, _ = token.text.rpartition(" ") if token.kind == "words" else ("", "", "")
        if joint and token.text.lower().endswith((" and", " or")):
            found += [
                Token("words", before, token.spaced),
                Token("words", token.text[len(before) :]),
            ]
        elif token.kind == "words" and token.text[:1] == "," and len(token.text) > 1:
            found += [Token("mark", ","), Token("words", token.text[1:].strip(), True)]
        else:
            found.append(token)
    return found


def _joint(separators: list[Token]) -> Literal["", "and", "or"]:
    words = {
        JOINING_WORDS.get(bare_word(token), "") for token in separators if token.kind == "words"
    }
    return "or" if "or" in words else "and" if "and" in words else ""


def _separates(token: Token) -> bool:
    if token.kind == "words":
        return bare_word(token) in JOINING_WORDS
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
    if special := read_cases(tokens, read_answer):
        return special
    for read in (
        _running_union,
        _set_operation,
        _empty_set,
        _words,
        _labelled,
        _bracketed,
        _numeral_in_base,
        read_colons,
        lambda part: read_priced(part, parse_value),
    ):
        answer = read(tokens)
        if answer is not None:
            return answer
    return read_quantity(tokens)


def _set_operation(tokens: list[Token]) -> Answer | None:
    tokens = [
        Token("command", "setminus") if t.text == "-" and _stands_between_sets(tokens, k) else t
        for k, t in enumerate(tokens)
    ]
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
            return SetOperation(kind, tuple(map(parse_value, parts)))
    return None


def _running_union(tokens: list[Token]) -> Answer | None:
    r"""Read `\bigcup_{k=-\infty}^{\infty} (k, k+1)` as the interval that runs with an integer."""
    if tokens[0].text != "bigcup" or tokens[0].kind != "command":
        return None
    text = [token.text for token in tokens]
    over = next((k for ends in _OVER_INTEGERS if text[1 : len(ends) + 1] == _with(ends, text)
                 for k in (len(ends) + 1,)), 0)  # fmt: skip
    if not over or over >= len(tokens):
        return None
    rest = tokens[over:]
    if rest[0].text == "\\{" and closing(rest) == len(rest) - 1:
        rest = rest[1:-1]
    interval = parse_value(rest)
    if not isinstance(interval, Tuple | SetOperation):
        return None
    return renamed(interval, {text[3]: Symbol(PARAMETER + text[3])})


def _with(ends: tuple[str, ...], text: list[str]) -> list[str]:
    """Return the bounds with the name that runs in the text."""
    return [text[3] if end == "k" and len(text) > 3 else end for end in ends]


def _stands_between_sets(tokens: list[Token], at: int) -> bool:
    r"""`\\{1,2\\} - \\{1\\}`, and a minus between sets is nothing else."""
    return (
        0 < at < len(tokens) - 1 and tokens[at - 1].text == "\\}" and tokens[at + 1].text == "\\{"
    )


def _empty_set(tokens: list[Token]) -> Answer | None:
    is_empty = tokens[0].kind == "command" and tokens[0].text == "emptyset"
    return Collection((), braces=True) if is_empty and len(tokens) == 1 else None


def _words(tokens: list[Token]) -> Answer | None:  # noqa: C901  one table
    if tokens[0].kind != "words":
        is_date = len(tokens) == 2 and tokens[1].kind == "words" and tokens[0].kind == "number"
        if is_date and _month(tokens[1].text) in MONTHS:
            return read_words(f"{tokens[0].text} {tokens[1].text}")
        if [token.kind for token in tokens] == ["letter", "words"] and _SAID.match(tokens[1].text):
            return read_words(f"{tokens[0].text} {tokens[1].text}")  # `C is not invertible`
        return None
    if len(tokens) == 1:
        return read_words(tokens[0].text)
    if all(token.kind == "words" or token.text in ("-", ".", "'", "/", ",") for token in tokens):
        return read_words(" ".join(token.text for token in tokens))
    first = tokens[0].text.lower()
    if first.endswith(":") and len(tokens) > 1:  # `Area: 12`
        return parse_value(tokens[1:])
    if len(tokens) > 2 and tokens[1].text == ":" and tokens[1].kind == "mark":
        return parse_value(tokens[2:])
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


def _labelled(tokens: list[Token]) -> Answer | None:
    """Read the point `A(1,2)` as `A = (1,2)`."""
    label, rest = tokens[:1], tokens[1:]
    if label[0].kind != "letter" or not label[0].text.isupper() or label[0].text == "C":
        return None
    point = _bracketed(rest) if rest and rest[0].text == "(" else None
    if point is None:
        return None
    sides = Side(label[0].text, Value(Symbol(label[0].text)), True), Side("", point, False)
    return Relation(sides, ("=",))


def _bracketed(tokens: list[Token]) -> Answer | None:
    opening = tokens[0]
    if opening.kind != "mark" or opening.text not in OPENING or closing(tokens) != len(tokens) - 1:
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
    family = _family(head, condition)
    if family is not None:
        return family
    domain: Answer | None = None
    if len(head) > 2 and head[1].text == "in":
        domain = parse_item(head)
        head = head[:1]
    shape = None if names_something(head) else parse_item(head)
    holds = read_answer(condition)
    if domain is not None and getattr(domain.sides[1], "text", "") not in ("R", "mathbbR"):  # type: ignore[union-attr]
        parts = holds.items if isinstance(holds, Collection) else (holds,)
        holds = Collection((domain, *parts), joined_by="and")
    return SetBuilder("".join(token.text for token in head), holds, shape)


def _family(head: list[Token], condition: list[Token]) -> Answer | None:
    r"""Read `\{2k\pi : k \in \mathbb{Z}\}` and `\{x : x = 2k\pi, k \in \mathbb{Z}\}` alike."""
    parts, running = without_clauses([head, *split(condition, _separates)[0]], closing)
    if not running:
        return None
    if len(parts) == 2 and parts[1][: len(head) + 1] == [*head, Token("mark", "=")]:
        parts = parts[1:]
    if len(parts) != 1:
        return None
    item = parse_item(parts[0])
    if isinstance(item, Relation) and item.signs == ("=",) and item.sides[1].answer:
        item = item.sides[1].answer
    family = Collection((item,), braces=True)
    return renamed(family, {name: Symbol(PARAMETER + name) for name in running})


def _numeral_in_base(tokens: list[Token]) -> Answer | None:
    negative = tokens[0].text == "-"
    rest = tokens[negative:]
    at = next((k for k, token in enumerate(rest) if token.text == "_"), 0)
    if not at or len(rest[at + 1 :]) > 5 or all(t.kind != "number" for t in rest[:at]):
        return None
    digits = [token for token in rest[:at] if token.text not in ("{", "}", "(", ")")]
    base = strip_braces(strip_braces(rest[at + 1 :]))
    if base and base[0].kind in ("words", "symbol"):  # 1101_{two}
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
