r"""Equalities that a step displays, as chains of sides: in prose, in LaTeX, in calculator marks.

`<<48/2=24>>`, `3 boxes * 12 = 36 apples`, `\( \frac{12}{3} = 4 \)`. Reading is by one pass over
tokens and never guesses: a side that a word, an operator or a bracket continues in a way that is
not understood is left out, since half of a term says something else than the whole.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from verification.values import MATHS

MAX_STEP = 6_000
"""Characters of a step that are read."""


@dataclass(frozen=True, slots=True)
class Side:
    """One side of an equality."""

    text: str
    """The expression, without units and words."""
    units: frozenset[str]
    """Words and currency signs that stood beside its numbers."""


@dataclass(frozen=True, slots=True)
class Equation:
    """Neighbouring sides of a chain `a = b = c`, joined by a plain equals sign."""

    text: str
    left: Side
    right: Side
    before: str
    """Up to 60 characters that precede it, in lower case."""
    after: str
    """Up to 60 characters that follow it, in lower case."""


_MARK = re.compile(r"<<([^<>\n]{1,200})>>")
_TOKEN = re.compile(
    r"(?P<number>\d[\d,]*(?:\.\d+)?|\.\d+)|(?P<word>[A-Za-z]+(?:['’-][A-Za-z]+)*)"
    r"|(?P<op>\*\*|[-+*/×÷·−–^])|(?P<eq>=)|(?P<open>\()|(?P<close>\))"
    r"|(?P<money>\\?\$|[€£])|(?P<percent>\\?%)|(?P<break>\n)|(?P<other>[^\s])"
)
_SIGNS = {"×": "*", "÷": "/", "·": "*", "−": "-", "–": "-", "**": "^"}
_BINDERS = frozenset({
    "of", "times", "minus", "plus", "by", "per", "divided", "multiplied", "less", "more", "half",
    "twice", "double", "triple", "than", "from", "to", "over", "sum", "product", "difference",
    "quotient", "squared", "cubed", "root", "point", "mod", "modulo", "base",
})  # fmt: skip
_ENDS = frozenset({
    "and", "or", "so", "is", "are", "was", "which", "that", "then", "thus", "hence", "therefore",
    "because", "since", "if", "for", "in", "on", "the", "a", "an", "at", "as", "with", "when",
    "where", "we", "he", "she", "they", "it", "i", "but", "per", "to", "from", "of", "by",
    "each",
})  # fmt: skip
_SCALES = frozenset({
    "hundred", "thousand", "million", "billion", "trillion", "dozen", "k", "m", "b", "r",
    "remainder",
})  # fmt: skip


def equations(step: str) -> tuple[Equation, ...]:
    """Return the equalities that a step displays, in no order that matters."""
    step = step[:MAX_STEP]
    found = [*_marked(step), *_displayed(step)]
    plain = MATHS.sub(_blank, _MARK.sub("", step))
    return (*found, *_in_prose(plain))


def _blank(region: re.Match[str]) -> str:
    """Put a sign that ends every expression where mathematics stood; prices stay."""
    text = region[0]
    money = text.startswith("$") and not text.startswith("$$") and not re.search(r"[\\=^_{]", text)
    return text if money else " ; "


def _marked(step: str) -> Iterator[Equation]:
    for mark in _MARK.finditer(step):
        sides = [Side(side.strip(), frozenset()) for side in mark[1].split("=")]
        yield from _chain(sides, mark[0], "", "")


def _chain(sides: Sequence[Side | None], text: str, before: str, after: str) -> Iterator[Equation]:
    for left, right in pairwise(sides):
        if left and right and left.text and right.text:
            yield Equation(text[:200], left, right, before[-60:].lower(), after[:60].lower())


# LaTeX

_BREAKS = re.compile(
    r"\\\\|\\(?:implies|Rightarrow|Longrightarrow|iff|Leftrightarrow|to|rightarrow|quad|qquad|text)"
    r"\s*\{\s*(?:and|or|so|then)\s*\}|\\(?:implies|Rightarrow|Longrightarrow|iff|Leftrightarrow"
    r"|rightarrow|quad|qquad)(?![a-zA-Z])|;|\n\s*\n|\\begin\{[a-z]+\*?\}|\\end\{[a-z]+\*?\}"
)
_WORDED = re.compile(
    r"\\(?:text|textbf|textit|mathrm|mbox|operatorname)\s*\{([^{}]*)\}(?:\s*\^\s*(?:\d|\{\s*\d\s*\}))?"
)
_BEHIND_OPERAND = re.compile(r"[\d})\]%]\s*$")
_SPACING = re.compile(r"\\[,;:! ]|&|~|\\(?:left|right|displaystyle|big|Big)(?![a-zA-Z])")
_OTHER_RELATION = re.compile(
    r"[<>≈≠≡→∈~]|\\(?:approx|sim|equiv|neq?|leq?|geq?|lt|gt|cong|simeq|in|mid|to|pm|mp|ldots|dots"
    r"|cdots|pmod|bmod|mod|propto|doteq|overline|angle|triangle|infty)(?![a-zA-Z])|\.\.\."
)
_EQUALS = re.compile(r"(?<![<>!:\\])=(?!=)")


def _displayed(step: str) -> Iterator[Equation]:
    for region in MATHS.finditer(step):
        content = next(group for group in region.groups() if group is not None)
        if "=" not in content or (region["b"] and _WORDS_OF_PROSE.search(content)):
            continue
        before = step[max(0, region.start() - 60) : region.start()]
        after = step[region.end() : region.end() + 60]
        for statement in _statements(content):
            sides = [_latex_side(side) for side in _EQUALS.split(statement)]
            yield from _chain(sides, statement.strip(), before, after)


_WORDS_OF_PROSE = re.compile(r"(?<![\\a-zA-Z{])[a-z]{3,} [a-z]{2,}")


def _statements(content: str) -> Iterator[str]:
    for statement in _BREAKS.split(content):
        if statement and "=" in statement:
            yield from re.split(r",\s+(?![^{}]*\})", statement)


def _latex_side(side: str) -> Side | None:
    if _OTHER_RELATION.search(side):
        return None
    if any(not _BEHIND_OPERAND.search(side[: word.start()]) for word in _WORDED.finditer(side)):
        return None  # a word that stands for a number
    units: set[str] = set()

    def worded(match: re.Match[str]) -> str:
        units.update(re.findall(r"[a-z]+", match[1].lower()))
        return " "

    text = _WORDED.sub(worded, side)
    if "\\$" in text:
        units.add("$")
    text = _SPACING.sub(" ", text.replace("\\$", " ").replace("\\%", "%")).strip().rstrip(".,:")
    return Side(text, frozenset(units))


# Prose


def _in_prose(text: str) -> Iterator[Equation]:
    tokens = list(_TOKEN.finditer(text))
    place = 0
    while place < len(tokens):
        if not _may_begin(tokens, place):
            place += 1
            continue
        sides, end = _sides(tokens, place)
        end = min(end, len(tokens))
        if len(sides) > 1:
            span = text[tokens[place].start() : tokens[end - 1].end()]
            before, after = text[: tokens[place].start()], text[tokens[end - 1].end() :]
            yield from _chain(sides, span, before, after)
        place = max(end, place + 1)


def _may_begin(tokens: Sequence[re.Match[str]], place: int) -> bool:
    """Say whether an expression may begin here with nothing before it that belongs to it."""
    if tokens[place].lastgroup not in ("number", "open", "money"):
        return False
    if place == 0:
        return True
    before = tokens[place - 1]
    if before.lastgroup == "word":
        adjacent = before.end() == tokens[place].start()
        return not adjacent and before[0].lower() not in _BINDERS
    return before.lastgroup in ("eq", "break", "other") and before[0] not in "}_^\\)]!.'<>≈√"


def _sides(tokens: Sequence[re.Match[str]], place: int) -> tuple[list[Side | None], int]:
    sides: list[Side | None] = []
    while True:
        side, place = _expression(tokens, place)
        sides.append(side)
        if side is None or place >= len(tokens) or tokens[place].lastgroup != "eq":
            return sides, place
        place += 1


class _Reading:
    """An expression as far as it is read: operands and operators in turn."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.units: set[str] = set()
        self.depth = 0
        self.operand = False
        """Whether an operand has just ended."""

    def begin(self, kind: str | None, text: str) -> bool:
        """Take a token where an operand must come; False if none can begin with it."""
        if kind == "money":
            self.units.add("$")
        elif kind == "number":
            self.parts.append(text)
            self.operand = True
        elif kind == "open":
            self.parts.append("(")
            self.depth += 1
        elif kind == "op" and text in "-−–+" and (not self.parts or self.parts[-1] == "("):
            self.parts.append(_SIGNS.get(text, text))
        else:
            return False
        return True

    def go_on(self, kind: str | None, text: str) -> bool:
        """Take a token behind an operand; False if the expression has ended before it."""
        if kind == "op":
            self.parts.append(_SIGNS.get(text, text))
            self.operand = False
        elif kind == "percent":
            self.parts.append("%")
        elif kind == "close" and self.depth:
            self.parts.append(")")
            self.depth -= 1
        elif kind == "word" and text.lower() not in _ENDS | _BINDERS and len(self.units) < 6:
            self.units.add(text.lower())
        else:
            return False
        return True


