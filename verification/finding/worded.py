"""What a statement is, and which part of a worded one is the answer: `18 dollars, since ...`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from verification.finding.choices import names_choice

MAX_WORDS = 5
"""Longest answer in words (`Friday the thirteenth`)."""


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


@dataclass(frozen=True, slots=True)
class StatedValue:
    """The answer in what follows `The answer is`."""

    text: str
    end: int
    """Offset just behind the answer."""
    closed: bool
    """Whether a delimiter, a full stop or a line's end shows that the answer is complete."""


MATHS = re.compile(
    r"\$\$(?P<a>[^$]{1,400}+)\$\$"
    r"|(?<!\\)\$(?P<b>(?:\\.|[^$\\\n]){1,400}+)\$(?!\d)"
    r"|\\\((?P<c>(?:[^\\]|\\[^()\[\]]){1,400}+)\\\)"
    r"|\\\[(?P<d>(?:[^\\]|\\[^()\[\]]){1,400}+)\\\]",
    re.S,
)
"""A piece of mathematics between its delimiters; there is one way to read each, however hostile."""

_TEXT_COMMAND = re.compile(r"\\(?:text\w*|mbox|mathrm|operatorname)\s*\{[^{}]{0,80}\}")
_COMMAND = re.compile(r"\\[a-zA-Z]+")
_WORDS = re.compile(
    r"(?<![\\a-zA-Z])[A-Za-z]{2,}+(?:['’][a-z]*+)?[,:]?\s++(?:[a-zA-Z]\s++)?[A-Za-z]{2,}"
)
_JOINT = re.compile(r"\s*(?:,|;|,?\s*\b(?:and|or)\b)\s*")
_LEADING_MARKUP = re.compile(r"[\s*_`>\"“:]*")
_CLAUSE_END = re.compile(
    r"(?<!\b[ap]\.m)[.!?](?=\s|$|[\"”*])|\n|[\"”]|\s+(?:because|since|which|where|I hope)\b|####"
)
_NUMBER = re.compile(
    r"[-+−]?\s*(?:\\?\$|[€£¥₹])?\s*[-+−]?(?:\d[\d,]*(?:\.\d+)?|\.\d+)(?:\s*/\s*\d+)?(?:\s*\\?%|°)?"
)
_SIGNED = re.compile(
    r"(?<![\w.])[-+−]?(?:\\?\$|[€£¥₹])?\s?[-+−]?(?:\d[\d,]*\d|\d)(?:\.\d+)?(?:\s?\\?%|°)?"
    r"(?:\s(?:(?:square|cubic) )?[a-z]{2,20}\b)?(?![\w])"
)
"""The number of a sentence with the word behind it."""
_NO_UNIT = re.compile(
    r"\s(?:is|are|was|were|of|in|on|at|to|for|per|from|by|and|as|that|will|would|can|does|did|has"
    r"|have|had|each|every|after|before|with|when|then|left|more|total)$"
)
_NO_ANSWER = re.compile(
    r"(?i)(?:not|un(?:known|clear)|given|found|obtained|calculated|correct|incorrect|wrong|right|in"
    r"|as|that|to|also|then|clearly|therefore|still|now|simply|just|we|it|this|here|below|above|the"
    r"|step|steps|explanation|solution|conclusion)\b"
)
_CIRCUMSTANCE = re.compile(
    r"\s+(?:in|on|for|by|that|after|to|from|left|more|less|with|during|at|when|if|selling|remaining"
    r"|altogether|total)\b(?!\s*[-\d$(\\])"
)
"""What follows a number without being its unit: `$5 in change`, `100 minutes to nap`."""
_DENIAL = re.compile(
    r"(?i)(?:not(?! defined\b)|un(?:known|clear)"
    r"|no\b(?!\W*$|[,;:]|\.\s|\s+(?:real |such |integer |finite |positive |common |other )?"
    r"(?:solutions?|roots?|limits?|answers?$|values?|numbers?|zeros?|intercepts?|change|one$)))\b"
)
_YES_OR_NO = re.compile(r"(?i)(?:yes|no|true|false)\b(?=\s*(?:[,;:!.(]|[-–—]\s|$))")
_ADVERB = re.compile(
    r"(?i)(?:therefore|thus|hence|then|simply|just|clearly|indeed|now|also)\b,?\s+"
)
_LAST_IS = re.compile(
    r"(?i).*\b(?:is|are|equals?|be|costs?|takes?|makes?|weighs?|gives?|leaves?)\b\s*:?\s*", re.S
)
_IS = re.compile(r"(?i)\b(?:is|are|equals|be)\b\s*:?\s*$")
_VERB = re.compile(
    r"(?i)\b(?:is|are|was|were|will|would|can|could|must|should|has|have|had|needs?|costs?|takes?"
    r"|makes?|gives?|equals?|leaves?|weighs?|means?|earns?|gets?|sells?|buys?|pays?"
    r"|holds?|contains?|requires?|produces?|remains?|become|becomes|goes|go|run|runs)\b"
)
_SUBORDINATES = {"to", "when", "if", "that", "which", "who", "so", "because", "after", "before"}
"""`5 dozens to have enough for 30 days`: what follows says more of the number, and no verb does."""
_ANY_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_HEDGE = re.compile(
    r"(?i)\b(?:not|no|never|cannot|than\s+\W?\d+|least|most|between|about|over|under"
    r"|around|roughly|approximately|if|unless|or|step|question|problem|part|case|equation|method"
    r"|almost|nearly|maybe|perhaps|probably|could|might|may|should|first|second|half|twice|double"
    r"|times|percent|each|every)\b|n't|\?|[=<>+*/^]"
)
"""Words beside a sentence's only number that keep it from being what the sentence states."""


