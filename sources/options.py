"""Multiple choice: the options join the question, and the gold becomes an option's letter.

A question is followed by a blank line, `Answer choices:` and one line `(A) ...` per option.
Options may be a list (`["A)5", "B)6"]`, AQuA; `["5", "6"]`, MMLU), a mapping of letters to texts,
or `{"text": [...], "label": [...]}` (ARC). A gold that is a whole number in the dataset's own
types is an index from 0 (MMLU); a gold that is an option's letter stays; a gold equal to exactly
one option's text becomes its letter; any other is rejected.
"""

import re
from collections.abc import Mapping
from string import ascii_uppercase

from sources.cells import list_text, scalar_text
from sources.rows import BadCellError

_LABEL = re.compile(r"\(?([A-Za-z])\s*[).:]\s*")


def with_options(question: str, value: object) -> str:
    """Return the question with its options below; as it was, where the row has none."""
    if isinstance(value, str):
        return f"{question}\n\nAnswer choices:\n{scalar_text(value)}"
    options = labelled(value)
    lines = [f"({label}) {text}" for label, text in options.items()]
    return "\n".join([f"{question}\n\nAnswer choices:", *lines]) if lines else question


def option_gold(answer: object, value: object) -> object:
    """Return the letter of the right option; the answer itself where the row has no options."""
    options = {} if isinstance(value, str) else labelled(value)
    if not options:
        return answer
    letters = list(options)
    if isinstance(answer, int) and not isinstance(answer, bool):
        if 0 <= answer < len(letters):
            return letters[answer]
        raise BadCellError("gold is no option", f"index {answer} of {len(letters)} options")
    text = list_text(answer)
    stated = text.strip("().: ").upper()
    if not text or stated in options:
        return stated
    same = [letter for letter, option in options.items() if option == text]
    if len(same) != 1:
        raise BadCellError("gold is no option", f"{text[:40]!r} of {', '.join(letters)}")
    return same[0]


def labelled(value: object) -> dict[str, str]:
    """Return option texts by upper-case label, in the dataset's order."""
    if isinstance(value, Mapping) and {"text", "label"} <= value.keys():
        texts, labels = value["text"], value["label"]
        if isinstance(texts, list | tuple) and isinstance(labels, list | tuple):
            pairs = zip(labels, texts, strict=False)
            return {scalar_text(label).upper(): scalar_text(text) for label, text in pairs}
    if isinstance(value, Mapping):
        return {str(k).upper(): scalar_text(v) for k, v in value.items() if v is not None}
    if isinstance(value, list | tuple):
        return _unprefixed([scalar_text(option) for option in value])
    return {}


def _unprefixed(texts: list[str]) -> dict[str, str]:
    """Label texts A, B, C, ...; prefixes that say just that are taken off."""
    if len(texts) > len(ascii_uppercase):
        raise BadCellError("too many options", f"{len(texts)}")
    letters = ascii_uppercase[: len(texts)]
    found = [_LABEL.match(text) for text in texts]
    stated = "".join(match[1].upper() for match in found if match)
    if stated == letters:
        texts = [text[match.end() :] for text, match in zip(texts, found, strict=True) if match]
    return dict(zip(letters, texts, strict=True))
