r"""Texts that the grammar can read and people may mean otherwise: `4 x 5`, `row 3`, `III`, `5k`.

Read as mathematics they are products of letters. Where such a reading differs from the other side,
it is not known what was meant.
"""

import re

from verification.parsing.vocabulary import BARE_COMMANDS, FUNCTIONS, INFINITY_WORDS

_OF_A_LETTER = {
    "an x that may be a times sign": re.compile(r"\d\s*([xX])\s*\d"),
    "a letter that may mean a remainder": re.compile(r"\d\s*([rR])\s*\d"),
}
"""What counts unless the other side has the letter as well."""
_ANYWHERE = {
    "an ordinal": re.compile(
        r"[a-zA-Z)}]\s*(?:-|\^\s*\{?\s*)(?:\\(?:text|mathrm)\{)?(?:th|st|nd|rd)\b|\b[a-z]th\b"
    ),
    "an hour": re.compile(r"o['’]\s?clock"),
    "an article": re.compile(r"(?<![\w\\])(?:an?|the)\s+[a-z]{2,}\b"),
    "a word before a number": re.compile(r"(?<![a-zA-Z\\])[a-zA-Z]{2,3}\s+\d"),
    "a word between numbers": re.compile(
        r"\d\s+(?:to|by|of|in|on|per|out|at|for|vs|from|is|as)\s+(?:\w+\s+)?\$?\d"
    ),
}
_DERIVATIVE = re.compile(r"\\frac\s*\{\s*(?:d|\\partial)|\bd[a-z]/d[a-z]|[a-zA-Z]'|\\d?dot\b")
_WHOLE = {
    "what may be a date": re.compile(r"\d{1,2}([-/.])\d{1,2}\1\d{4}|\d{4}([-/.])\d{1,2}\2\d{1,2}")
}
_NO_NUMBER = {
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


def ambiguity(text: str, other: str, letters: set[str], *, other_is_number: bool) -> str | None:
    """Return what in an answer in normal form may be meant otherwise than it is read.

    `letters` are those that it was read with as variables.
    """
    plain = _plain(text)
    for reason, pattern in _OF_A_LETTER.items():
        found = pattern.search(plain)
        if found and found[1] not in other:
            return reason
    for reason, pattern in _ANYWHERE.items() if letters else ():
        if pattern.search(plain):
            return reason
    if _kinds(plain) and _kinds(other) and _kinds(plain) != _kinds(other):
        return "notations for a derivative"
    start = _BEFORE.match(plain).end()  # type: ignore[union-attr]
    for reason, pattern in (_WHOLE | _NO_NUMBER if other_is_number else _WHOLE).items():
        if pattern.fullmatch(plain, start):
            return reason
    if other_is_number and _is_scaled(plain[start:], _plain(other)):
        return "a letter that may mean thousands or millions"
    if (
        not other_is_number
        and _SPAN.fullmatch(plain)
        and not _plain(other).replace(" ", "").isalnum()
    ):
        return "what may be a span"
    runs = set(_RUN.findall(plain)) - set(_RUN.findall(_plain(other))) if letters else set()
    runs |= set(_LITTLE.findall(plain)) if letters else set()
    runs = {run for run in runs if letters.union("ei").issuperset(run)}
    return "letters that may be a word" if any(map(_is_wordlike, runs)) else None


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


def _kinds(text: str) -> set[str]:
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
    return scaled[1].replace(".", "").strip("0") == digits.strip("0") and len(digits) > len(
        scaled[1]
    )


def _is_wordlike(run: str) -> bool:
    """Say whether letters look like a word, `is` or `row`, not a product, `abc` or `mgh`."""
    lower = run.lower()
    if len(run) == 2:
        return True
    if run in FUNCTIONS or lower in BARE_COMMANDS or run in INFINITY_WORDS:
        return False
    if not (run.islower() or run.istitle()):
        return False
    vowels = sum(letter in "aeiou" for letter in lower)
    in_order = lower[0] < lower[1] < lower[2]
    return 0 < vowels < len(run) and not in_order
