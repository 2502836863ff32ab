r"""The answer that a gold states: datasets hand over sentences, lead-ins and two notations at once.

`The answer is 3`, `Solution is: $x=3$` and `$x<3:(-\infty,3)$` are read as `3`, `x=3` and `x<3`.
Only what one reader of the gold could mean is read off; any other text stays as it is, and
pre-flight says whether it can be judged against.
"""

import re

from verification.finding.conclusions import concluded
from verification.finding.one_liners import MAX_ONE_LINER
from verification.finding.statements import find_answer_is
from verification.finding.worded import MATHS, is_prose, only_number, stated_value
from verification.parsing.escapes import has_control_characters, uneaten
from verification.parsing.worded_cases import in_cases

_NO_VALUE = {
    "", "none", "n/a", "n.a.", "#n/a", "nan", "null", "<na>", "nil", "tbd", "unknown", "-", "?",
    "proof", "notfound",
}  # fmt: skip
_LEAD_IN = re.compile(
    r"(?i)\s*\**(?:(?:the\s+)?(?:final\s+|correct\s+)?(?:answers?|solutions?|sol|ans)"
    r"(?:\s+(?:set|to the (?:problem|equation|system)))?(?:\s+(?:is|are))?\s*[:：]"
    r"|(?:the\s+)?(?:final\s+|correct\s+)?(?:answer|solution)s?\s+(?:is|are)\b)\**\s*(?=\S)"
)
_BOTH_NOTATIONS = re.compile(
    r"(?P<said>[^:{}|]{1,120}(?:<|>|\\(?:le|ge|lt|gt|leq|geq|leqslant|geqslant)(?![a-z]))[^:{}|]{1,120}"
    r"|[Nn]o solutions?|(?:\$?\\\{\$?\s*)?[Aa]ll real numbers\.?(?:\s*\$?\\\})?)\s*:\s*"
    r"\$?\s*(?:\\left)?\s*(?:[(\[]|\\(?:emptyset|varnothing|oslash|mathbb))[^:]{0,200}"
)
_VERB = re.compile(
    r"(?i)\b(?:is|are|equals?|has (?:length|area|volume)|becomes|measures|takes)\b[ :]*"
    r"(?:(?:the|a|an|equal|exactly|approximately|plane|hyperplane|line|point"
    r"|circle|ellipse|parabola|curve|to|given|by|equation)\s+)*"
)
_WEASELS = re.compile(
    r"(?i)\b(?:not|no|never|if|when|where|whenever|any|each|every|all|some|greater|less|more|fewer|least"
    r"|most|between|about|around|or|either|neither|both|and|unless|except|for|such|suppose|let|because"
    r"|since|so|but|however|can|could|may|might|must|given|with|that)\b|\?|[.!?]\s+\S|[;:]"
)
_MERE_NAME = re.compile(r"\$\s?(?:[a-zA-Z]{1,2}|\\[a-zA-Z]{2,10})(?:_\{?\w\}?)?\s?\$")
_PLAIN_NAME = re.compile(
    r"(?:[A-Z][a-z]{0,3}\.\s)?(?:[A-Za-z]{2,20}(?:['’]s?)?)(?:\s[A-Za-z]{2,20}(?:['’]s?)?){0,4}"
)
_TOLD = re.compile(
    r"(?:(?P<no>No)[.,:;]\s+[A-Z].{1,300}"
    r"|(?P<reasoned>Yes|No)[.,]?\s+(?:because|since|as)\s.{1,300}|(?P<told>Yes|No)(?:[.,:;]|\s+[-–—])\s+[A-Za-z][^$\\\d=]{0,300})",
    re.S,
)
_NAMES_AND_VALUES = re.compile(
    r"\$?\s*(?:\\left)?\s*\\?[\[{](?P<items>[^\[\]{}]*(?:\{[^{}]*\}[^\[\]{}]*)*)(?:\\right)?\s*\\?[\]}]\s*\$?\.?"
)
_NAME_AND_VALUE = re.compile(r"\s*[a-zA-Z](?:_\{?\w+\}?)?\s*=[^=<>]+")
_EXPLAINED = re.compile(
    r"(?P<said>\$[^$]{1,300}\$),? where \$[^$]{1,60}\$ (?:is|are|denotes|stands for) the"
    r" [a-z ]{3,100}\.?"
)
"""A formula, and what one of its names stands for; `where t is any real number` frees a name."""
_PYTHON = re.compile(r"\b(?:np|numpy|math|sp|sympy)\.(?=[a-z])")
_BARE_POINT = re.compile(r"(?<=\d)\.(?=\s*[/*)])")


