"""Where in a text an answer is stated, form by form.

Every finder returns the last statement of its form, or None. All look at a bounded part of the text
and run in time linear in it: patterns have no nested repeats, braces are matched in one pass.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from verification.values import MATHS, is_prose, joined_maths, stated_value

STATEMENT_WINDOW = 4_000
"""Characters from the end in which worded statements (`The answer is`, `####`) are looked for."""
MAX_BOXES = 40
"""Boxes looked at, counted from the end."""
MAX_BOX_GAP = 60
"""Longest text between two boxes that belong to one answer."""
MAX_ONE_LINER = 200
"""Longest whole text that is read as a bare answer."""


@dataclass(frozen=True, slots=True)
class Statement:
    """An answer found in a text."""

    answer: str
    rule: str
    start: int
    """Where the statement begins; the statement that begins last is the one that counts."""
    end: int
    """Where the answer ends."""
    closed: bool
    """Whether something after the answer says it is complete; false where text just ends."""


# --- \boxed{...}

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
        if len(answer) > STATEMENT_WINDOW:
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


# --- #### x

_HASH = re.compile(r"(?<!#)####(?!#)[ \t]*(?=\S)")


def find_hash(text: str) -> Statement | None:
    """Return the last `#### x`; a Markdown heading of that level states nothing."""
    offset = max(0, len(text) - STATEMENT_WINDOW)
    for mark in reversed(list(_HASH.finditer(text, offset))[-MAX_BOXES:]):
        found = _statement(text, mark, "hash")
        if found is not None and not _is_heading(text, found):
            return found
    return None


def _is_heading(text: str, found: Statement) -> bool:
    """Say whether words behind `####` head a section: more text follows them."""
    return not re.search(r"[\d\\]", found.answer) and bool(text[found.end :].strip(" \n*.:"))


# --- The answer is x

_ANSWER_IS = re.compile(
    r"""(?xi)
    (?: \b(?:answers?|correct\ (?:option|choice))\b [\s*_]*
        (?: \b(?:is|are|would\ be|will\ be|equals)\b[ \t*_]*:? | [:=] | (?=\\[(\[]|\$)
          | \n+ (?=[ \t]*[$\\*\d-])
          | \b(?:to|for|of|in)\b [^\n.:=$\\]{1,80}? \b(?:is|are)\b[ \t*_]*:? )
      | ^[ \t*_]*(?-i:A)[ \t*_]*:
      | 答案(?:是|为|：|:)+ )
    [ \t*_]*
    """,
    re.M,
)


def find_answer_is(text: str) -> Statement | None:
    """Return the last `The answer is x`, `Final answer: x`, `**Answer:** x` or line `A: x`."""
    offset = max(0, len(text) - STATEMENT_WINDOW)
    for mark in reversed(list(_ANSWER_IS.finditer(text, offset))[-MAX_BOXES:]):
        found = _statement(text, mark, "answer_is")
        if found is not None:
            return found
    return None


def _statement(text: str, mark: re.Match[str], rule: str) -> Statement | None:
    value = stated_value(text[mark.end() : mark.end() + 400])
    if value is None:
        return None
    end = mark.end() + value.end
    closed = value.closed or bool(text[end:].strip())
    return Statement(value.text, rule, mark.start(), end, closed)


# --- <answer>x</answer>


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


# --- a whole text that is an answer, or one sentence that ends in one

_SENTENCE_BREAK = re.compile(r"[.!?]\s+\S|\n\s*\S")
_ENDS_IN_VALUE = re.compile(r"(?i)\b(?:is|are|it's|by|equals)\s+(?=\S{1,40}$)")


_CONCLUSION = re.compile(
    r"(?:^|[^\]\s]\s+)(?:\*\*)?(?:Therefore|Thus|Hence|So|In conclusion|Consequently)\b"
    r"[^\n]{0,300}?\b(?:is|are|by|equals)\s+"
    r"(?P<value>\*{0,2}\$?[-−]?\d[\d,.]{0,30}(?:/\d{1,20})?\s?(?:\\?%)?\$?\*{0,2}|\$[^$\n]{1,100}\$)"
    r"\*{0,2}\.\s*$"
)


def find_conclusion(text: str) -> Statement | None:
    """Return the value that a last sentence `Therefore, ... is x.` ends in."""
    offset = max(0, len(text) - 400)
    found = _CONCLUSION.search(text, offset)
    if found is None:
        return None
    value = stated_value(found["value"])
    if value is None:
        return None
    return Statement(value.text, "conclusion", found.start(), found.end("value"), closed=False)


def find_one_liner(text: str) -> Statement | None:
    r"""Return a text that is nothing but an answer, or whose only sentence states one.

    `$\frac13$`, `28 percent`, `Therefore $x \ge 5$ is the solution.`: there is no working that a
    last number could be taken from. Longer texts are not read this way.
    """
    stripped = text.strip()
    if not stripped or len(stripped) > MAX_ONE_LINER or stripped.endswith((":", "=")):
        return None
    start = text.find(stripped)
    rule, answer = _one_line(stripped)
    if not answer:
        return None
    return Statement(answer, rule, start, start + len(stripped), stripped.endswith((".", "$")))


def _one_line(line: str) -> tuple[str, str]:
    if not is_prose(line):
        spans = list(MATHS.finditer(line))
        around = MATHS.sub("", line)
        if len(spans) == 1 and not re.search(r"[\d$\\]", around):
            percent = "%" if re.search(r"%|\bpercent|\bpct\b", around) else ""
            return "bare", joined_maths(spans) + percent
        return "bare", line
    if _SENTENCE_BREAK.search(line):
        return "", ""
    spans = list(MATHS.finditer(line))
    if len(spans) == 1 and not re.search(r"\d", MATHS.sub("", line)):
        return "sentence", joined_maths(spans)
    clause = line.rstrip(".!")
    marks = list(_ENDS_IN_VALUE.finditer(clause))
    value = clause[marks[-1].end() :] if marks else ""
    return ("sentence", value) if re.search(r"\d", value) else ("", "")
