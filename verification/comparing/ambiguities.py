r"""Texts that the grammar can read and people may mean otherwise: `4 x 5`, `row 3`, `III`, `5k`.

Read as mathematics they are products of letters. Where such a reading differs from the other side,
it is not known what was meant.
"""

import re

from verification.parsing.vocabulary import BARE_COMMANDS, FUNCTIONS, INFINITY_WORDS

_LENGTHS = re.compile(r"[a-z}]\s*(?:\s[xX]\s|\\times)\s*\d")
ARTICLE = "an article"
_TIMES = re.compile(r"\d\s*([xX])\s*\d")
_OF_LETTERS = {
    "an ordinal": re.compile(
        r"[a-zA-Z)}]\s*(?:-|\^\s*\{?\s*)(?:\\(?:text|mathrm)\{)?(?:th|st|nd|rd)\b|\b[a-z]th\b"
    ),
    "an hour": re.compile(r"o['’]\s?clock"),
    ARTICLE: re.compile(r"(?<![\w\\])(?:an?|the)\s+[a-z]{2,}\b"),
    "a word before a number": re.compile(r"(?<![a-zA-Z\\])([a-zA-Z]{2,3})\s+\d"),
    "a word between numbers": re.compile(
        r"\d\s+(?:to|by|of|in|on|per|out|at|for|vs|from|is|as)\s+(?:\w+\s+)?\$?\d"
    ),
}
_DERIVATIVE = re.compile(r"\\frac\s*\{\s*(?:d|\\partial)|\bd[a-z]/d[a-z]|[a-zA-Z]'|\\d?dot\b")
_WHOLE = {
    "what may be a date": re.compile(r"\d{1,2}([-/.])\d{1,2}\1\d{4}|\d{4}([-/.])\d{1,2}\2\d{1,2}")
}
_NO_NUMBER = {
    "an x that may be a times sign": re.compile(r"\d+[xX]\d+"),
    "a letter that may mean a remainder": re.compile(r"\d+\s*[rR]\s*\d+"),
    "a Roman numeral": re.compile(r"[IVXLC]{2,8}|[ivxlc]{2,8}"),
}
"""What a whole text may be opposite a number."""
_SCALED = re.compile(r"(\d+(?:\.\d+)?)\s?(?:[kKMB]|bn|mn|mio)")
_BEFORE = re.compile(r"[\s$\\+(-]*")
_SCALE = re.compile(
    r"circ\s?\}*\s*(?:\\[a-z]+\s?\{?)?\s*([CF])(?![a-z])|\b([cf])(?:elsius|ahrenheit)\b"
    r"|\d\s*(?:\\[a-z]+\s?\{)?\s*(k)(?:elvins?)?(?![a-z])",
    re.IGNORECASE,
)
_RUN = re.compile(r"(?<![a-zA-Z\\])[a-zA-Z]{3}(?![a-zA-Z])")
_LITTLE = re.compile(r"(?<=\s)(?:to|by|of|in|on|at|is|as|it|be|or|if|an|so|am)(?=\s)")
_STYLED = re.compile(r"\\(?:text|mathrm|mbox|textbf|mathbf)\s*\{([^{}]*)\}|[$*]")
_NOTHING = re.compile(r"none|nothing|no|nobody|no one", re.IGNORECASE)
_SPAN = re.compile(r"\$?\d+(?:\.\d+)?\s*-\s*\$?\d+(?:\.\d+)?")


def ambiguity(
    text: str, other: str, letters: set[str], others: set[str], *, other_is_number: bool
) -> str | None:
    """Return what in an answer in normal form may be meant otherwise than it is read.

    `letters` are those that it was read with as variables, `others` those of the other side.
    """
    plain, opposite = _plain(text), _plain(other)
    reason = _of_letters(plain, opposite, letters.union("ei"), others) if letters else None
    if reason is None and _derivatives(plain) and _derivatives(opposite):
        differ = _derivatives(plain) != _derivatives(opposite)
        reason = "notations for a derivative" if differ else None
    if reason is None and other_is_number and _LENGTHS.search(plain):
        reason = "lengths that may be multiplied"
    return reason or _of_whole(plain, opposite, other_is_number)


def _of_letters(plain: str, opposite: str, letters: set[str], others: set[str]) -> str | None:
    """Return which letters may be a word or a sign."""
    times = _TIMES.search(plain)
    if times and times[1] not in others:
        return "an x that may be a times sign"
    for reason, pattern in _OF_LETTERS.items():
        found = pattern.search(plain)
        if found and letters.issuperset((found.groups() or ("",))[0]):
            return reason
    runs = set(_RUN.findall(plain)) - set(_RUN.findall(opposite))
    words = {*filter(_is_wordlike, runs), *_LITTLE.findall(plain)}
    return "letters that may be a word" if any(map(letters.issuperset, words)) else None


def _of_whole(plain: str, opposite: str, other_is_number: bool) -> str | None:
    """Return what a whole text may be: a date, a span, a Roman numeral, thousands."""
    start = _BEFORE.match(plain).end()  # type: ignore[union-attr]  # matches any text
    for reason, pattern in (_WHOLE | _NO_NUMBER if other_is_number else _WHOLE).items():
        if pattern.fullmatch(plain, start):
            return reason
    if other_is_number:
        scaled = _is_scaled(plain[start:], opposite)
        return "a letter that may mean thousands or millions" if scaled else None
    simple = opposite.replace(" ", "").isalnum()
    return "what may be a span" if _SPAN.fullmatch(plain) and not simple else None


def are_temperatures(text: str, other: str) -> bool:
    """Say whether degrees of two scales stand opposite, `20 °C` and `68 °F`."""
    if "circ" not in text + other and "elsius" not in text + other:
        return False
    scales = [{"".join(found).upper() for found in _SCALE.findall(side)} for side in (text, other)]
    return bool(scales[0]) and bool(scales[1]) and scales[0] != scales[1]


def is_nothing(text: str) -> bool:
    """Say whether a text says `none`, which may be no answer, the empty set or 0."""
    return _NOTHING.fullmatch(_plain(text)) is not None


def _plain(text: str) -> str:
    return _STYLED.sub(lambda match: match[1] or "", text).strip(" .")


def _derivatives(text: str) -> set[str]:
    """Return the notations for a derivative that occur: fraction, prime, dot."""
    return {found[-1:] for found in _DERIVATIVE.findall(text)}


def _is_scaled(text: str, other: str) -> bool:
    """Say whether `5k` may be the number that the other side writes, 5000."""
    scaled = _SCALED.fullmatch(text)
    digits = re.sub(r"\\usd|[{},\s$\\]|\.0+$", "", other)
    if scaled is not None and re.search(r"thousand|million|billion", other):
        return True
    if scaled is None or not digits.isdigit():
        return False
    figures = scaled[1].replace(".", "").strip("0")
    return figures == digits.strip("0") and len(digits) > len(scaled[1])


def _is_wordlike(run: str) -> bool:
    """Say whether three letters look like a word, `row`, rather than a product, `abc` or `mgh`."""
    lower = run.lower()
    if run in FUNCTIONS or lower in BARE_COMMANDS or run in INFINITY_WORDS:
        return False
    if not (run.islower() or run.istitle()):
        return False
    vowels = sum(letter in "aeiou" for letter in lower)
    in_order = lower[0] < lower[1] < lower[2]
    return 0 < vowels < len(run) and not in_order
