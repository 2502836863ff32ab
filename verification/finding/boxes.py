r"""Answers in `\boxed{...}`: balanced, joined where they belong together, found in one pass."""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

from verification.finding.worded import Statement

MAX_BOXES = 40
"""Boxes looked at, counted from the end."""
MAX_BOX_GAP = 60
"""Longest text between two boxes that belong to one answer."""
MAX_UNWRAPPED = 4_000
"""Longest content of a box that is searched for a box around all of it."""

_BOX = re.compile(r"\\(?:boxed|fbox|framebox)(?![a-zA-Z])\s*")
_BRACE = re.compile(r"\\.|[{}]", re.S)
_BARE_BOX = re.compile(r"[^\s{}$\\]+")
_PLACEHOLDER = re.compile(
    r"[\s.…]*|\\[lc]?dots|(?:\\text\s*\{)?\s*(?:your |final )*answer\s*\}?", re.I
)
_GLUE = re.compile(
    r"(?:\s|\$|\\[()\[\]]|\\q?quad|\\[,;: ]|~|[,;&.]|\\\\"
    r"|\\(?:text|textrm|mbox)\s*\{[\s,;]*(?:and|or)?[\s,;]*\}|\b(?:and|or)\b)*"
)
_JOINT = re.compile(r"[,;]|\b(?:and|or)\b")
_LABEL = r"(?:[a-zA-Z]|\\[a-zA-Z]{2,10})(?:_(?:\w|\{\w{1,6}\}))?'{0,2}"
_LABEL_BEFORE = re.compile(rf"(?:^|[\s$(\[{{,;&~])(?P<name>{_LABEL})\s*=\s*(?:\$|\\[(\[])?\s*$")
_LABEL_IN_GAP = re.compile(rf"(?<![\w\\])(?P<name>{_LABEL})\s*=(?=\s*(?:\$|\\[(\[])?\s*$)")
_BETWEEN_LABELLED = re.compile(r"[,;\n]|\\\\|\\q?quad|\b(?:and|or)\b")
MAX_LABEL = 40
"""Longest name before a box, `x_{12} =`, with its delimiters."""
_LEAD_IN = re.compile(
    r"(?i)\\(?:text|textbf|mathrm|mbox)\s*\{[^{}]{0,30}\banswer(?:\s+is)?\s*:?\s*\}\s*:?\s*(?=\S)"
)


@dataclass(frozen=True, slots=True)
class Box:
    r"""Where a `\boxed`, `\fbox` or `\framebox` stands in a text."""

    start: int
    inside: int
    """Where its content begins."""
    braced: bool
    closing: int | None = None
    """Where its content ends, at the closing brace; None for a bare box and one never closed."""


def find_box(text: str) -> Statement | None:
    r"""Return the last `\boxed{...}`, joined with those before it across `,`, `and`, `or` alone.

    Of nested boxes the outermost counts; an unclosed or empty box states nothing.
    """
    if "box" not in text:
        return None
    tokens = _between_tokens(text) if "|begin_of_box|" in text else None
    group: list[Statement] = []
    for box in reversed(list(_boxes(text))):
        if group and not _belong_together(text[box.end : group[0].start]):
            break
        group.insert(0, box)
    if not group or (tokens is not None and tokens.start > group[-1].start):
        return tokens
    if len(group) == 1:
        return group[0]
    answers = list(dict.fromkeys(_labelled(text, group)))
    if len(answers) == 1:
        return group[-1]
    return replace(group[-1], answer=", ".join(answers), rule="boxes", start=group[0].start)


def _between_tokens(text: str) -> Statement | None:
    """Return what stands between the box tokens that GLM's vision models write."""
    opening, closing = "<|begin_of_box|>", "<|end_of_box|>"
    end = text.rfind(closing)
    start = text.rfind(opening, 0, max(end, 0))
    answer = unboxed(text[start + len(opening) : end]) if 0 <= start < end else ""
    if not answer:
        return None
    return Statement(answer, "boxed", start, end + len(closing), closed=True)


def _labelled(text: str, group: list[Statement]) -> list[str]:
    r"""Return the answers of several boxes, with their names where each has one: `x=\boxed{2}`."""
    before = [0, *(box.end for box in group)]
    labels = [
        _LABEL_BEFORE.search(text[max(end, box.start - MAX_LABEL) : box.start])
        for end, box in zip(before, group, strict=False)
    ]
    if not all(labels):
        return [box.answer for box in group]
    return [
        f"{label['name']} = {box.answer}" for label, box in zip(labels, group, strict=True) if label
    ]


def _boxes(text: str) -> Iterator[Statement]:
    covered = -1
    for box in boxes_in(text):
        if box.start < covered:
            continue
        found = _stated(text, box)
        if found is None:
            continue
        covered = found.end
        if not _PLACEHOLDER.fullmatch(found.answer):
            yield found


def _stated(text: str, box: Box) -> Statement | None:
    if box.braced:
        if box.closing is None:
            return None
        answer = unboxed(text[box.inside : box.closing])
        answer = _LEAD_IN.sub("", answer, count=1) if "nswer" in answer else answer
        return Statement(answer, "boxed", box.start, box.closing + 1, closed=True)
    bare = _BARE_BOX.match(text, box.inside, box.inside + 60)
    if bare is None:
        return None
    closed = bare.end() < len(text)
    return Statement(bare[0].rstrip(".,;"), "boxed", box.start, bare.end(), closed)


def boxes_in(text: str) -> list[Box]:
    """Return the last MAX_BOXES boxes of a text in order, nested ones too; linear in the text."""
    marks = deque(_BOX.finditer(text), maxlen=MAX_BOXES)
    closing = _closing_braces(text, marks[0].start()) if marks else {}
    return [
        Box(mark.start(), mark.end() + 1, braced=True, closing=closing.get(mark.end()))
        if text[mark.end() : mark.end() + 1] == "{"
        else Box(mark.start(), mark.end(), braced=False)
        for mark in marks
    ]


def unboxed(content: str) -> str:
    """Return a box's content without boxes around all of it."""
    content = content.strip()
    while (mark := _BOX.match(content)) and content.endswith("}"):
        if _closing_braces(content, 0).get(mark.end()) != len(content) - 1:
            break
        content = content[mark.end() + 1 : -1].strip()
        if len(content) > MAX_UNWRAPPED:
            break
    return content


def _closing_braces(text: str, start: int) -> dict[int, int]:
    """Map each opening brace from `start` on to its closing one, in one pass."""
    closing: dict[int, int] = {}
    opened: list[int] = []
    for brace in _BRACE.finditer(text, start):
        if brace[0] == "{":
            opened.append(brace.start())
        elif brace[0] == "}" and opened:
            closing[opened.pop()] = brace.start()
    return closing


def _belong_together(gap: str) -> bool:
    if len(gap) > MAX_BOX_GAP:
        return False
    label = _LABEL_IN_GAP.search(gap)
    if label:
        gap = gap[: label.start()] + gap[label.end() :]
    if not (_BETWEEN_LABELLED if label else _JOINT).search(gap):
        return False
    return bool(_GLUE.fullmatch(gap)) and not re.search(r"\.\s", gap)
