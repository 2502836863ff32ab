"""Letters of a multiple choice: which options an answer chooses, and what the options say."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_STYLE = re.compile(r"\\(?:text|textbf|textit|textrm|mathrm|mathbf|mbox)\s*\{([^{}]*)\}|[*_]{2}")
_LABEL = (
    r"(?i:(?:the\s+)?(?:correct\s+|right\s+)?(?:answers?|options?|choices?|alternatives?|statements?"
    r"|opción|opção|option|选项?|答案)\s*(?:is|are|[:：])?\s*)"
)
_ONE = r"(?:\(\s*[A-Ja-j]\s*\)|[A-J]\s*[).]?(?![\w'(]))"
_BETWEEN = r"\s*(?:[,;/&]|\band\b|\bor\b)?\s*(?:\band\b|\bor\b)?\s*"
_SEVERAL = re.compile(rf"{_LABEL}?{_ONE}(?:{_BETWEEN}{_ONE})*[\s.]*", re.IGNORECASE)
_LETTER = re.compile(r"(?<![A-Za-z])[A-Ja-j](?![A-Za-z])")
_BARE = re.compile(rf"({_LABEL}?)[\s(]*([A-Ja-h])[\s).]*")
_RUN = re.compile(r"[A-H]{2,8}")
_CIRCLED = re.compile(r"[\s,;]*(?:[①-⑳](?:[\s,;]|and|和)*)+")
_WITH_TEXT = re.compile(rf"{_LABEL}?(?:\(([A-Ja-j])\)|([A-J])[).:])\s*(?=\S)(.*)", re.DOTALL)
_NAMED = re.compile(rf"{_LABEL}\(?([A-Ja-j])\)?\s*[.:)]\s*(?=\S)(.*)", re.DOTALL | re.IGNORECASE)
_ANOTHER = re.compile(r"\([A-J]\)|(?<![\w\\])[A-J]\)|\b(?:and|or)\s+\(?[A-J]\b")
_LABELLED = re.compile(r"[,;]\s*[A-Z]\s*:")
"""Another label of a list, `J: 4, S: 14`: its letters choose nothing."""
LONGEST = 300


@dataclass(frozen=True, slots=True)
class Chosen:
    """The options that an answer chooses, upper case, and what it says they are."""

    letters: frozenset[str]
    text: str = ""
    certain: bool = True
    """False for letters that may as well be a product, a segment or a variable."""


def choice_of(normal: str) -> Chosen | None:
    """Return what an answer in normal form chooses, None where it is no choice."""
    if len(normal) > LONGEST:
        return None
    plain = _STYLE.sub(lambda match: match[1] or "", normal).strip().strip("*").strip()
    bare = _BARE.fullmatch(plain)
    if bare:
        certain = plain != bare[2] or bare[2].isupper()
        return Chosen(frozenset(bare[2].upper()), certain=certain)
    if _CIRCLED.fullmatch(plain):
        return Chosen(frozenset(re.findall("[①-⑳]", plain)))
    if _RUN.fullmatch(normal) and sorted(set(normal)) == list(normal):
        return Chosen(frozenset(normal), certain=False)
    if _SEVERAL.fullmatch(plain) and _separated(plain):
        either = {"or"} if re.search(r"\bor\b", plain, re.IGNORECASE) else set()
        return Chosen(frozenset(_letters(plain) | either))
    told = _WITH_TEXT.fullmatch(plain) or _NAMED.fullmatch(plain)
    if told is None or _LABELLED.search(plain):
        return None
    letter, text = next(filter(None, told.groups()[:-1])), told[told.lastindex or 1]
    if _ANOTHER.search(text):
        return Chosen(frozenset({letter.upper(), *_letters(" ".join(_ANOTHER.findall(text)))}))
    return Chosen(frozenset(letter.upper()), text.strip())


def _separated(plain: str) -> bool:
    """`A B` side by side may be a product; `A, B`, `(A) (B)` and `A or B` are not."""
    return bool(re.search(r"[,;/&()]|\band\b|\bor\b|[A-J]\.", plain, re.IGNORECASE))


def _letters(plain: str) -> set[str]:
    label = re.match(_LABEL, plain, re.IGNORECASE)
    rest = plain[label.end() :] if label else plain
    return {letter.upper() for letter in _LETTER.findall(rest) if letter != "a" or "(a" in rest}


def same_choice(gold: Chosen, answer: Chosen) -> bool | None:
    """Compare two choices; None where neither is certainly one."""
    if not gold.certain and not answer.certain:
        single = len(gold.letters) == len(answer.letters) == 1
        return True if single and gold.letters == answer.letters else None
    return gold.letters == answer.letters


def same_case(gold: str, answer: str) -> bool:
    """Say whether two choices are written with the same letters, case included."""
    written = [
        set(_LETTER.findall(_STYLE.sub(lambda m: m[1] or "", text))) for text in (gold, answer)
    ]
    return written[0] == written[1] or written[0].isdisjoint({w.swapcase() for w in written[1]})


def option_text(chosen: Chosen | None, options: Sequence[str]) -> str | None:
    """Return what the one chosen option says, None where several are or none is known."""
    if chosen is None or len(chosen.letters) != 1:
        return None
    at = "ABCDEFGHIJ".find(next(iter(chosen.letters)))
    return options[at] if 0 <= at < len(options) else None