def is_prose(text: str) -> bool:
    r"""Say whether words of a sentence stand in the text, `\text{...}` and `$...$` apart."""
    bare = _TEXT_COMMAND.sub(" ", MATHS.sub(" ", text))
    return bool(_WORDS.search(_COMMAND.sub(" ", bare)))


def joined_maths(spans: Sequence[re.Match[str]]) -> str:
    """Return the contents of pieces of mathematics, separated by commas."""
    return ", ".join(_content(span) for span in spans)


def stated_value(rest: str) -> StatedValue | None:
    """Return the answer at the start of `rest`, what follows a phrase such as `The answer is`."""
    start = _LEADING_MARKUP.match(rest)
    offset = start.end() if start else 0
    if "```" in rest[:offset]:
        return None
    return _maths_value(rest, offset) or _plain_value(rest, offset)


def _content(span: re.Match[str]) -> str:
    return next(group for group in span.groups() if group is not None).strip()


def _maths_value(rest: str, offset: int) -> StatedValue | None:
    spans: list[re.Match[str]] = []
    while (span := MATHS.match(rest, offset)) and not _is_money(span):
        spans.append(span)
        joint = _JOINT.match(rest, span.end())
        if joint is None:
            break
        offset = joint.end()
    if not spans or not joined_maths(spans).strip():
        return None
    return StatedValue(joined_maths(spans), spans[-1].end(), closed=True)


def _is_money(span: re.Match[str]) -> bool:
    """Say whether two dollar signs are prices: `$5 and she has $3`."""
    inner = span["b"]
    return inner is not None and bool(
        _WORDS.search(_COMMAND.sub(" ", _TEXT_COMMAND.sub("", inner)))
    )


def _plain_value(rest: str, offset: int) -> StatedValue | None:
    stop = _CLAUSE_END.search(rest, offset)
    end = stop.start() if stop else len(rest)
    adverb = _ADVERB.match(rest, offset, end)
    offset = adverb.end() if adverb else offset
    clause = rest[offset:end]
    value = _whole_value(clause)
    if not value or _DENIAL.match(clause):
        return None
    at = offset + clause.rfind(value)
    whole = at + len(value) >= len(rest.rstrip())
    return StatedValue(value, at + len(value), closed=stop is not None or not whole)


def _whole_value(clause: str) -> str:
    """Return the answer that a clause states, wherever in it; empty if it states none."""
    told = _YES_OR_NO.match(clause)
    if told or names_choice(clause):
        return told[0] if told else clause.strip()
    return clause_value(clause) or _value_behind_is(clause) or only_number(clause)


def clause_value(clause: str) -> str:
    """Return the answer that a clause is or begins with; empty if it does not."""
    clause = clause.strip().strip("*_`").strip().rstrip(",;")
    number = _NUMBER.match(clause)
    if number:
        after = clause[number.end() :]
        if _is_subject(after):
            return _value_behind_is(clause) or clause
        circumstance = _CIRCUMSTANCE.search(after)
        if circumstance and "," not in after:
            after = after[: circumstance.start()]
            clause = number[0] + after
        short = len(after.split()) <= MAX_WORDS - 2
        return (clause if short or not is_prose(after) else number[0]).strip()
    if not clause or _NO_ANSWER.match(clause):
        return ""
    if not is_prose(clause):
        return clause
    return clause if len(clause.split()) <= MAX_WORDS and not re.search(r"\d|\$", clause) else ""


def _is_subject(after: str) -> bool:
    """Say whether the number before `after` only counts a subject: `8 pens will cost $12`."""
    verb = _VERB.search(after)
    if verb is None or not re.search(r"[\d$]", after[verb.end() :]):
        return False
    counted = after[: verb.start()].split()
    return len(counted) <= MAX_WORDS - 2 and not _SUBORDINATES.intersection(counted)


def only_number(sentence: str) -> str:
    """Return the one number of a sentence with its unit; empty where more stand in it, or a hedge.

    `Janet makes $18 a day` states 18; `it is more than 18` and `in step 18` state nothing.
    """
    numbers = list(_ANY_NUMBER.finditer(sentence))
    if len(numbers) != 1 or _HEDGE.search(sentence) or "\\" in sentence:
        return ""
    start = max(0, numbers[0].start() - 4)
    found = next(_SIGNED.finditer(sentence, start), None)
    return _NO_UNIT.sub("", found[0]).strip() if found else ""


def _value_behind_is(clause: str) -> str:
    """Return the answer that a clause ends in: `the largest x is 19` states `19`."""
    lead = _LAST_IS.match(clause)
    if lead is None:
        return ""
    rest = clause[lead.end() :]
    spans = list(MATHS.finditer(rest))
    if len(spans) == 1 and spans[0].start() == 0:
        return _content(spans[0])
    value = clause_value(rest)
    told = re.search(r"\d|\\", value) and (_IS.search(lead[0]) or _NUMBER.match(value))
    return value if told else ""
