"""Multiple choice: the options join the question, and the gold becomes the letter of one or more.

A question is followed by a blank line, `Answer choices:` and one line `(A) ...` per option.
Options may be a list (`["A)5", "B)6"]`, AQuA; `["5", "6"]`, MMLU), a mapping of labels to texts,
`{"text": [...], "label": [...]}` or a list of `{"text", "label"}` (ARC), or one text
(`a ) 5 , b ) 6`, MathQA); whatever their labels were, they become A, B, C, ...

A gold that is a whole number in the dataset's own types is an index from 0 (MMLU), unless numbers
are the labels; an option's label, its text, or both (`B) 6`) become its letter; several (`ACD`,
`A, C and D`, a list of labels, texts or indices) become `A, C, D`. Any other is rejected.
"""

import re
from collections.abc import Mapping, Sequence
from string import ascii_uppercase
from typing import TypeGuard

from sources.cells import list_text, scalar_text
from sources.rows import BadCellError

_LABEL = re.compile(r"\(?([A-Za-z])\s*[).:]\s*")
_LABEL_WITHIN = re.compile(r"(?:^|(?<=[\s,;]))\(?([A-Ja-j])\s?[).:]\s*")
_SEVERAL = re.compile(r"\(?\w\)?(?:\s*(?:[,;/&+、]|\band\b)?\s*\(?\w\)?)+", re.IGNORECASE)
_LONGEST = 100
"""Characters of a gold that may name several options."""
_BETWEEN = re.compile(r"[\s,;/&+、()]+|\band\b", re.IGNORECASE)


def with_options(question: str, value: object) -> str:
    """Return the question with its options below; as it was, where the row has none."""
    texts = option_texts(value)
    lines = [f"({letter}) {text}" for letter, text in zip(ascii_uppercase, texts, strict=False)]
    if not lines and isinstance(value, str) and value.strip():
        lines = [scalar_text(value)]
    return "\n".join([f"{question}\n\nAnswer choices:", *lines]) if lines else question


def option_texts(value: object) -> tuple[str, ...]:
    """Return the options' texts in the dataset's order; none where they cannot be told apart."""
    return tuple(_labelled(value).values())


def option_gold(answer: object, value: object) -> object:
    """Return the letters of the right options; the answer itself where the row has no options."""
    options = _labelled(value)
    if not options:
        return answer
    items = list(answer) if isinstance(answer, list | tuple) else [answer]
    shown = list_text(items)
    if not shown:
        return shown
    places = [place for item in items for place in _places(item, options, alone=len(items) == 1)]
    if None in places or len(set(places)) < len(places):
        raise BadCellError("gold is no option", f"{shown[:40]!r} of {', '.join(options)}")
    return ", ".join(letter for at, letter in enumerate(ascii_uppercase) if at in places)


def _places(answer: object, options: Mapping[str, str], *, alone: bool) -> list[int | None]:
    """Return which options an item says; several only where it is alone, as `ACD`."""
    place = _place(answer, options)
    if place is not None or not alone:
        return [place]
    text = list_text(answer).strip("().: ")
    if len(text) > _LONGEST or not _SEVERAL.fullmatch(text):
        return [None]
    stated = [label for label in _BETWEEN.split(text.upper()) if label]
    if len(stated) == 1:
        stated = sorted(text.upper())
        if stated != list(text.upper()):
            return [None]
    labels = list(options)
    return [labels.index(label) if label in options else None for label in stated]


def _place(answer: object, options: Mapping[str, str]) -> int | None:
    """Return which option an answer says by its index, label, text, or label and text."""
    labels, texts = list(options), list(options.values())
    if isinstance(answer, int) and not isinstance(answer, bool) and str(answer) not in options:
        if 0 <= answer < len(labels):
            return answer
        raise BadCellError("gold is no option", f"index {answer} of {len(labels)} options")
    text = list_text(answer)
    label = text.strip("().: ").upper()
    if label in options:
        return labels.index(label)
    if texts.count(text) == 1:
        return texts.index(text)
    prefix = _LABEL.match(text)
    if prefix and options.get(prefix[1].upper()) == text[prefix.end() :]:
        return labels.index(prefix[1].upper())
    return None


def _labelled(value: object) -> dict[str, str]:
    """Return option texts by upper-case label, in the dataset's order."""
    if not value:
        return {}
    if isinstance(value, Mapping) and {"text", "label"} <= value.keys():
        texts, labels = value["text"], value["label"]
        if isinstance(texts, list | tuple) and isinstance(labels, list | tuple):
            value = dict(zip(map(scalar_text, labels), texts, strict=False))
    if isinstance(value, Mapping):
        found = {str(k).upper(): scalar_text(v) for k, v in value.items() if v is not None}
    elif _are_records(value):
        found = {scalar_text(o["label"]).upper(): scalar_text(o["text"]) for o in value}
    elif isinstance(value, list | tuple):
        found = _unprefixed([scalar_text(option) for option in value])
    else:
        found = _cut(scalar_text(value)) if isinstance(value, str) else {}
    if len(found) > len(ascii_uppercase):
        raise BadCellError("too many options", f"{len(found)}")
    return found


def _are_records(value: object) -> TypeGuard[Sequence[Mapping[str, object]]]:
    return (
        isinstance(value, list | tuple)
        and len(value) > 0
        and all(isinstance(one, Mapping) and {"label", "text"} <= one.keys() for one in value)
    )


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


def _cut(text: str) -> dict[str, str]:
    """Cut one text at labels that count up from A; nothing where it does not begin with one."""
    marks: list[re.Match[str]] = []
    for mark in _LABEL_WITHIN.finditer(text):
        if mark[1].upper() == ascii_uppercase[len(marks)]:
            marks.append(mark)
    if len(marks) < 2 or marks[0].start() > 0:
        return {}
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    return {
        mark[1].upper(): text[mark.end() : end].strip(" ,;\n")
        for mark, end in zip(marks, ends, strict=True)
    }
