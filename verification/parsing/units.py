r"""Units of measurement: reading what follows a number."""

import re
from collections import Counter

from verification.parsing.tokens import Token
from verification.parsing.vocabulary import BLOCKING_WORDS, COMPOUND_UNITS, SCALES, UNITS
from verification.tree.bounds import UnparsedError
from verification.tree.syntax import Unit

_HALF_OF_DAY = re.compile(r"\b([ap])\s*\.?\s*m\b\.?")
_POWER_WORDS = {"square": 2, "sq": 2, "cubic": 3, "cu": 3}
_MAX_UNIT_TOKENS = 40


def read_unit(tokens: list[Token]) -> tuple[Unit | None, int]:
    """Return the unit that `tokens` spell and the scale word among them (`million`), 1 if none.

    Raises UnparsedError where the words may change what the number says (`5 or more`).
    """
    if len(tokens) > _MAX_UNIT_TOKENS:
        raise UnparsedError("a long text after a value")
    reader = _UnitReader()
    for word in _spelled_out(tokens):
        reader.take(word)
    if reader.scale > 1 and not reader.factors:
        return None, reader.scale
    factors = tuple(sorted((unit, n) for unit, n in reader.factors.items() if n))
    return Unit(factors), reader.scale


class _UnitReader:
    """Multiplies units up, word by word."""

    def __init__(self) -> None:
        self.factors: Counter[str] = Counter()
        self.scale = 1
        self._sign = 1
        self._power = 1
        self._last: str | None = None

    def take(self, word: str) -> None:
        """Read one word, slash or power."""
        if word in ("/", "per"):
            self._sign, self._last = -1, None
        elif word.startswith("^"):
            if self._last is not None:
                self.factors[self._last] += self._sign * (int(word[1:]) - 1)
        elif word in _POWER_WORDS:
            self._power = _POWER_WORDS[word]
        elif word in SCALES and not self.factors:
            self.scale *= SCALES[word]
        elif word in COMPOUND_UNITS:
            self.factors.update(dict(COMPOUND_UNITS[word]))
        else:
            self._unit(word)

    def _unit(self, word: str) -> None:
        plural = UNITS.get(word.removesuffix("s")) if len(word) > 2 else None
        self._last = UNITS.get(word) or plural
        if self._last:
            self.factors[self._last] += self._sign * self._power
        self._power = 1


def _spelled_out(tokens: list[Token]) -> list[str]:
    """Return the words, slashes and powers (`^2`) of a unit; anything else is refused."""
    words: list[str] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token.kind == "words" or token.kind == "letter":
            words += _plain_words(token.text)
        elif token.text in ("/", ".", "-") or token.text in ("cdot", "times"):
            words += ["/"] if token.text == "/" else []
        elif token.text == "^":
            power, at = _power(tokens, at + 1)
            words.append(f"^{power}")
        elif token.text not in ("{", "}", "(", ")"):
            raise UnparsedError(f"{token.text[:20]!r} among words")
        at += 1
    if BLOCKING_WORDS.intersection(words):
        raise UnparsedError("words that change what a value says")
    return words


def _plain_words(text: str) -> list[str]:
    lower = _HALF_OF_DAY.sub(r"\1m", text.lower())
    if re.search(r"\d", lower):
        raise UnparsedError("digits among words")
    return re.findall(r"[^\W\d_]+|/", lower)


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
