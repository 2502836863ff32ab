r"""What a critique says of the steps: read where it is clear, and refused with a reason elsewhere.

Read are boxes, as ThinkPRM (2504.16828) and ProcessBench (2412.06559) ask for them:

    Step 1: ... The step is \boxed{correct}       a verdict for each step, in order
    \boxed{2}                                     at the end: index of the first error, or -1

One of both is enough; where both are there they have to agree. Verdicts may end behind the first
error. Lines that begin with `Paragraph 0` or `<paragraph_0>` (from 0), or `Step 1` (from 0 or 1),
say whose verdict follows; without any the verdicts are those of the steps in order. What was only
thought is read where nothing was said: ThinkPRM's critics judge in their thought.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from schemas import Completion, Judgement
from verification.finding.turns import said_part

READER = 1
"""Raised by one whenever a critique may be read in another way."""

_MARK = re.compile(
    r"^(?:<\w{1,20}>)?[ \t#*>_-]{0,8}"
    r"(?:</?paragraph_(?P<tagged>\d{1,5})>"
    r"|(?P<word>paragraph|step)[ \t_#]{1,3}(?P<number>\d{1,5})\b)"
    r"|\\boxed[ \t]{0,3}\{[ \t]{0,3}(?:\\text(?:bf|rm)?\{)?[ \t]{0,3}"
    r"(?:(?P<verdict>in)?correct|(?:paragraph_)?(?P<index>[-−–]?\d{1,9}))"
    r"[ \t]{0,3}\.?\}{1,2}",
    re.IGNORECASE | re.MULTILINE,
)
_PARAGRAPH = ("paragraph", "Paragraph", "PARAGRAPH")


class _UnreadError(Exception):
    """A critique cannot be read; its text is the reason."""


@dataclass(frozen=True, slots=True)
class _Heading:
    """Whose verdict follows."""

    word: str
    number: int


def judgement(critique: Completion, steps: int) -> Judgement:
    """Return what a critique says of a solution of so many steps."""
    try:
        if critique.finish_reason != "stop":
            raise _UnreadError("cut at max_tokens")
        verdicts, index = _boxes(said_part(critique.text))
        if not verdicts and index is None:
            verdicts, index = _boxes(critique.text)
        first_error = _first_error(verdicts, index, steps)
    except _UnreadError as unread:
        return Judgement(unread=str(unread))
    return Judgement(verdicts=tuple(verdicts), first_error=first_error)


def _boxes(text: str) -> tuple[Sequence[bool], int | None]:
    """Return the verdicts of the steps in order, and the index in the last box, if it has one."""
    # A solution may number its own steps, and a critique quote them.
    by_paragraph = any(
        mark["tagged"] or mark["word"] in _PARAGRAPH for mark in _MARK.finditer(text)
    )
    heading: _Heading | None = None
    found: list[tuple[_Heading | None, bool]] = []
    index: int | None = None
    for mark in _MARK.finditer(text):
        if number := mark["tagged"] or mark["number"]:
            word = (mark["word"] or "paragraph").lower()
            if word == "paragraph" or not by_paragraph:
                heading = _Heading(word, int(number))
        elif told := mark["index"]:
            index = int(told.replace("−", "-").replace("–", "-"))
        else:
            found.append((heading, mark["verdict"] is None))
            index = None  # what came before a verdict is a number of the reasoning
    return _in_order(found), index


def _in_order(found: Sequence[tuple[_Heading | None, bool]]) -> Sequence[bool]:
    """Return the verdicts of the steps; those under one heading are one."""
    headings = list(dict.fromkeys(heading for heading, _ in found))
    if headings in ([], [None]):
        return [verdict for _, verdict in found]
    verdicts = dict(found)
    if any(verdicts[heading] is not verdict for heading, verdict in found):
        raise _UnreadError("two verdicts on one step")
    named = [heading for heading in headings if heading]
    numbers = [heading.number for heading in named]
    start = numbers[0]
    from_zero = any(heading.word == "paragraph" for heading in named)
    in_order = numbers == list(range(start, start + len(headings)))
    if not in_order or start > 1 or (from_zero and start):
        raise _UnreadError("verdicts that are not of the steps in order")
    return list(verdicts.values())


def _first_error(verdicts: Sequence[bool], index: int | None, steps: int) -> int:
    if not verdicts and index is None:
        raise _UnreadError("neither verdicts nor an index in a box")
    if len(verdicts) > steps or (index is not None and not -1 <= index < steps):
        raise _UnreadError("it judges a step that is not there")
    if not verdicts:
        assert index is not None
        return index
    error = verdicts.index(False) if False in verdicts else -1
    if error < 0 and len(verdicts) < steps:
        raise _UnreadError("not every step has a verdict")
    if index not in (None, error):
        raise _UnreadError("its verdicts and its index disagree")
    return error