def _expression(tokens: Sequence[re.Match[str]], place: int) -> tuple[Side | None, int]:
    """Return the expression that begins here; None where it goes on in a way not understood."""
    reading = _Reading()
    while place < len(tokens):
        kind, text = tokens[place].lastgroup, tokens[place][0]
        if not reading.operand:
            if not reading.begin(kind, text):
                return None, place + 1
        elif _is_times(tokens, place):
            reading.go_on("op", "*")
        elif _is_name(tokens, place):
            return None, place + 1
        elif kind == "open" and _comment_end(tokens, place):
            place = _comment_end(tokens, place) - 1
        elif not reading.go_on(kind, text):
            break
        place += 1
    if reading.depth or not reading.operand or _is_continued(tokens, place):
        return None, place + 1
    return Side(" ".join(reading.parts).replace(" %", "%"), frozenset(reading.units)), place


def _is_continued(tokens: Sequence[re.Match[str]], place: int) -> bool:
    """Say whether what follows an expression belongs to it without being understood."""
    if place >= len(tokens):
        return False
    follows = tokens[place]
    signs = _BINDERS | {"!", "_", "{", "\\", ":"}
    return follows.lastgroup in ("number", "open", "money") or follows[0].lower() in signs


def _is_name(tokens: Sequence[re.Match[str]], place: int) -> bool:
    """Say whether a word scales or varies the number before it: `3 million`, `2y`, `5 x`."""
    token = tokens[place]
    if token.lastgroup != "word":
        return False
    return len(token[0]) == 1 or token[0].lower() in _SCALES


def _is_times(tokens: Sequence[re.Match[str]], place: int) -> bool:
    """Say whether the letter x stands between two numbers."""
    if tokens[place][0] not in ("x", "X") or place + 1 == len(tokens):
        return False
    return tokens[place + 1].lastgroup in ("number", "open", "money")


def _comment_end(tokens: Sequence[re.Match[str]], place: int) -> int:
    """Return the place behind a bracket of words, `(total cookies)`; 0 if it is none."""
    for end in range(place + 1, min(place + 9, len(tokens))):
        kind = tokens[end].lastgroup
        if kind == "close":
            return end + 1 if end > place + 1 else 0
        if kind != "word":
            return 0
    return 0
