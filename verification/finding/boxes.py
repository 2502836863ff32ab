r"""Answers in `\boxed{...}`: balanced, joined where they belong together, found in one pass."""

import re
from collections.abc import Iterator
from dataclasses import replace

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


def find_box(text: str) -> Statement | None:
    r"""Return the last `\boxed{...}`, joined with those before it across `,`, `and`, `or` alone.

    Of nested boxes the outermost counts; an unclosed or empty box states nothing.
    """
    if "box" not in text:
        return None
    group: list[Statement] = []
    for box in reversed(list(_boxes(text))):
        if group and not _belong_together(text[box.end : group[0].start]):
            break
        group.insert(0, box)
    if not group:
        return None
    answers = list(dict.fromkeys(box.answer for box in group))
    if len(answers) == 1:
        return group[-1]
    return replace(group[-1], answer=", ".join(answers), rule="boxes", start=group[0].start)


def _boxes(text: str) -> Iterator[Statement]:
    marks = list(_BOX.finditer(text))[-MAX_BOXES:]
    if not marks:
        return
    closing = _closing_braces(text, marks[0].start())
    covered = -1
    for mark in marks:
        if mark.start() < covered:
            continue
        found = _box_at(text, mark, closing)
        if found is None:
            continue
        covered = found.end
        if not _PLACEHOLDER.fullmatch(found.answer):
            yield found


def _box_at(text: str, mark: re.Match[str], closing: dict[int, int]) -> Statement | None:
    inside = mark.end()
    if text[inside : inside + 1] == "{":
        end = closing.get(inside)
        if end is None:
            return None
        answer = _unboxed(text[inside + 1 : end])
        return Statement(answer, "boxed", mark.start(), end + 1, closed=True)
    bare = _BARE_BOX.match(text, inside, inside + 60)
    if bare is None:
        return None
    closed = bare.end() < len(text)
    return Statement(bare[0].rstrip(".,;"), "boxed", mark.start(), bare.end(), closed)


def _unboxed(answer: str) -> str:
    """Return the content of a box without boxes around all of it."""
    answer = answer.strip()
    while (mark := _BOX.match(answer)) and answer.endswith("}"):
        if _closing_braces(answer, 0).get(mark.end()) != len(answer) - 1:
            break
        answer = answer[mark.end() + 1 : -1].strip()
        if len(answer) > MAX_UNWRAPPED:
            break
    return answer


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
    if len(gap) > MAX_BOX_GAP or not _JOINT.search(gap):
        return False
    return bool(_GLUE.fullmatch(gap)) and not re.search(r"\.\s", gap)
