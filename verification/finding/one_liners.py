"""Answers without a mark: a text that is one, a sentence around one, a last `Therefore`."""

import re

from verification.finding.worded import MATHS, Statement, is_prose, joined_maths, stated_value

MAX_ONE_LINER = 200
"""Longest whole text that is read as a bare answer."""

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
