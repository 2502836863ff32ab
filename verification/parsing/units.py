"""Units of measurement: reading what follows a number."""

import re
from collections import Counter

from verification.parsing.measures import COMPOUNDS, unit_of
from verification.parsing.token import Token
from verification.parsing.vocabulary import BLOCKING_WORDS, PER_WORDS, SCALES
from verification.tree.bounds import UnparsedError
from verification.tree.syntax import Unit

_HALF_OF_DAY = re.compile(r"\b([apAP])\s*\.?\s*[mM]\b\.?")
_POWER_WORDS = {"square": 2, "sq": 2, "cubic": 3, "cu": 3}
_MAX_UNIT_TOKENS = 40
_COUNTED = 4
"""Letters from which an unknown word is a thing that is counted, `teachers`, not a symbol."""
_LITTLE_WORDS = {"of", "on", "by", "at", "US", "UK"}
_GREEK = {"mu": "u", "Omega": "ohm"}
_PASSED_OVER = {"{", "}", "(", ")", ".", "-", "cdot", "times", "&", "'", "*", ","}
_WORD = re.compile(r"[^\W\d_]+|/|\^-?\d")
_LONGER = ("千克", "千米", "千瓦", "百分", "百里")
"""Units and words that begin like a scale."""


def read_unit(tokens: list[Token]) -> tuple[Unit | None, int]:
    """Return the unit that `tokens` spell and the scale word among them (`million`), 1 if none.

    Raises UnparsedError where the words may change what the number says (`5 or more`).
    """
    if len(tokens) > _MAX_UNIT_TOKENS:
        raise UnparsedError("a long text after a value")
    reader = _UnitReader()
    words = _spelled_out(tokens)
    for word, following in zip(words, (*words[1:], ""), strict=True):
        reader.take(word, following)
    if reader.scale > 1 and not reader.factors and not reader.unknown:
        return None, reader.scale
    factors = tuple(sorted((unit, n) for unit, n in reader.factors.items() if n))
    return Unit(factors, known=not reader.unknown), reader.scale


class _UnitReader:
    """Multiplies units up, word by word."""

    def __init__(self) -> None:
        self.factors: Counter[str] = Counter()
        self.scale = 1
        self.unknown = False
        """Whether a word was met that may be a unit, and is none we know."""
        self._sign = 1
        self._power = 1
        self._last: str | None = None

    def take(self, word: str, following: str) -> None:
        """Read one word, slash or power."""
        lower = word.lower()
        if word == "/" or (lower in PER_WORDS and following):
            self._sign, self._last = -1, None
        elif word.startswith("^"):
            if self._last is not None:
                self.factors[self._last] += self._sign * (int(word[1:]) - 1)
        elif lower in _POWER_WORDS:
            self._power = _POWER_WORDS[lower]
        elif not self.factors and _scale(lower):
            self.scale *= _scale(lower)
        elif word in COMPOUNDS or lower in COMPOUNDS:
            for unit, power in COMPOUNDS.get(word) or COMPOUNDS[lower]:
                self.factors[unit] += self._sign * power
        else:
            self._unit(word)

    def _unit(self, word: str) -> None:
        self._last = unit_of(word)
        if self._last:
            self.factors[self._last] += self._sign * self._power
        else:
            symbol = len(word) < _COUNTED and word not in _LITTLE_WORDS
            self.unknown |= symbol or not word.isascii()
        self._power = 1


def _scale(word: str) -> int:
    """Return what a word multiplies by, `万` of `万个` included; 0 if it does not."""
    if word in SCALES:
        return SCALES[word]
    if word[:1] > "\u2fff" and not word.startswith(_LONGER):
        return SCALES.get(word[:1], 0)
    return 0


def _spelled_out(tokens: list[Token]) -> list[str]:
    """Return the words, slashes and powers (`^2`) of a unit; anything else is refused."""
    words: list[str] = []
    at, glued = 0, False
    while at < len(tokens):
        token = tokens[at]
        if token.kind in ("words", "letter") or token.text in _GREEK or _is_bare(token):
            text = _GREEK.get(token.text, token.text) if token.kind == "command" else token.text
            pieces = _plain_words(text)
            if glued and words and pieces and (not token.spaced or words[-1] == "u"):
                words[-1] += pieces.pop(0)
            words += pieces
            glued = True
        else:
            glued = False
            at = _mark(tokens, at, words)
        at += 1
    if BLOCKING_WORDS.intersection(word.lower() for word in words):
        raise UnparsedError("words that change what a value says")
    return words


def _is_bare(token: Token) -> bool:
    """`min` and `cup` were taken for commands."""
    return token.kind == "command" and token.text in ("min", "sec", "cup", "cap", "max", "deg")


def _mark(tokens: list[Token], at: int, words: list[str]) -> int:
    """Take a slash, a power or a mark without meaning; return the index of its last token."""
    token = tokens[at]
    if token.text in ("/", "div"):
        words.append("/")
    elif token.text in ("^", "_") or (token.kind == "number" and not token.spaced and words):
        if token.text == "_" and not (at + 1 < len(tokens) and tokens[at + 1].text.isdigit()):
            raise UnparsedError("'_' among words")
        power, at = _power(tokens, at + (token.kind != "number"))
        words.append(f"^{power}")
    elif token.text not in _PASSED_OVER:
        raise UnparsedError(f"{token.text[:20]!r} among words")
    return at


def _plain_words(text: str) -> list[str]:
    text = _HALF_OF_DAY.sub(lambda match: match[1].lower() + "m", text)
    text = re.sub(r"(?<=[a-z])([23])(?!\d)", r"^\1", text)
    if re.search(r"(?<!\^)(?<!\^-)\d", text):
        raise UnparsedError("digits among words")
    return _WORD.findall(text)


def _power(tokens: list[Token], at: int) -> tuple[int, int]:
    """Return the exponent at `at`, braces allowed, and the index of its last token."""
    braced = at < len(tokens) and tokens[at].text == "{"
    at += braced
    negative = at < len(tokens) and tokens[at].text == "-"
    at += negative
    if at >= len(tokens) or not tokens[at].text.isdigit() or len(tokens[at].text) > 1:
        raise UnparsedError("a unit to an unknown power")
    power = -int(tokens[at].text) if negative else int(tokens[at].text)
    return power, at + braced
