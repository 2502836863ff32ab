"""Answers without a mark: a text that is one, a sentence around one, a last `Therefore`."""

import re

from verification.finding.choices import chosen_line, right_choice
from verification.finding.worded import (
    MATHS,
    Statement,
    clause_value,
    is_prose,
    joined_maths,
    only_number,
    stated_value,
)

MAX_ONE_LINER = 200
"""Longest whole text that is read as a bare answer."""

_STARTS_NUMBER = frozenset("0123456789$€£¥₹-−+.")
_SENTENCE_BREAK = re.compile(r"[.!?]\s+\S|\n\s*\S")
_ENDS_IN_VALUE = re.compile(r"(?i)\b(?:is|are|it's|by|equals)\s+(?=\S{1,40}$)")


_CONCLUSION = re.compile(
    r"(?:^|[^\]\s]\s+)(?:\*\*)?(?:Therefore|Thus|Hence|So|In conclusion|Consequently)\b"
    r"[^\n]{0,300}?\b(?:is|are|by|equals)\s+"
    r"(?P<value>\*{0,2}\$?[-−]?\d[\d,.]{0,30}(?:/\d{1,20})?\s?(?:\\?%)?\$?\*{0,2}|\$[^$\n]{1,100}\$)"
    r"\*{0,2}\.\s*$"
)


_EMPHASISED = re.compile(
    r"(?:^|[^\]\s]\s+)(?:Therefore|Thus|Hence|So|In conclusion|Consequently)\b"
    r"[^\n\d*]{0,300}\*\*(?P<value>[^*\n]{1,40})\*\*[^\n\d*]{0,200}\.\s*$"
)
_LAST_SENTENCE = re.compile(r"(?:^|(?<=[.!?\n])\s)\S[^.!?\n]{0,200}[.!]?\s*$")
_IS_THE_ANSWER = re.compile(
    r"(?i)(?:^|[\s:])(?P<value>\S{1,60})\s+(?:is|are)\s+(?:the|our|my)\s+"
    r"(?:final\s+|correct\s+|right\s+)?(?:answer|solution|result)s?[.!\s]*$"
)


def find_conclusion(text: str) -> Statement | None:
    """Return the value that a last sentence `Therefore, ... is x.` ends in."""
    offset = max(0, len(text) - 400)
    found = _CONCLUSION.search(text, offset) or _EMPHASISED.search(text, offset)
    if found is None:
        return _last_choice(text, offset)
    value = stated_value(found["value"])
    if value is None:
        return None
    return Statement(value.text, "conclusion", found.start(), found.end("value"), closed=False)


def _last_choice(text: str, offset: int) -> Statement | None:
    """Return the letter that a last sentence `Therefore, option C is correct.` calls right."""
    found = _LAST_SENTENCE.search(text, offset)
    answer = right_choice(found[0]) if found else ""
    if not found or not answer:
        return None
    return Statement(answer, "conclusion", found.start(), found.end(), closed=False)


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
    choice = chosen_line(line)
    if choice:
        return "sentence", choice
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
    counted = clause_value(line.rstrip(".!"))
    if counted and counted[0] in _STARTS_NUMBER:
        return "bare", counted
    return "sentence", _stated_in(line)


def _stated_in(line: str) -> str:
    """Return the value of a sentence: what it ends in, emphasises, or calls the answer."""
    emphasised = re.findall(r"\*\*([^*\n]{1,40})\*\*", line)
    if len(emphasised) == 1 and not re.search(r"\d", line.replace(emphasised[0], "", 1)):
        return _value_with_digits(emphasised[0])
    named = _IS_THE_ANSWER.search(line)
    if named:
        return _value_with_digits(named["value"])
    clause = line.rstrip(".!")
    marks = list(_ENDS_IN_VALUE.finditer(clause))
    value = clause[marks[-1].end() :] if marks else ""
    return value if re.search(r"\d", value) else only_number(line)


def _value_with_digits(text: str) -> str:
    stated = stated_value(text)
    return stated.text if stated and re.search(r"\d|\\", stated.text) else ""
