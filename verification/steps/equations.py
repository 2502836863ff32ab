r"""Equalities that a step displays, as chains of sides: in prose, in LaTeX, in calculator marks.

`<<48/2=24>>`, `3 boxes * 12 = 36 apples`, `\( \frac{12}{3} = 4 \)`, `$3^4$ is $81$`. Reading is by
one pass over tokens and never guesses: a side that a word, an operator or a bracket continues in a
way that is not understood is left out, since half of a term says something else than the whole.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from verification.finding.worded import MATHS
from verification.steps.written import Equation, Sign, Span, WrittenSide

MAX_STEP = 6_000
"""Characters of a step that are read."""


_MARK = re.compile(r"<<([^<>\n]{1,200})>>")
_TOKEN = re.compile(
    r"(?P<number>\d[\d,]*(?:\.\d+)?|\.\d+)|(?P<word>[A-Za-z]+(?:['’-][A-Za-z]+)*)"
    r"|(?P<op>\*\*|[-+*/×÷·−–^]|(?<=[\d)])!(?=\s*[-+*/×÷·^=)]))|(?P<eq>[<>]=?|[=≈≤≥])|(?P<open>\()|(?P<close>\))"
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
    plain = MATHS.sub(_blank, _MARK.sub("", step))
    return (*_marked(step), *_displayed(step), *_said(step), *_in_prose(plain))


def _blank(region: re.Match[str]) -> str:
    """Put a sign that ends every expression where mathematics stood; prices stay."""
    text = region[0]
    money = text.startswith("$") and not text.startswith("$$") and not re.search(r"[\\=^_{]", text)
    return text if money else " ; "


def _marked(step: str) -> Iterator[Equation]:
    for mark in _MARK.finditer(step):
        sides = [WrittenSide(side.strip(), frozenset()) for side in mark[1].split("=")]
        yield from _chain(sides, ["="] * (len(sides) - 1), Span(mark[0]))


def _chain(
    sides: Sequence[WrittenSide | None], signs: Sequence[Sign], span: Span
) -> Iterator[Equation]:
    rough = False  # what follows `≈` in a chain approximates too
    for place, (left, right) in enumerate(pairwise(sides)):
        rough |= signs[place] == "≈"
        if left and right and left.text and right.text:
            yield Equation(span, left, right, "≈" if rough else signs[place], place > 0)


def _span(text: str, start: int, end: int, *, modulus: str = "") -> Span:
    before, after = text[max(0, start - 60) : start], text[end : end + 60]
    inside = text[start:end].strip()[:200]
    return Span(inside, before.lower(), after.lower(), start, end, modulus)


# LaTeX

_BREAK = re.compile(
    r"\\\\|\\text\s*\{\s*(?:and|or|so|then)\s*\}|\\(?:implies|Rightarrow|Longrightarrow|iff"
    r"|Leftrightarrow|rightarrow|quad|qquad)(?![a-zA-Z])|;|\n\s*\n|\\(?:begin|end)\{[a-z]+\*?\}"
    r"|,(?=\s)|[{}()\[\]]"
)
_WORDED = re.compile(
    r"\\(?:text|textbf|textit|mathrm|mbox|operatorname)\s*\{([^{}]*)\}(?:\s*\^\s*(?:\d|\{\s*\d\s*\}))?"
)
_BEHIND_OPERAND = re.compile(r"(?:[\d})\]%]|[\d})\]%]\s*\()\s*$")
_SPACING = re.compile(r"\\[,;:! ]|&|~|\\(?:left|right|displaystyle|big|Big)(?![a-zA-Z])|\(\s*\)")
_OTHER_RELATION = re.compile(
    r"[<>≈≠≡→∈~]|\\(?:approx|sim|equiv|neq?|leq?|geq?|lt|gt|cong|simeq|in|mid|to|pm|mp|ldots|dots"
    r"|cdots|pmod|bmod|mod|propto|doteq|overline|angle|triangle|infty)(?![a-zA-Z])|\.\.\."
)
_SIGN = re.compile(
    r"(?P<equal>(?<![<>!:\\])=(?![=>]))|(?P<near>\\approx(?![a-zA-Z])|≈)"
    r"|(?P<same>\\equiv(?![a-zA-Z])|≡)|(?P<less>\\(?:le|leq|leqslant|lt)(?![a-zA-Z])|≤|<=?)"
    r"|(?P<more>\\(?:ge|geq|geqslant|gt)(?![a-zA-Z])|≥|(?<![-=])>=?)"
)
_SIGNS_OF: dict[str, Sign] = {"equal": "=", "near": "≈", "same": "≡", "less": "<", "more": ">"}
_SIGNS_OF |= {"=": "=", "≈": "≈", "<": "<", "≤": "<", ">": ">", "≥": ">"}
_MODULUS = re.compile(
    r"\(?\s*\\(?:pmod|bmod|mod)\s*(?:\{\s*(\d{1,9})\s*\}|(\d{1,9}))\s*\)?[\s.,]*$"
)
_OPERATION_BEFORE = re.compile(
    r"(?:\b(?:times|minus|plus|(?:more|less|fewer) than|divided by|multiplied by|squared|cubed"
    r"|twice|double|triple)|\b(?:half|third|quarter|fourth|fifth|percent) of|[\d%}](?:\$|\\\))? of"
    r"|[\w)}$\]] *[-+*/×÷]) *$"
)
"""What makes a piece of mathematics half a term: `half of $4 + 6 = 10$`."""


def _displayed(step: str) -> Iterator[Equation]:
    for region in MATHS.finditer(step):
        if _SIGN.search(region[0]) is None:
            continue
        name = next(name for name in "abcd" if region[name] is not None)
        if name == "b" and _WORDS_OF_PROSE.search(region[name]):
            continue
        continues = _OPERATION_BEFORE.search(step[max(0, region.start() - 20) : region.start()])
        for start, end in _statements(region[name]):
            offset = region.start(name)
            sides, signs, modulus = _latex_chain(region[name][start:end])
            if start == 0 and continues:
                sides[0] = None  # `half of $4 + 6 = 10$`
            span = _span(step, offset + start, offset + end, modulus=modulus)
            yield from _chain(sides, signs, span)


_WORDS_OF_PROSE = re.compile(r"(?<![\\a-zA-Z{])[a-z]{3,} [a-z]{2,}")


def _statements(content: str) -> Iterator[tuple[int, int]]:
    """Yield where each statement lies: parted by line breaks, arrows, commas outside brackets."""
    start = depth = 0
    for mark in _BREAK.finditer(content):
        if mark[0] in "{([":
            depth += 1
        elif mark[0] in "})]":
            depth = max(0, depth - 1)
        elif mark[0] != "," or not depth:
            yield start, mark.start()
            start, depth = mark.end(), depth if mark[0] in ",;" else 0
    yield start, len(content)


def _latex_chain(statement: str) -> tuple[list[WrittenSide | None], list[Sign], str]:
    """Return the sides of a chain, the signs between them, and the modulus of a congruence."""
    modulus = _MODULUS.search(statement)
    if modulus:
        statement = statement[: modulus.start()]
    sides: list[WrittenSide | None] = []
    signs: list[Sign] = []
    place = 0
    for sign in _SIGN.finditer(statement):
        side = statement[place : sign.start()]
        if side.count("{") > side.count("}"):
            continue  # `\sum_{k=1}`
        sides.append(_latex_side(side))
        signs.append("≡" if modulus else _SIGNS_OF[sign.lastgroup or "equal"])
        place = sign.end()
    sides.append(_latex_side(statement[place:]))
    return sides, signs, (modulus[1] or modulus[2]) if modulus else ""


def _latex_side(side: str) -> WrittenSide | None:
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
    return WrittenSide(text, frozenset(units))


# In words between pieces of mathematics

_IS = re.compile(r",?\s+(?:(?:which|that|this)\s+)?(?:is|equals|is\s+equal\s+to)\s+")
_MAY_BE_SAID = re.compile(
    r"(?:^|[.,:;!?]|\b(?:so|that|then|thus|because|since|but|is|(?:value|factorization)\s+of))\s*$"
)
_SAID_END = re.compile(r"\s*(?:$|[.,;:!](?!\d)|(?:and|so|but|because|since)\b)")


def _said(step: str) -> Iterator[Equation]:
    """Yield `$3^4$ is $81$`, but not `the reciprocal of $4$ is $1/4$`."""
    for left, right in pairwise(MATHS.finditer(step)):
        if not _IS.fullmatch(step[left.end() : right.start()]):
            continue
        before = step[max(0, left.start() - 60) : left.start()].lower()
        if not _MAY_BE_SAID.search(before) or not _SAID_END.match(step, right.end()):
            continue
        sides = [_latex_side(next(filter(None, region.groups()))) for region in (left, right)]
        yield from _chain(sides, ["="], _span(step, left.start(), right.end()))


# Prose


def _in_prose(text: str) -> Iterator[Equation]:
    tokens, place = list(_TOKEN.finditer(text)), 0
    while place < len(tokens):
        if not _may_begin(tokens, place):
            place += 1
            continue
        sides, signs, end = _sides(tokens, place)
        end = min(end, len(tokens))
        if len(sides) > 1:
            span = _span(text, tokens[place].start(), tokens[end - 1].end())
            yield from _chain(sides, signs, span)
        place = max(end, place + 1)


_LEADS = re.compile(
    r"(?:simplifies|equal|equals|reduces|evaluates|comes|amounts) to"
    r"|(?:larger|greater|bigger|smaller|higher|lower) than"
)
"""What an expression may follow although its last word often joins two terms."""


def _may_begin(tokens: Sequence[re.Match[str]], place: int) -> bool:
    """Say whether an expression may begin here with nothing before it that belongs to it."""
    if tokens[place].lastgroup not in ("number", "open", "money"):
        return False
    if place == 0:
        return True
    before = tokens[place - 1]
    if before.lastgroup == "word":
        adjacent = before.end() == tokens[place].start()
        adjacent |= len(before[0]) == 1 and tokens[place].lastgroup == "open"  # `c (8 - 4)`
        leads = place > 1 and _LEADS.fullmatch(f"{tokens[place - 2][0]} {before[0]}".lower())
        return not adjacent and (before[0].lower() not in _BINDERS or bool(leads))
    return before.lastgroup in ("eq", "break", "other") and before[0] not in "}_^\\)]!.'≈√"


def _sides(
    tokens: Sequence[re.Match[str]], place: int
) -> tuple[list[WrittenSide | None], list[Sign], int]:
    """Return the sides of the chain that begins here, the signs between them, and its end."""
    sides: list[WrittenSide | None] = []
    signs: list[Sign] = []
    while True:
        side, place = _expression(tokens, place)
        sides.append(side)
        if side is None or place >= len(tokens) or tokens[place].lastgroup != "eq":
            return sides, signs, place
        signs.append(_SIGNS_OF[tokens[place][0][0]])
        place += 1


class _OpenExpression:
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
        if kind == "op" and text == "!":
            self.parts[-1] += "!"
        elif kind == "op":
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


def _expression(tokens: Sequence[re.Match[str]], place: int) -> tuple[WrittenSide | None, int]:
    """Return the expression that begins here; None where it goes on in a way not understood."""
    reading = _OpenExpression()
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
    return WrittenSide(" ".join(reading.parts).replace(" %", "%"), frozenset(reading.units)), place


def _is_continued(tokens: Sequence[re.Match[str]], place: int) -> bool:
    """Say whether what follows an expression belongs to it without being understood."""
    if place >= len(tokens):
        return False
    follows = tokens[place]
    if follows[0].lower() == "per" and tokens[place + 1 : place + 2]:
        return tokens[place + 1].lastgroup != "word"
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