def states_nothing(gold: str) -> bool:
    """Say whether a text is a null that a program printed, or none at all.

    `none` in lower case is an answer: there is no solution.
    """
    bare = gold.strip().strip("$").strip()
    return bare == "NA" or (bare.lower() in _NO_VALUE and bare != "none")


def why_no_gold(gold: str) -> str | None:
    """Return why a text cannot be anybody's answer, or None if it may be one."""
    if gold.strip() and states_nothing(gold):
        return f"{gold.strip()!r} is no answer"
    if has_control_characters(uneaten(gold)):
        return f"it holds control characters: {ascii(gold)[:60]}"
    if "otherwise" in gold and "\\begin" not in gold and not in_cases(gold):
        return "it is a function by cases in words"
    return None


def gold_answer(gold: str) -> str:
    """Return the answer that a gold states, the gold itself where it is one already."""
    gold = uneaten(gold).strip()
    if len(gold) > 4 * MAX_ONE_LINER:
        return gold
    lead = _LEAD_IN.match(gold)
    gold = _behind(gold, lead) if lead else gold
    both = _BOTH_NOTATIONS.fullmatch(gold)
    if both:
        return both["said"].replace("$", " ").strip("\\{}. ")
    explained = _EXPLAINED.fullmatch(gold) if "where" in gold else None
    gold = _without_brackets(explained["said"] if explained else gold)
    gold = _BARE_POINT.sub("", _PYTHON.sub("", gold)) if "." in gold else gold
    return _from_words(gold) if " " in gold else gold


def _behind(gold: str, lead: re.Match[str]) -> str:
    """Return what a lead-in introduces; the whole gold where more is said than one answer."""
    rest = gold[lead.end() :].strip()
    if not is_prose(rest):
        return rest.rstrip(".") if len(rest) > 1 else rest
    stated = find_answer_is(gold)
    alone = stated is not None and not re.search(r"[\w$\\]", gold[stated.end :])
    return stated.answer if stated is not None and alone else gold


def _without_brackets(gold: str) -> str:
    r"""Take `[x=1, y=2]`, as computer algebra prints a solution, out of its brackets."""
    held = _NAMES_AND_VALUES.fullmatch(gold)
    if held is None:
        return gold
    items = held["items"].replace("\\right", "").rstrip("\\ ")
    named = all(_NAME_AND_VALUE.fullmatch(item) for item in items.split(","))
    if re.search(r"\||\\mid|:", items):
        return gold  # `\\{x = 2k \\mid k \\in \\mathbb{Z}\\}`
    return items.strip() if named else gold


def _from_words(gold: str) -> str:
    r"""Return what a gold in words states: a name, yes or no, the one value of a sentence."""
    if _PLAIN_NAME.fullmatch(gold) and re.search(r"['’.]", gold) and not gold.endswith("."):
        return rf"\text{{{gold}}}"
    told = _TOLD.fullmatch(gold)
    if in_cases(gold):
        return gold  # read as it stands
    if told:
        return told["no"] or told["reasoned"] or told["told"]
    conclusion = concluded(gold)
    if conclusion:
        return conclusion
    if len(gold) > MAX_ONE_LINER or not is_prose(gold):
        return gold
    return _stated(gold) or gold


def _stated(sentence: str) -> str:
    """Return the value that a sentence without second thoughts ends in or alone holds."""
    if _WEASELS.search(MATHS.sub(" ", sentence)):
        return ""
    spans = list(MATHS.finditer(sentence))
    if not spans:
        return only_number(sentence.rstrip("."))
    last = spans.pop()
    verbs = list(_VERB.finditer(sentence, 0, last.start()))
    names = all(_MERE_NAME.fullmatch(span[0]) for span in spans)
    if not names or not verbs or verbs[-1].end() != last.start():
        return ""
    if re.search(r"\d", MATHS.sub("", sentence[: last.start()])):
        return ""
    behind = sentence[last.end() :].strip().rstrip(".")
    value = stated_value(sentence[last.start() :])
    unit = rf"\text{{ {behind}}}" if re.fullmatch(r"[a-z]{2,12}(?: [a-z]{2,12})?", behind) else ""
    if value is None or (behind and not unit) or not re.search(r"[\d=]|\\", value.text):
        return ""
    return value.text + unit
