"""Where in a text an answer is stated in words, behind `####` or between tags.

Every finder returns the last statement of its form, or None. All look at a bounded part of the text
and run in time linear in it: no pattern nests its repeats.
"""

import re
from dataclasses import replace

from verification.finding.boxes import find_box
from verification.finding.languages import foreign_marks, without_copula
from verification.finding.worded import Statement, is_prose, stated_value

STATEMENT_WINDOW = 4_000
"""Characters from the end in which worded statements (`The answer is`, `####`) are looked for."""
MAX_MARKS = 40
"""Marks of one form looked at, counted from the end."""

_HASH = re.compile(r"(?<!#)####(?!#)[ \t]*(?=\S)")


def find_hash(text: str) -> Statement | None:
    """Return the last `#### x`; a Markdown heading of that level states nothing."""
    offset = max(0, len(text) - STATEMENT_WINDOW)
    for mark in reversed(list(_HASH.finditer(text, offset))[-MAX_MARKS:]):
        found = _statement(text, mark, "hash")
        if found is not None and not _is_heading(text, found):
            return found
    return None


def _is_heading(text: str, found: Statement) -> bool:
    """Say whether words behind `####` head a section: more text follows them."""
    return not re.search(r"[\d\\]", found.answer) and bool(text[found.end :].strip(" \n*.:"))


_ANSWER_IS = re.compile(
    r"""(?xi)
    \b(?:answers?|correct\ (?:option|choice))\b [\s*_]*
    (?: ,?[ ](?:therefore|thus|then|hence|indeed),?[ ] )?
    (?: \b(?:is|are|would\ be|will\ be|equals)\b[ \t*_]*:? | [:=] | (?=\\[(\[]|\$)
      | \n+ (?=[ \t]*[$\\*\d-])
      | \b(?:to|for|of|in)\b [^\n.:=$\\]{1,80}? \b(?:is|are)\b[ \t*_]*:? )
    [ \t*_]*
    """,
)
_A_LINE = re.compile(r"^[ \t*_]*A[ \t*_]*:[ \t*_]*", re.M)


def find_answer_is(text: str) -> Statement | None:
    """Return the last `The answer is x`, `Final answer: x`, `**Answer:** x` or line `A: x`."""
    offset = max(0, len(text) - STATEMENT_WINDOW)
    for mark in reversed(_marks(text, offset)[-MAX_MARKS:]):
        found = _statement(text, mark, "answer_is")
        if found is not None:
            return found
    return find_foreign(text, offset)


def _marks(text: str, offset: int) -> list[re.Match[str]]:
    """Return the places behind which a worded answer may stand, in order.

    Most texts hold neither word, and looking for a word costs a fiftieth of the expression.
    """
    marks: list[re.Match[str]] = []
    if "nswer" in text or "NSWER" in text or "orrect " in text or "ORRECT " in text:
        marks += _ANSWER_IS.finditer(text, offset)
    if "A" in text:
        marks += _A_LINE.finditer(text, offset)
        marks.sort(key=lambda mark: mark.start())
    return marks


def find_foreign(text: str, offset: int) -> Statement | None:
    """Return the last statement behind the answer mark of another language."""
    for mark in reversed(foreign_marks(text, offset)[-MAX_MARKS:]):
        found = _statement(text, mark, "answer_is")
        if found is not None:
            return replace(found, answer=without_copula(found.answer))
    return None


def _statement(text: str, mark: re.Match[str], rule: str) -> Statement | None:
    value = stated_value(text[mark.end() : mark.end() + 400])
    if value is None:
        return None
    end = mark.end() + value.end
    closed = value.closed or bool(text[end:].strip())
    return Statement(value.text, rule, mark.start(), end, closed)


def find_tag(text: str, tag: str) -> Statement | None:
    """Return what the last closed `<tag>...</tag>` holds; a box or statement inside it counts."""
    opening, closing = f"<{tag}>", f"</{tag}>"
    end = text.rfind(closing)
    start = text.rfind(opening, 0, max(end, 0))
    if end < 0 or start < 0:
        return None
    answer = stated_within(text[start + len(opening) : end])
    if not answer:
        return None
    return Statement(answer, "tags", start, end + len(closing), closed=True)


def stated_within(content: str) -> str:
    """Return the answer in the content of a tag or field: its box, its statement, or all of it."""
    content = content.strip()
    inner = find_box(content) or (find_answer_is(content) if is_prose(content) else None)
    return inner.answer if inner else content
