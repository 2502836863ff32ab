"""The letter of a multiple choice, however a completion writes it."""

import re

_NAMED = re.compile(
    r"(?i:\s*[*_]*(?:\\(?:text(?:bf)?|mathrm|mathbf)\s*\{\s*)?(?:the\s+)?(?:correct\s+|right\s+)?"
    r"(?:option|choice|alternative|opción|opção|选项)\s*[:：]?\s*)"
    r"[(\[*\"'{$]*(?P<letter>[A-Ja-j])[)\]*\"'}$]*(?![\w'’])"
    r"(?P<behind>\s*[.:,;)}]*[*_]*\s*)"
)
_LONE = re.compile(
    r"\s*[*_]*(?:\\(?:text(?:bf)?|mathrm|mathbf)\s*\{)?\s*(?P<letter>[A-J])\s*"
    r"(?:\)\s*[.:]?|[.:])\s*\}?[*_]*\s*"
)
_IS_RIGHT = re.compile(
    r"(?:^|[\s,(*])(?:(?:[Oo]ption|[Cc]hoice|[Aa]nswer|[Aa]lternative|[Ss]tatement)\s+"
    r"[(*\"']*(?P<a>[A-Ja-j])[)*\"']*|[(*]*(?P<b>[B-J])[)*]*|\((?P<c>A)\))"
    r"\s+is\s+(?:therefore\s+|thus\s+|the\s+)*(?:correct|right|best)"
    r"(?:\s+(?:answer|option|choice|one))?\b[*.!\s]*$"
)
_WITH_TEXT = re.compile(r"(?:\([A-Ja-j]\)|[A-J][).])\s+\w")
MAX_TEXT = 200
"""Longest answer that is looked at: a letter and the text of its option."""


def chosen(answer: str) -> str:
    """Return the letter that `Option C`, `C)` or `**choice (C).**` chooses; others as they are.

    Where the option's text stands behind, `option D: 12 litres`, it stays: `(D) 12 litres`.
    """
    if len(answer) > MAX_TEXT:
        return answer
    lone = _LONE.fullmatch(answer)
    if lone:
        return lone["letter"]
    named = _NAMED.match(answer)
    if named is None:
        return answer
    text = answer[named.end() :].strip(" *_")
    if not text or re.fullmatch(r"is (?:the )?(?:correct|right).{0,20}", text):
        return named["letter"]
    return f"({named['letter']}) {text}" if named["behind"].strip(" *_") else answer


def names_choice(clause: str) -> bool:
    """Say whether a clause begins by naming an option: `option B: the sum is 180`."""
    return _NAMED.match(clause) is not None


def chosen_line(line: str) -> str:
    """Return the choice that a line is, its option's text behind it; empty if it is none."""
    answer = chosen(line)
    if answer != line or _WITH_TEXT.match(line):
        return answer
    return right_choice(line)


def right_choice(sentence: str) -> str:
    """Return the letter that a sentence ends by calling right; empty if it calls none so."""
    right = _IS_RIGHT.search(sentence)
    return next(filter(None, right.groups()), "") if right else ""
