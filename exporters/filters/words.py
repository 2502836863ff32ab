"""A text as the words by which it is compared: spelling, layout and typesetting aside."""

import re
import unicodedata
from collections.abc import Sequence
from hashlib import blake2b
from string import ascii_lowercase

_LAYOUT = re.compile(
    r"\\(?:left|right|displaystyle|limits|quad|qquad|text|textbf|textit|mathrm|mathbf|mbox|"
    r"begin|end|item)\b|\\[,;:! ]|\\\\|[${}&]"
)
_SYNONYMS = {
    r"\dfrac": r"\frac", r"\tfrac": r"\frac", r"\cfrac": r"\frac", r"\times": "*", r"\cdot": "*",
    r"\div": "/", r"\leq": r"\le", r"\geq": r"\ge", r"\lt": "<", r"\gt": ">", r"\neq": r"\ne",
    r"\%": "%", "percent": "%",
    "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8",
    "nine": "9", "ten": "10", "eleven": "11", "twelve": "12", "thirteen": "13", "fourteen": "14",
    "fifteen": "15", "sixteen": "16", "seventeen": "17", "eighteen": "18", "nineteen": "19",
    "twenty": "20", "thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "seventy": "70",
    "eighty": "80", "ninety": "90", "hundred": "100", "thousand": "1000",
}  # fmt: skip
_TOKEN = re.compile(
    r"\\[a-z]+|\d{1,3}(?:,\d{3})+(?!\d)|\d+(?:\.\d+)?"  # commands; numbers with their commas
    r"|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"  # scripts without spaces: a character a word
    r"|[^\W\d_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+(?:['\u2019](?:s|t|re|ve|ll|d|m)\b)?"
    r"|[+*/^=<>%!|]|-(?![^\W\d_])|(?<![^\W\d_])-"  # operators; no hyphen between letters
)
_FACTORS = frozenset(
    ("half", "halves", "third", "thirds", "quarter", "quarters", "twice", "thrice", "double",
     "doubled", "triple", "tripled", "dozen", "dozens", "couple")
)  # fmt: skip
_NUMBER = re.compile(r"\d")
_OPERATORS = frozenset("+-*/^=<>%!|")
_LETTERS = frozenset(ascii_lowercase) - {"a", "i"}


def words(text: str) -> list[str]:
    r"""Return the words, numbers and operators of a text: lower case, no typesetting.

    `two` is `2`, `1,000` is `1000`, `\dfrac` is `\frac`; punctuation is left out. In scripts
    without spaces each character is a word.
    """
    plain = _LAYOUT.sub(" ", unicodedata.normalize("NFKC", text)).lower()
    found = (token.replace(",", "") for token in _TOKEN.findall(plain))
    return [_SYNONYMS.get(token, token) for token in found]


def is_quantity(word: str) -> bool:
    """Tell whether a word makes another problem of a question when it is another one."""
    return word in _OPERATORS or word in _FACTORS or _NUMBER.match(word) is not None


def quantities(of: Sequence[str]) -> tuple[str, ...]:
    """Return the numbers and operators among words, sorted: equal for a question reworded."""
    return tuple(sorted(filter(is_quantity, of)))


def phrase(of: Sequence[str]) -> list[str]:
    """Return the words with each formula as one: as a person counts the words of a sentence."""
    found: list[str] = []
    inside = False
    for word in of:
        formula = word in _OPERATORS or word[0] == "\\" or (len(word) == 1 and word in _LETTERS)
        formula = formula or _NUMBER.match(word) is not None
        if formula and inside:
            found[-1] += word
        else:
            found.append(word)
        inside = formula
    return found


def template(of: Sequence[str]) -> list[str]:
    """Return the words with one sign for every number: equal for problems of one template."""
    return ["#" if _NUMBER.match(word) else word for word in of]


def shingles(of: Sequence[str], size: int) -> list[str]:
    """Return the runs of `size` words; of a shorter text the whole of it."""
    if len(of) <= size:
        return [" ".join(of)]
    return [" ".join(of[at : at + size]) for at in range(len(of) - size + 1)]


def digest(text: str) -> int:
    """Return 64 bits of a text: the same in every process."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest())
